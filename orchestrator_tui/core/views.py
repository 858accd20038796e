"""What a screen shows and what it may ask for: the ``SupervisorClient`` protocol and its values.

A client opens a ``Feed``: a complete ``Snapshot`` and then every later ``Update``, without a gap or a repeat.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from orchestrator_tui.core.activity import Activity
from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.event_filter import EventFilter
from orchestrator_tui.core.events import Event
from orchestrator_tui.core.history import CommandView, EventPage
from orchestrator_tui.core.models import (
    AgentState,
    Mission,
    MissionSpec,
    MissionState,
    ModelTier,
    Priority,
    QueueStats,
    Role,
    WaitingFor,
)
from orchestrator_tui.core.permission_rules import PermissionRule
from orchestrator_tui.core.questions import Choice
from orchestrator_tui.core.usage import NOTHING_SPENT, Spent
from orchestrator_tui.core.verdict import Verdict
from orchestrator_tui.core.work import ReviewComment, WorkStatus, WorktreeDiff


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent's row. ``state_since`` and ``idle_ms`` in milliseconds; ``task_title`` is its mission's first line.

    ``spent`` is that of all its life; ``context_percent`` how full its conversation's context is, None when not known.
    ``branch`` is that of its own worktree, None without one; ``work`` where that stands, None until it was looked at.
    ``crashes`` are the times of its recent ones, for the restart budget.
    """

    id: int
    name: str
    role: Role
    model: ModelTier
    provider: str
    state: AgentState
    state_since: int
    created_at: int
    waiting_for: WaitingFor | None = None
    reason: str | None = None
    held: bool = False
    current_task: str | None = None
    task_title: str | None = None
    tasks_completed: int = 0
    tasks_failed: int = 0
    restarts: int = 0
    pane_id: str | None = None
    pid: int | None = None
    memory_bytes: int | None = None
    cpu_percent: float | None = None
    responsive: bool = True
    cwd: str | None = None
    branch: str | None = None
    spent: Spent = NOTHING_SPENT
    context_percent: float | None = None
    note: str | None = None
    work: WorkStatus | None = None
    crashes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MissionView:
    """One mission's row; ``next`` says in words what it waits for."""

    id: str
    seq: int
    title: str
    type: str
    priority: Priority
    state: MissionState
    created_at: int
    role: Role | None = None
    agent_id: int | None = None
    agent_name: str | None = None
    attempts: int = 0
    depends_on: tuple[str, ...] = ()
    blocked_by: tuple[str, ...] = ()
    next: str = ""
    started_at: int | None = None
    ended_at: int | None = None
    error_code: str | None = None
    spent: Spent = NOTHING_SPENT


@dataclass(frozen=True, slots=True)
class QuotaView:
    """An account whose limit holds new missions back; ``phase`` is open, trying or waking, times in milliseconds.

    ``is_known`` says that ``until`` is the reset itself and no back-off; ``agents`` are the ids of its living agents.
    """

    account: str
    label: str
    kind: str
    phase: str
    since: int
    until: int
    is_known: bool
    text: str
    agents: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MachineView:
    """Machine totals and our own lights; percentages 0 to 100, ``*_error`` null means well.

    ``day_budget`` in US dollars, None without one. ``quota`` says until when an account's limit holds missions back;
    None when none does. ``token_rates`` are the fleet's tokens per minute, one for each ten seconds, the newest last.
    """

    cpu_percent: float = 0.0
    cpu_count: int = 1
    memory_percent: float = 0.0
    memory_bytes: int = 0
    panes: int = 0
    dead_panes: int = 0
    tmux_error: str | None = None
    mcp_url: str | None = None
    mcp_error: str | None = None
    store_error: str | None = None
    provider_notice: str | None = None
    spent_today: Spent = NOTHING_SPENT
    day_budget: float | None = None
    quota: str | None = None
    token_rates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a screen needs to start. ``missions``: the open and the newest ended ones, at most about 10,000.

    ``viewer_of`` is the supervisor's process id where that is another process than the screen's.
    """

    session: str
    cwd: str
    agents: tuple[AgentView, ...] = ()
    missions: tuple[MissionView, ...] = ()
    stats: QueueStats = QueueStats()
    machine: MachineView = MachineView()
    events: tuple[Event, ...] = ()
    attention: tuple[AttentionItem, ...] = ()
    default_provider: str = "claude"
    in_git_repo: bool = False
    providers: tuple[str, ...] = ("claude", "demo")
    viewer_of: int | None = None


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent is new or changed."""

    agent: AgentView


