"""The worktrees of isolated agents over their lives: made before a start, kept while they hold work."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from orchestrator_tui.agents.book import config_of
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.git import is_folder
from orchestrator_tui.agents.worktree import WorktreeManager
from orchestrator_tui.core.config import WorktreeConfig
from orchestrator_tui.core.models import AgentRecord, AgentState, IsolationMode


class Isolation:
    """Keeps the registry in step with the worktrees."""

    def __init__(self, fleet: Fleet, worktrees: WorktreeManager) -> None:
        self._fleet = fleet
        self._worktrees = worktrees
        # A worktree is never let go while its agent is being started in it.
        self._locks: dict[int, asyncio.Lock] = {}

    async def ensure(self, record: AgentRecord) -> AgentRecord:
        """Makes the worktree that the agent should have and has not, or no longer; the record with it.

        Raises UsageError or CannotRun: the agent must not start then, since it would work in the shared folder.
        """
        if config_of(record).isolation_mode is not IsolationMode.WORKTREE:
            return record
        async with self._lock(record.id):
            return await self._ensured(self._fleet.book.find(record.id) or record)

    async def release(self, agent_id: int) -> None:
        """Removes the worktree of an agent that ended, unless it holds work: then says so."""
        async with self._lock(agent_id):
            await self._release(agent_id)

    async def release_gone(self, agent_id: int) -> None:
        """As ``release``, but leaves that of an agent alone that was started again meanwhile."""
        async with self._lock(agent_id):
            record = self._fleet.book.find(agent_id)
            if record is not None and record.state is AgentState.STOPPED:
                await self._release(agent_id)

    async def losses(self, agent_id: int) -> Sequence[str]:
        """What of the agent's work is not yet safe, in words."""
        record = self._fleet.book.get(agent_id)
        if record.worktree is None:
            return ()
        return await self._worktrees.unsaved(Path(record.worktree), record.branch)

    def _lock(self, agent_id: int) -> asyncio.Lock:
        return self._locks.setdefault(agent_id, asyncio.Lock())

    async def _ensured(self, record: AgentRecord) -> AgentRecord:
        config = config_of(record)
        if record.worktree is not None and is_folder(Path(record.worktree)):
            return record
        worktree = await self._worktrees.create(
            session=self._fleet.session,
            agent_id=record.id,
            config=config.worktree or WorktreeConfig(),
            cwd=Path(config.cwd or self._fleet.cwd),
            default_path=self._fleet.agent_files(record.id) / "worktree",
        )
        return self._fleet.book.update(record.id, worktree=str(worktree.path), branch=worktree.branch)

    async def _release(self, agent_id: int) -> None:
        record = self._fleet.book.find(agent_id)
        if record is None or record.worktree is None:
            return
        config = config_of(record).worktree or WorktreeConfig()
        if config.keep == "always":
            return
        kept = await self._worktrees.remove_if_done(Path(record.worktree), record.branch, config.base)
        if kept is None:
            self._fleet.book.update(agent_id, worktree=None, branch=None)
        else:
            self._fleet.attention(agent_id, None, f"worktree kept: {kept}")
