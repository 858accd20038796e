"""Looks which agents' branches no longer merge into their base: an item each, until that is solved."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator_tui.agents.book import config_of
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.merging import Branches, Conflict, MergeChecks, Stamp, stamps
from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.config import WorktreeConfig
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.models import AgentRecord, AgentState

LOOK_EVERY_S = 2.0
_QUIET = frozenset({AgentState.IDLE, AgentState.STOPPED, AgentState.FAILED})
_NAMED_FILES = 3


@dataclass(slots=True)
class _Watched:
    """An agent's branches as they were at the last merge that was tried."""

    worktree: str
    branches: Branches | None
    seen: Mapping[str, Stamp] = field(default_factory=dict[str, Stamp])
    conflict: Conflict | None = None
    since: int = 0


class MergeWatch:
    """Tries a merge when a branch moved and its agent rests; otherwise a look is a few stats an isolated agent."""

    def __init__(self, fleet: Fleet, checks: MergeChecks | None = None) -> None:
        self._fleet = fleet
        self._checks = checks or MergeChecks()
        self._watched: dict[int, _Watched] = {}

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Takes what moved since the last look."""
        isolated = {record.id: record for record in self._fleet.book.records() if record.worktree and record.branch}
        for agent_id in self._watched.keys() - isolated.keys():
            self._watched.pop(agent_id)
            self._fleet.changed(agent_id)
        for record in isolated.values():
            known = self._watched.get(record.id)
            if record.state in _QUIET or (known is not None and known.conflict is not None):
                try:
                    await self._look_at(record)
                except CannotRun as error:
                    self._watched[record.id] = _Watched(record.worktree or "", None)
                    self._fleet.attention(record.id, None, f"its branch cannot be compared: {error}")

    def items(self) -> Iterable[AttentionItem]:
        """The branches that do not merge."""
        for agent_id, watched in self._watched.items():
            record, conflict, branches = self._fleet.book.find(agent_id), watched.conflict, watched.branches
            if record is not None and conflict is not None and branches is not None:
                yield _item(record, branches, conflict, watched.since)

    async def _look_at(self, record: AgentRecord) -> None:
        known = self._watched.get(record.id)
        if known is None or known.worktree != record.worktree:
            assert record.worktree is not None and record.branch is not None
            base = (config_of(record).worktree or WorktreeConfig()).base
            branches = await self._checks.find(Path(record.worktree), record.branch, base)
            known = self._watched[record.id] = _Watched(record.worktree, branches)
        if known.branches is None:
            return
        now = stamps(known.branches)
        if now == known.seen:
            return
        known.seen = now
        before, known.conflict = known.conflict, await self._checks.conflict(known.branches)
        if known.conflict == before:
            return
        if known.conflict is not None and before is None:
            known.since = self._fleet.clock.now_ms()
            self._fleet.attention(record.id, None, _text(known.branches, known.conflict))
        self._fleet.changed(record.id)


def _item(record: AgentRecord, branches: Branches, conflict: Conflict, since: int) -> AttentionItem:
    remedy = f"git -C {record.worktree} merge {_short(branches.base)}"
    return AttentionItem(
        f"merge-{record.id}-{conflict.tip[:8]}",
        AttentionKind.MERGE_CONFLICT,
        since,
        _text(branches, conflict),
        agent_id=record.id,
        agent_name=record.name,
        details=(*conflict.files, remedy),
    )


def _text(branches: Branches, conflict: Conflict) -> str:
    named = ", ".join(conflict.files[:_NAMED_FILES])
    more = len(conflict.files) - _NAMED_FILES
    files = f"{named} and {more} more" if more > 0 else named
    return f"{_short(branches.branch)} no longer merges into {_short(branches.base)}: {files}"


def _short(name: str) -> str:
    return name.removeprefix("refs/heads/")