@dataclass(frozen=True, slots=True)
class AgentRemoved:
    """An agent left the registry."""

    agent_id: int


@dataclass(frozen=True, slots=True)
class MissionChanged:
    """A mission is new or changed."""

    mission: MissionView


@dataclass(frozen=True, slots=True)
class StatsChanged:
    """The queue's counts changed."""

    stats: QueueStats


@dataclass(frozen=True, slots=True)
class MachineChanged:
    """Machine totals or lights changed (about once a second)."""

    machine: MachineView


@dataclass(frozen=True, slots=True)
class EventLogged:
    """An event was added to the log (``health`` events never are)."""

    event: Event


@dataclass(frozen=True, slots=True)
class AttentionChanged:
    """What waits for a person is something else; oldest first."""

    items: tuple[AttentionItem, ...]


@dataclass(frozen=True, slots=True)
class Resynced:
    """Everything anew: what was told before no longer counts."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """The way to the supervisor broke, ``problem`` says how in words; or it is whole again (None)."""

    problem: str | None


Update = (
    AgentChanged
    | AgentRemoved
    | MissionChanged
    | StatsChanged
    | MachineChanged
    | EventLogged
    | AttentionChanged
    | Resynced
    | ConnectionChanged
)


class Feed(Protocol):
    """A snapshot, then updates."""

    @property
    def snapshot(self) -> Snapshot:
        """The state when the feed was opened."""
        ...

    def __aiter__(self) -> AsyncIterator[Update]: ...

    def close(self) -> None:
        """Ends the iteration."""
        ...


@dataclass(frozen=True, slots=True)
class PaneFrame:
    """A pane's screen: ``lines`` are raw bytes with SGR escapes as tmux captured them, one a row."""

    agent_id: int
    pane_id: str
    cols: int
    rows: int
    lines: tuple[bytes, ...]
    cursor_x: int = 0
    cursor_y: int = 0
    cursor_visible: bool = False
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Stroke:
    """One thing that a person typed into a pane: ``text`` as it is, or one key by its tmux name (``Up``, ``C-c``)."""

    text: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class SpawnRequest:
    """What the spawn dialog asks for: ``count`` agents of one config and, optionally, a first mission."""

    config: AgentConfig
    count: int = 1
    first_mission: MissionSpec | None = None


@dataclass(frozen=True, slots=True)
class MissionChanges:
    """What an edit changes; None leaves a field as it is."""

    prompt: str | None = None
    context: str | None = None
    priority: Priority | None = None
    timeout_ms: int | None = None
    max_retries: int | None = None
    role: Role | None = None


UNDO_WINDOW_MS = 10_000
"""How long after a kill ``undo_kill`` brings the agent back."""

ShutdownMode = Literal["keep", "stop_agents"]


@dataclass(frozen=True, slots=True)
class KillPreview:
    """What a kill would lose, in words."""

    agent_name: str
    losses: tuple[str, ...] = field(default_factory=tuple)


Told = Callable[[int, int], None]
"""Hears of a long piece of work how many parts are done, and of how many."""


