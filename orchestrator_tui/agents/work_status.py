"""Where each isolated agent's worktree stands: asked of git when it may have changed, never on a clock's tick."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from orchestrator_tui.agents.book import config_of
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.git import Git, is_folder
from orchestrator_tui.agents.merging import MergeChecks
from orchestrator_tui.core.config import WorktreeConfig
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentRecord, AgentState
from orchestrator_tui.core.work import WorkStatus

AT_WORK_EVERY_S = 20.0
"""How often an agent is looked at while it works."""

LEAST_BETWEEN_S = 2.0
"""Between two looks at one agent, whoever asks."""

TIMES_THE_LOOK = 20
"""A look that takes long in a large repository is repeated as much less often."""

AT_ONCE = 2

_ENDINGS = frozenset({EventType.TASK_COMPLETE, EventType.TASK_FAIL})
_RESTS = frozenset({AgentState.IDLE.value, AgentState.WAITING.value})


class WorkReader:
    """Asks git about one worktree: two commands a look, the base being looked up once for each branch."""

    def __init__(self, git: Git | None = None) -> None:
        self._git = git or Git()
        self._checks = MergeChecks(self._git)
        self._bases: dict[tuple[Path, str], str] = {}

    async def read(self, worktree: Path, branch: str, base: str) -> WorkStatus | None:
        """Where it stands; None when it is no worktree any more. Raises CannotRun."""
        if not is_folder(worktree):
            return None
        status = await self._git.run(worktree, "status", "--porcelain=v2", "--branch", "-z")
        if not status.ok:
            return None
        name, dirty = read_status(status.output)
        against = await self._base(worktree, branch, base)
        counts = await self._git.run(worktree, "rev-list", "--left-right", "--count", f"{against}...HEAD")
        if not counts.ok:
            return WorkStatus(name, dirty=dirty)
        behind, ahead = map(int, counts.output.split())
        return WorkStatus(name, against.removeprefix("refs/heads/"), ahead, behind, dirty)

    async def _base(self, worktree: Path, branch: str, base: str) -> str:
        key = worktree, branch
        if key not in self._bases:
            found = await self._checks.find(worktree, branch, base)
            self._bases[key] = found.base if found is not None else base
        return self._bases[key]


def read_status(porcelain: str) -> tuple[str | None, int]:
    """The branch, None while HEAD is detached, and how many files changed, of ``status --porcelain=v2 --branch -z``."""
    branch, dirty = None, 0
    entries = iter(porcelain.split("\0"))
    for entry in entries:
        if entry.startswith("# branch.head "):
            name = entry.removeprefix("# branch.head ")
            branch = None if name == "(detached)" else name
        elif entry and entry[0] in "12u?":
            dirty += 1
            if entry[0] == "2":
                # A renamed entry is followed by its former name.
                next(entries, None)
    return branch, dirty


class WorkWatch:
    """Keeps ``fleet.work`` up to date while somebody watches; at most ``AT_ONCE`` looks run at a time."""

    def __init__(self, fleet: Fleet, is_watched: Callable[[], bool], reader: WorkReader | None = None) -> None:
        self._fleet = fleet
        self._is_watched = is_watched
        self._reader = reader or WorkReader()
        self._wanted: set[int] = set()
        self._wake = asyncio.Event()
        self._due: dict[int, float] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    def want(self, agent_id: int) -> None:
        """Looks at the agent soon."""
        self._wanted.add(agent_id)
        self._wake.set()

    def want_all(self) -> None:
        """Looks at every agent soon: somebody opened a screen."""
        for record in self._fleet.book.records():
            self.want(record.id)

    def take(self, event: Event) -> None:
        """Looks at an agent whose turn or mission ended."""
        rests = event.type is EventType.STATUS and event.data.get("state") in _RESTS
        if event.agent_id is not None and (rests or event.type in _ENDINGS):
            self.want(event.agent_id)

    async def run(self) -> None:
        """Looks until cancelled."""
        loop = asyncio.get_running_loop()
        next_round = loop.time() + AT_WORK_EVERY_S
        while True:
            try:
                async with asyncio.timeout_at(next_round):
                    await self._wake.wait()
            except TimeoutError:
                next_round = loop.time() + AT_WORK_EVERY_S
                self._wanted.update(one.id for one in self._fleet.book.records() if one.state is AgentState.BUSY)
            self._wake.clear()
            if self._is_watched():
                await self._look()

    async def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        wanted, self._wanted = self._wanted, set()
        records = [record for agent_id in sorted(wanted) if (record := self._fleet.book.find(agent_id)) is not None]
        early = [record.id for record in records if self._due.get(record.id, now) > now]
        await asyncio.gather(*(self._look_at(record) for record in records if record.id not in early))
        for agent_id in early:
            # Nothing that was asked for is forgotten; it is looked at when its time has come.
            asyncio.get_running_loop().call_at(self._due[agent_id], self.want, agent_id)

    async def _look_at(self, record: AgentRecord) -> None:
        fleet, loop = self._fleet, asyncio.get_running_loop()
        status = None
        if record.worktree is not None and record.branch is not None:
            config = config_of(record).worktree or WorktreeConfig()
            async with self._room:
                begun = loop.time()
                try:
                    status = await self._reader.read(Path(record.worktree), record.branch, config.base)
                except CannotRun:
                    # Without git, or in a worktree that cannot be read, the row simply says nothing.
                    status = None
                took = loop.time() - begun
            self._due[record.id] = loop.time() + max(LEAST_BETWEEN_S, took * TIMES_THE_LOOK)
        if fleet.work.get(record.id) != status:
            if status is None:
                del fleet.work[record.id]
            else:
                fleet.work[record.id] = status
            fleet.changed(record.id)
