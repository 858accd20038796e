"""Kills that a person can take back for a few seconds: the agent comes back as it was, with its mission if it can."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from orchestrator_tui.agents.background import Background
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.isolation import Isolation
from orchestrator_tui.agents.spawner import AgentSpawner
from orchestrator_tui.core.errors import NotAllowedNow, OrchestratorError
from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.core.views import UNDO_WINDOW_MS


@dataclass(frozen=True, slots=True)
class _Killed:
    until: int
    missions: tuple[str, ...]


class Undoing:
    """Remembers what a killed agent had; its worktree is let go only when the kill cannot be undone any more.

    ``window_ms`` is how long an undo is possible after the kill is done.
    """

    def __init__(self, fleet: Fleet, spawner: AgentSpawner, isolation: Isolation, background: Background) -> None:
        self._fleet = fleet
        self._spawner = spawner
        self._isolation = isolation
        self._background = background
        self._killed: dict[int, _Killed] = {}
        self.window_ms = UNDO_WINDOW_MS

    async def kill(self, agent_id: int, signal: str) -> None:
        """Ends an agent on purpose. Raises as ``AgentSpawner.kill`` does."""
        fleet = self._fleet
        was_alive = fleet.book.get(agent_id).state is not AgentState.STOPPED
        held = tuple(mission.id for mission in await fleet.queue.held_by(agent_id))
        await self._spawner.kill(agent_id, signal, keeps_worktree=True)
        if not was_alive:
            await self._let_go(agent_id)
            return
        entry = _Killed(fleet.clock.monotonic_ms() + self.window_ms, held)
        self._killed[agent_id] = entry
        self._background.start(self._close(agent_id, entry), f"undo of the kill of agent {agent_id}")

    async def undo(self, agent_id: int) -> tuple[str, ...]:
        """Brings a killed agent back on its conversation; the missions that it has again.

        A mission that another agent has taken meanwhile stays there. Raises UnknownAgent for a removed one, and
        NotAllowedNow when the time is over or it was not killed.
        """
        fleet = self._fleet
        record = fleet.book.get(agent_id)
        entry = self._killed.get(agent_id)
        if entry is None or fleet.clock.monotonic_ms() >= entry.until:
            raise NotAllowedNow(
                f"{record.name} was not killed in the last {self.window_ms // 1000} s.",
                remedy="R starts it anew on its conversation; its mission is with the others.",
                field="agent_id",
            )
        if record.state is not AgentState.STOPPED:
            raise NotAllowedNow(f"{record.name} is back already: it is {record.state}.", field="agent_id")
        del self._killed[agent_id]
        again = [mission_id for mission_id in entry.missions if await self._give_back(mission_id, agent_id)]
        await self._spawner.restart(agent_id)
        return tuple(again)

    async def aclose(self) -> None:
        """Nobody can undo any more: what was kept for that is let go."""
        for agent_id in list(self._killed):
            del self._killed[agent_id]
            with suppress(OrchestratorError):
                await self._let_go(agent_id)

    async def _give_back(self, mission_id: str, agent_id: int) -> bool:
        queue = self._fleet.queue
        try:
            mission = await queue.get(mission_id)
            if mission.reserved_for not in (None, agent_id):
                return False
            if mission.state is MissionState.FAILED and mission.error_code == "agent_killed":
                # The kill itself used up its last attempt.
                await queue.retry(mission_id)
            await queue.give(mission_id, agent_id)
        except OrchestratorError:
            # Somebody has it by now, or has ended it.
            return False
        return True

    async def _close(self, agent_id: int, entry: _Killed) -> None:
        await asyncio.sleep(self.window_ms / 1000)
        if self._killed.get(agent_id) is entry:
            del self._killed[agent_id]
            await self._let_go(agent_id)

    async def _let_go(self, agent_id: int) -> None:
        await self._isolation.release_gone(agent_id)