class SupervisorClient(Protocol):
    """All that a screen knows of the supervisor. Commands raise OrchestratorError with a remedy."""

    async def open_feed(self) -> Feed:
        """A complete snapshot and then every later update."""
        ...

    async def activity(self) -> Activity:
        """What every agent did and used during the last hour."""
        ...

    async def spawn(self, request: SpawnRequest, told: Told | None = None) -> Sequence[AgentView]:
        """Starts agents; returns them in ``starting``. ``told`` hears how many of them have started."""
        ...

    async def kill_preview(self, agent_id: int) -> KillPreview:
        """What killing the agent would lose (its mission, unsaved work in its worktree)."""
        ...

    async def kill(self, agent_id: int, signal: str = "SIGTERM") -> None:
        """Ends the agent and its process tree on purpose."""
        ...

    async def undo_kill(self, agent_id: int) -> Sequence[str]:
        """Brings an agent back that was killed a moment ago; the ids of the missions that it has again.

        Refused when ``UNDO_WINDOW_MS`` is over.
        """
        ...

    async def restart(self, agent_id: int) -> None:
        """Starts the agent anew on its conversation and mission."""
        ...

    async def remove(self, agent_id: int) -> None:
        """Forgets a stopped or failed agent and closes its window."""
        ...

    async def why(self, agent_id: int) -> Verdict:
        """What the agent does, who says so and why that is believed, after a fresh look."""
        ...

    async def rename(self, agent_id: int, name: str) -> None:
        """Gives the agent another name."""
        ...

    async def note(self, agent_id: int, text: str) -> None:
        """Keeps a person's note on the agent; an empty one takes it away."""
        ...

    async def hold(self, agent_id: int, held: bool) -> None:
        """Held agents take no new mission."""
        ...

    async def send(self, agent_id: int, text: str) -> None:
        """Types one line into an idle or busy agent's prompt and submits it; refused while a dialog is open."""
        ...

    async def approve(self, agent_id: int, allow: bool) -> None:
        """Answers the permission prompt that the agent waits on; refused when it waits on none."""
        ...

    async def answer(self, item_id: str, allow: bool, message: str = "") -> None:
        """Allows or denies one item of the inbox; refused when it is over or its prompt changed."""
        ...

    async def choose(self, item_id: str, choices: Sequence[Choice]) -> None:
        """Answers the questions of one item of the inbox, one choice each; refused as ``answer`` is."""
        ...

    async def allow_always(self, item_id: str, rule: PermissionRule) -> None:
        """Keeps an allow rule in the user's own file and allows the request that it was made from."""
        ...

    def rules_file(self) -> str | None:
        """The file in which ``allow_always`` keeps rules, or None where there is none."""
        ...

    async def attach_argv(self, agent_id: int) -> tuple[str, ...]:
        """The argv that shows the agent's pane full screen; Ctrl+Q leaves it."""
        ...

    async def pane_frame(self, agent_id: int) -> PaneFrame | None:
        """The agent's screen now, or None without a pane."""
        ...

    async def pane_history(self, agent_id: int, limit: int) -> tuple[bytes, ...]:
        """The agent's screen after up to ``limit`` lines that scrolled out of it, as ``PaneFrame.lines`` are."""
        ...

    async def type_strokes(self, agent_id: int, strokes: Sequence[Stroke]) -> None:
        """Types what a person pressed, in order, as it is; the person answers for what it does there."""
        ...

    async def paste(self, agent_id: int, text: str) -> None:
        """Pastes text as a terminal does: bracketed where the program asked for it, and not submitted."""
        ...

    async def fit_pane(self, agent_id: int, size: tuple[int, int] | None) -> None:
        """Gives the agent's window ``size`` (columns, rows) while a person types there; None gives its own back."""
        ...

    async def look_at_work(self, agent_id: int) -> None:
        """Somebody looks at the agent: has ``AgentView.work`` brought up to date soon."""
        ...

    async def diff(self, agent_id: int) -> WorktreeDiff:
        """What the agent's worktree has and its base has not; refused for an agent without one."""
        ...

    async def send_review(self, agent_id: int, comments: Sequence[ReviewComment]) -> str | None:
        """Sends all comments as one message; the file that holds them, None when the line did. Refused as ``send``."""
        ...

    async def add_mission(self, spec: MissionSpec) -> str:
        """Queues a mission; returns its id."""
        ...

    async def mission(self, mission_id: str) -> Mission:
        """One mission, whole."""
        ...

    async def update_mission(self, mission_id: str, changes: MissionChanges) -> None:
        """Edits an open mission."""
        ...

    async def cancel_mission(self, mission_id: str) -> None:
        """Cancels a mission; a running one's agent is interrupted first."""
        ...

    async def retry_mission(self, mission_id: str) -> None:
        """Queues a failed or cancelled mission again."""
        ...

    async def assign_mission(self, mission_id: str, agent_id: int | None) -> None:
        """Lets only this agent take the mission, while it lives; None lets every agent take it again."""
        ...

    async def release_quota(self) -> int:
        """Ends every wait for an account's limit by hand; how many there were."""
        ...

    async def add_dependency(self, mission_id: str, on: str) -> None:
        """Makes a waiting mission depend on another one."""
        ...

    async def older_events(self, before: int | None, limit: int, wanted: EventFilter) -> EventPage:
        """Up to ``limit`` events that pass, the newest of those numbered below ``before`` (None: of all).

        A page may hold fewer, or none, and say where to go on: it looks at a few thousand events.
        """
        ...

    async def commands(self, after: int, polls: bool) -> Sequence[CommandView]:
        """The tmux and git commands numbered above ``after`` that are still remembered; ``polls``: looks too."""
        ...
