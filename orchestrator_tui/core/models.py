"""The vocabulary: what an agent, a mission and their states are.

Times are milliseconds since the epoch unless a name says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator_tui.core.usage import NOTHING_SPENT, Spent


class Role(StrEnum):
    """An agent's specialisation."""

    ORACLE = "oracle"
    ARCHITECT = "architect"
    CODER = "coder"
    ANALYST = "analyst"
    REVIEWER = "reviewer"
    TESTER = "tester"
    DEBUGGER = "debugger"
    RESEARCHER = "researcher"
    SCRIBE = "scribe"
    GENERALIST = "generalist"


class ModelTier(StrEnum):
    """A model size, from cheapest to strongest."""

    HAIKU = "haiku"
    SONNET = "sonnet"
    OPUS = "opus"

    @property
    def rank(self) -> int:
        """0 for the cheapest tier, rising with strength."""
        return list(ModelTier).index(self)


class TaskType(StrEnum):
    """What kind of work a mission is."""

    CODING = "coding"
    REVIEW = "review"
    ANALYSIS = "analysis"
    SYNTHESIS = "synthesis"
    EXTRACTION = "extraction"
    TESTING = "testing"
    DEBUGGING = "debugging"
    RESEARCH = "research"
    DOCUMENTATION = "documentation"
    GENERAL = "general"


class Priority(StrEnum):
    """Queue order; FIFO inside one priority."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return list(Priority).index(self)


class AgentState(StrEnum):
    """Where an agent is in its life; transitions are in ``core.lifecycle``."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    WAITING = "waiting"
    CRASHED = "crashed"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPED = "stopped"


class WaitingFor(StrEnum):
    """What a waiting agent needs from a person."""

    PERMISSION = "permission"
    QUESTION = "question"
    TRUST = "trust"
    LOGIN = "login"
    RESUME = "resume"


class MissionState(StrEnum):
    """Where a mission is in its life; transitions are in ``core.lifecycle``."""

    BLOCKED = "blocked"
    PENDING = "pending"
    ASSIGNED = "assigned"
    RUNNING = "running"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_ended(self) -> bool:
        """Whether nothing more happens to the mission by itself."""
        return self in (MissionState.COMPLETED, MissionState.FAILED, MissionState.CANCELLED)


class BlockedReason(StrEnum):
    """Why a blocked mission is blocked."""

    WAITING = "waiting"
    DEPENDENCY_FAILED = "dependency_failed"


class IsolationMode(StrEnum):
    """Whether an agent works in its own git worktree."""

    WORKTREE = "worktree"
    SHARED = "shared"


