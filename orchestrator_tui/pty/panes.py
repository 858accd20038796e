"""What the manager knows of one agent's pane."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto

from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.core.models import AgentHandle, LaunchSpec
from orchestrator_tui.pty.commands import AGENT_OPTION
from orchestrator_tui.pty.death import Watch
from orchestrator_tui.pty.health import CpuSample
from orchestrator_tui.pty.procs import ProcessId


class Phase(Enum):
    """Where a pane's program is in its life."""

    ALIVE = auto()
    DEAD = auto()
    WAITING = auto()
    STOPPED = auto()
    FAILED = auto()


@dataclass(slots=True, eq=False)
class Pane:
    """One agent's pane; ``pane_id`` is empty when its window is gone.

    ``generation`` changes with every start and every deliberate end, so that what was begun for an earlier
    program is recognised as stale. Times in milliseconds since the epoch.
    """

    agent_id: int
    config: PTYConfig
    launch: LaunchSpec | None
    options: dict[str, str]
    crashes: list[int]
    pane_id: str = ""
    process: ProcessId | None = None
    phase: Phase = Phase.DEAD
    generation: int = 0
    started_at: int = 0
    heartbeat_at: int | None = None
    typed_at: int | None = None
    cpu: CpuSample | None = None
    is_ending: bool = False
    is_new: bool = True
    watch: Watch | None = None
    back_off: asyncio.Task[None] | None = None
    died: asyncio.Event = field(default_factory=asyncio.Event)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_alive(self) -> bool:
        """Whether the program runs as far as is known."""
        return self.phase is Phase.ALIVE and not self.died.is_set()

    @property
    def handle(self) -> AgentHandle | None:
        """The handle of the living program."""
        if not self.is_alive or self.process is None:
            return None
        return AgentHandle(self.agent_id, self.pane_id, self.process.pid)

    @property
    def all_options(self) -> dict[str, str]:
        """The pane options, ours included."""
        return {AGENT_OPTION: str(self.agent_id), **self.options}

    def begin(self, process: ProcessId, at_ms: int) -> None:
        """A new program runs in the pane."""
        self.process = process
        self.phase = Phase.ALIVE
        self.generation += 1
        self.started_at = at_ms
        self.heartbeat_at = None
        self.cpu = None
        self.died = asyncio.Event()

    def leave(self, phase: Phase) -> None:
        """The program is over, or waits for its restart."""
        self.phase = phase
        if self.watch is not None:
            self.watch.cancel()
            self.watch = None

    def cancel_back_off(self) -> None:
        """Calls off a pending restart, unless it is what runs right now."""
        task, self.back_off = self.back_off, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()