class ConversationMode(StrEnum):
    """Whether each mission starts a new conversation or goes on in the running one."""

    FRESH = "fresh"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens that a mission used, as its agent reports them."""

    input: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work handed to ``AgentSpawner.distribute_task``; its id becomes the mission's id."""

    prompt: str
    id: str | None = None
    type: TaskType | str = TaskType.GENERAL
    priority: Priority | str = Priority.NORMAL
    context: str | None = None
    role: Role | str | None = None
    timeout_ms: int | None = None
    max_retries: int | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MissionSpec:
    """A mission before it is queued; unset ``timeout_ms`` and ``max_retries`` are its agent's."""

    prompt: str
    id: str | None = None
    context: str | None = None
    type: TaskType = TaskType.GENERAL
    priority: Priority = Priority.NORMAL
    role: Role | None = None
    timeout_ms: int | None = None
    max_retries: int | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One start of a mission; ``code`` is null for success and while it runs (``ended_at`` null)."""

    n: int
    agent_id: int
    started_at: int
    ended_at: int | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Mission:
    """A mission as the store holds it.

    ``lease`` names the claim while assigned or running; ``nonce`` the delivery to acknowledge.
    ``fence`` is the code (``timeout`` or ``cancelled``) for which its agent is being stopped:
    the claim is then void for reports, and nobody may claim it until the fence is settled.
    ``spent_ms`` is the counted running time of this attempt.
    ``token_usage`` is what its agent reported, ``spent`` what was measured over all attempts.
    """

    id: str
    seq: int
    prompt: str
    context: str | None
    type: TaskType
    priority: Priority
    state: MissionState
    created_at: int
    role: Role | None = None
    timeout_ms: int | None = None
    max_retries: int | None = None
    depends_on: tuple[str, ...] = ()
    blocked_reason: BlockedReason | None = None
    blocked_by: tuple[str, ...] = ()
    attempts: int = 0
    undelivered: int = 0
    agent_id: int | None = None
    reserved_for: int | None = None
    lease: str | None = None
    nonce: str | None = None
    fence: str | None = None
    spent_ms: int = 0
    not_before: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    output: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    reported_duration_ms: int | None = None
    token_usage: TokenUsage = TokenUsage()
    spent: Spent = NOTHING_SPENT
    attempt_log: tuple[Attempt, ...] = ()

    @property
    def title(self) -> str:
        """The prompt's first non-empty line."""
        return next((line.strip() for line in self.prompt.splitlines() if line.strip()), "")


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as users see it."""

    id: int
    name: str
    role: Role
    model: ModelTier
    provider: str
    status: AgentState
    current_task: str | None = None
    tasks_completed: int = 0
    tasks_failed: int = 0

    @property
    def success_rate(self) -> str:
        """``"100.0%"``, or ``"n/a"`` before the first task."""
        total = self.tasks_completed + self.tasks_failed
        return f"{100 * self.tasks_completed / total:.1f}%" if total else "n/a"


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """The durable registry row behind an ``Agent``.

    ``config`` is ``AgentConfig`` as JSON data. ``conversation_id`` is the CLI's session id.
    ``crashes`` are the times of recent crashes, for the restart budget. ``held`` agents take no new mission.
    ``idle_since`` orders equal candidates. ``generation`` counts starts of the pane's program.
    ``has_transcript``: the agent took something in its conversation. ``person_used_at``: a person's newest chat in it.
    ``note`` is what a person wrote about the agent.
    """

    id: int
    name: str
    role: Role
    model: ModelTier
    provider: str
    config: Mapping[str, object]
    state: AgentState
    created_at: int
    state_since: int
    waiting_for: WaitingFor | None = None
    reason: str | None = None
    held: bool = False
    conversation_id: str | None = None
    has_transcript: bool = False
    worktree: str | None = None
    branch: str | None = None
    tasks_completed: int = 0
    tasks_failed: int = 0
    idle_since: int | None = None
    generation: int = 0
    crashes: tuple[int, ...] = ()
    restarts: int = 0
    person_used_at: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AgentHandle:
    """A living pane: tmux's pane id (``%12``) and the agent's own process id."""

    agent_id: int
    pane_id: str
    pid: int


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """One check of one agent.

    ``memory_usage`` is resident bytes and ``cpu_usage`` percent of one core, both of the whole process tree.
    """

    alive: bool
    responsive: bool
    last_heartbeat: int | None = None
    memory_usage: int | None = None
    cpu_usage: float | None = None
    idle_time_ms: int | None = None

    def data(self) -> dict[str, object]:
        """The fields that ``health`` events carry."""
        return {
            "alive": self.alive,
            "responsive": self.responsive,
            "last_heartbeat": self.last_heartbeat,
            "memory_usage": self.memory_usage,
            "cpu_usage": self.cpu_usage,
            "idle_time_ms": self.idle_time_ms,
        }


@dataclass(frozen=True, slots=True)
class QueueStats:
    """How many missions are in each state."""

    pending: int = 0
    blocked: int = 0
    retrying: int = 0
    assigned: int = 0
    running: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """How to start a program in a pane: argv without a shell, extra environment, working directory."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: str | None = None
