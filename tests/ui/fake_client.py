"""A supervisor that remembers every command, over a sample fleet at a frozen time."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from orchestrator_tui.core.activity import Activity
from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.errors import NotAllowedNow, OrchestratorError
from orchestrator_tui.core.event_filter import EventFilter
from orchestrator_tui.core.events import Event, EventType
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
    TaskType,
    WaitingFor,
)
from orchestrator_tui.core.permission_rules import PermissionRule
from orchestrator_tui.core.questions import Choice, Option, Question
from orchestrator_tui.core.verdict import Confidence, Source, Verdict
from orchestrator_tui.core.views import (
    AgentView,
    KillPreview,
    MachineView,
    MissionChanged,
    MissionChanges,
    MissionView,
    PaneFrame,
    Snapshot,
    SpawnRequest,
    Stroke,
    Told,
    Update,
)
from orchestrator_tui.core.work import ReviewComment, WorkStatus, WorktreeDiff
from tests.ui.sample_diff import CHANGES

NOW_MS = int(time.mktime((2026, 3, 4, 12, 4, 31, 0, 0, -1)) * 1000)
"""12:04:31 local time, so that pictures do not depend on the time zone."""

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


WORK = {
    1: WorkStatus("orchestrator/api/1", "main", ahead=3, behind=1, dirty=2),
    3: WorkStatus("orchestrator/api/3", "main", ahead=12, dirty=1),
    4: WorkStatus("orchestrator/api/4", "main", dirty=4),
    8: WorkStatus("orchestrator/api/8", "main"),
}


class FrozenClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now = now_ms

    def now_ms(self) -> int:
        return self.now

    def monotonic_ms(self) -> int:
        return self.now


def agent(
    number: int,
    name: str,
    state: AgentState,
    age_ms: int,
    *,
    task: str | None = None,
    title: str | None = None,
    role: Role = Role.CODER,
    model: ModelTier = ModelTier.SONNET,
    waiting_for: WaitingFor | None = None,
    restarts: int = 0,
    reason: str | None = None,
) -> AgentView:
    living = state not in (AgentState.STOPPED, AgentState.FAILED)
    return AgentView(
        id=number,
        name=name,
        role=role,
        model=model,
        provider="claude",
        state=state,
        state_since=NOW_MS - age_ms,
        created_at=NOW_MS - age_ms,
        waiting_for=waiting_for,
        reason=reason,
        current_task=task,
        task_title=title,
        restarts=restarts,
        pane_id=f"%{number + 11}" if living else None,
        pid=4000 + number if living else None,
        branch=f"orchestrator/api/{number}" if living else None,
        work=WORK.get(number),
    )


AGENTS = (
    agent(
        1,
        "api-auth",
        AgentState.WAITING,
        12 * MINUTE,
        task="m-041",
        title="Refresh-token rotation",
        waiting_for=WaitingFor.PERMISSION,
        model=ModelTier.OPUS,
    ),
    agent(
        2,
        "docs-fix",
        AgentState.WAITING,
        4 * MINUTE,
        task="m-044",
        title="Fix broken links",
        waiting_for=WaitingFor.QUESTION,
        role=Role.SCRIBE,
        model=ModelTier.HAIKU,
    ),
    agent(3, "db-migrate", AgentState.BUSY, 31 * MINUTE, task="m-039", title="Split users table"),
    agent(4, "ui-health", AgentState.BUSY, 2 * MINUTE, task="m-046", title="Health sparkline"),
    agent(5, "mcp-tools", AgentState.BUSY, 48 * MINUTE, task="m-035", title="Flat schemas for the MCP tools"),
    agent(
        6,
        "flaky-tests",
        AgentState.RESTARTING,
        9 * SECOND,
        task="m-043",
        title="Quarantine flaky tests",
        restarts=1,
        role=Role.TESTER,
    ),
    agent(
        7,
        "e2e-runner",
        AgentState.FAILED,
        HOUR,
        task="m-030",
        title="Playwright upgrade",
        restarts=5,
        reason="killed by SIGKILL, five times",
        role=Role.TESTER,
    ),
    agent(8, "reviewer", AgentState.IDLE, 3 * HOUR, role=Role.REVIEWER, model=ModelTier.OPUS),
    agent(9, "scratch", AgentState.STOPPED, 5 * HOUR, role=Role.GENERALIST),
)


def mission(
    number: int,
    title: str,
    state: MissionState,
    age_ms: int,
    *,
    priority: Priority = Priority.NORMAL,
    agent_id: int | None = None,
    following: str = "",
    attempts: int = 0,
    error_code: str | None = None,
    blocked_by: tuple[str, ...] = (),
    depends_on: tuple[str, ...] = (),
) -> MissionView:
    name = next((one.name for one in AGENTS if one.id == agent_id), None)
    return MissionView(
        id=f"m-{number:03}",
        seq=number,
        title=title,
        type="coding",
        priority=priority,
        state=state,
        created_at=NOW_MS - age_ms,
        agent_id=agent_id,
        agent_name=name,
        attempts=attempts,
        depends_on=depends_on or blocked_by,
        blocked_by=blocked_by,
        next=following,
        ended_at=NOW_MS - age_ms if state.is_ended else None,
        error_code=error_code,
    )


MISSIONS = (
    mission(
        41,
        "Refresh-token rotation",
        MissionState.RUNNING,
        12 * MINUTE,
        priority=Priority.CRITICAL,
        agent_id=1,
        following="waits for approval",
        attempts=1,
    ),
    mission(39, "Split users table", MissionState.RUNNING, 31 * MINUTE, agent_id=3, attempts=1),
    mission(
        43,
        "Quarantine flaky tests",
        MissionState.RETRYING,
        6 * MINUTE,
        agent_id=6,
        following="again in 2 s",
        attempts=2,
    ),
    mission(
        47,
        "Rate limit on login",
        MissionState.PENDING,
        3 * MINUTE,
        priority=Priority.HIGH,
        following="next free agent",
    ),
    mission(
        48,
        "Split settings module",
        MissionState.BLOCKED,
        2 * MINUTE,
        following="after m-041",
        blocked_by=("m-041",),
    ),
    mission(30, "Playwright upgrade", MissionState.FAILED, HOUR, agent_id=7, attempts=4, error_code="agent_crashed"),
    mission(29, "Pin the toolchain", MissionState.COMPLETED, 2 * HOUR, agent_id=8, attempts=1),
)

EVENTS = (
    Event(EventType.SPAWN, NOW_MS - 12 * MINUTE, agent_id=1, seq=1),
    Event(EventType.MISSION_ENQUEUED, NOW_MS - 12 * MINUTE, mission_id="m-041", seq=2),
    Event(EventType.TASK_START, NOW_MS - 11 * MINUTE, agent_id=1, mission_id="m-041", attempt=1, seq=3),
    Event(EventType.CRASH, NOW_MS - 20 * SECOND, agent_id=6, data={"reason": "killed by SIGSEGV"}, seq=4),
    Event(EventType.RESTART, NOW_MS - 9 * SECOND, agent_id=6, data={"delay_ms": 4000}, seq=5),
    Event(EventType.ATTENTION, NOW_MS - 5 * SECOND, agent_id=1, data={"waiting_for": "permission"}, seq=6),
)

ATTENTION = (
    AttentionItem(
        "failed-7",
        AttentionKind.FAILED,
        NOW_MS - HOUR,
        "killed by SIGKILL, five times",
        agent_id=7,
        agent_name="e2e-runner",
        mission_id="m-030",
    ),
    AttentionItem(
        "ask-4",
        AttentionKind.PERMISSION,
        NOW_MS - 12 * MINUTE,
        "Bash: alembic upgrade head",
        agent_id=1,
        agent_name="api-auth",
        mission_id="m-041",
        tool="Bash",
        tool_input={"command": "alembic upgrade head", "description": "Apply the new migration"},
        can_answer=True,
        can_explain=True,
    ),
    AttentionItem(
        "ask-5",
        AttentionKind.QUESTION,
        NOW_MS - 4 * MINUTE,
        "Which links should go?",
        agent_id=2,
        agent_name="docs-fix",
        mission_id="m-044",
        tool="AskUserQuestion",
        questions=(
            Question(
                "Which links should go?",
                "Links",
                (Option("All that answer 404", "also our own pages"), Option("Only the external ones")),
            ),
        ),
        can_choose=True,
        can_explain=True,
    ),
)

MACHINE = MachineView(
    cpu_percent=38.0,
    cpu_count=8,
    memory_percent=61.0,
    memory_bytes=int(9.8 * 2**30),
    panes=9,
    mcp_url="http://127.0.0.1:8765/mcp",
)

EMPTY = Snapshot(session="api-3f2a", cwd="/home/ada/acme/api", machine=MACHINE, in_git_repo=True)

FLEET = replace(
    EMPTY,
    agents=AGENTS,
    missions=MISSIONS,
    stats=QueueStats(pending=14, blocked=1, retrying=1, running=3, completed=21, failed=1),
    events=EVENTS,
    attention=ATTENTION,
)

_B, _D, _G, _R, _0 = "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[31m", "\x1b[0m"
SCREEN = tuple(
    line.encode()
    for line in (
        f"{_D}> Add refresh-token rotation to the auth service{_0}",
        "",
        f"{_G}●{_0} I will add a rotation table and revoke the old token on use.",
        "",
        f"{_G}●{_0} {_B}Update{_0}(auth/tokens.py)",
        f"  └ Added {_B}42{_0} lines, removed {_B}7{_0} lines",
        "     118 \x1b[48;2;20;60;40m+    async def rotate(self, token: str) -> TokenPair:      \x1b[0m",
        "     119 \x1b[48;2;20;60;40m+        row = await self._store.consume(token)            \x1b[0m",
        "     120 \x1b[48;2;20;60;40m+        if row is None:                                   \x1b[0m",
        "     121 \x1b[48;2;20;60;40m+            raise TokenReused(token)                      \x1b[0m",
        "",
        f"{_G}●{_0} {_B}Bash{_0}(pytest tests/auth -q)",
        "  └ 31 passed in 4.20s",
        "",
        "╭──────────────────────────────────────────────────────────────────╮",
        "│ Bash command: alembic upgrade head                               │",
        "│ Do you want to proceed?                                          │",
        "│ \x1b[38;5;75m❯ 1. Yes\x1b[0m                                                         │",
        "│   2. Yes, and do not ask again for alembic                       │",
        "│   3. No, and tell Claude what to do differently (esc)            │",
        "╰──────────────────────────────────────────────────────────────────╯",
        "",
        f"{_D}claude  main*{_0}",
        "",
        "",
        "",
    )
)


class FakeFeed:
    """A snapshot, then whatever is pushed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._queue: asyncio.Queue[Update | None] = asyncio.Queue()
        self.closed = False
        self.pushed: list[Update] = []

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    def push(self, update: Update | None) -> None:
        self._queue.put_nowait(update)
        if update is not None:
            self.pushed.append(update)

    async def __aiter__(self) -> AsyncIterator[Update]:
        while (update := await self._queue.get()) is not None:
            yield update

    def close(self) -> None:
        self.closed = True


VERDICT = Verdict(
    state=AgentState.IDLE,
    waiting_for=None,
    reason="interrupted in the pane",
    source=Source.STATUS,
    age_ms=4_000,
    confidence=Confidence.HIGH,
    reasoning=(
        "hook, 41 s ago: busy (PreToolUse)",
        "session file, 4 s ago: idle (idle)",
        "transcript, 4 s ago: idle (an interruption); interrupted in the pane",
        "screen, just now: idle (idle)",
        "so idle, by the session file: the session file is newer than the hook, and the screen agrees",
    ),
)


@dataclass
class FakeClient:
    """Remembers commands as tuples in ``calls``; ``fail_with`` makes the next command raise.

    ``held`` makes slow commands wait until it is set.
    """

    snapshot: Snapshot = FLEET
    calls: list[tuple[object, ...]] = field(default_factory=list[tuple[object, ...]])
    frames: int = 0
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[int] = field(default_factory=list[int])
    screen: tuple[bytes, ...] = SCREEN
    verdict: Verdict = VERDICT
    changes: WorktreeDiff = CHANGES
    looked_at_work: list[int] = field(default_factory=list[int])
    fail_with: Exception | None = None
    log: Sequence[Event] = ()
    ran: Sequence[CommandView] = ()
    asked_older: list[int | None] = field(default_factory=list[int | None])
    asked_commands: list[int] = field(default_factory=list[int])
    frame_failure: Exception | None = None
    feeds: list[FakeFeed] = field(default_factory=list[FakeFeed])
    known_activity: Activity = Activity(NOW_MS)
    activity_asked: int = 0
    held: asyncio.Event | None = None

    async def passes(self) -> None:
        """Slow commands return only once ``held`` is set."""
        if self.held is not None:
            await self.held.wait()

    def _record(self, *call: object) -> None:
        self.calls.append(call)
        if self.fail_with is not None:
            failure, self.fail_with = self.fail_with, None
            raise failure

    async def open_feed(self) -> FakeFeed:
        self.feeds.append(FakeFeed(self.snapshot))
        return self.feeds[-1]

    async def activity(self) -> Activity:
        self.activity_asked += 1
        return self.known_activity

    async def spawn(self, request: SpawnRequest, told: Told | None = None) -> Sequence[AgentView]:
        self._record("spawn", request)
        if told is not None:
            told(1, request.count)
        await self.passes()
        first = 100
        return [
            agent(first + n, request.config.name or f"agent-{first + n}", AgentState.STARTING, 0)
            for n in range(request.count)
        ]

    async def kill_preview(self, agent_id: int) -> KillPreview:
        name = next(one.name for one in self.snapshot.agents if one.id == agent_id)
        return KillPreview(name, ("Its mission m-041 goes back to the queue.", "3 uncommitted files in its worktree."))

    async def kill(self, agent_id: int, signal: str = "SIGTERM") -> None:
        self._record("kill", agent_id, signal)
        await self.passes()

    async def undo_kill(self, agent_id: int) -> Sequence[str]:
        self._record("undo_kill", agent_id)
        return ("m-041",)

    async def restart(self, agent_id: int) -> None:
        self._record("restart", agent_id)
        await self.passes()

    async def remove(self, agent_id: int) -> None:
        self._record("remove", agent_id)

    async def why(self, agent_id: int) -> Verdict:
        self._record("why", agent_id)
        return self.verdict

    async def rename(self, agent_id: int, name: str) -> None:
        self._record("rename", agent_id, name)

    async def note(self, agent_id: int, text: str) -> None:
        self._record("note", agent_id, text)

    async def hold(self, agent_id: int, held: bool) -> None:
        self._record("hold", agent_id, held)

    async def send(self, agent_id: int, text: str) -> None:
        self._record("send", agent_id, text)

    async def approve(self, agent_id: int, allow: bool) -> None:
        self._record("approve", agent_id, allow)

    async def answer(self, item_id: str, allow: bool, message: str = "") -> None:
        self._record("answer", item_id, allow, message)

    async def choose(self, item_id: str, choices: Sequence[Choice]) -> None:
        self._record("choose", item_id, tuple(choices))

    async def allow_always(self, item_id: str, rule: PermissionRule) -> None:
        self._record("allow_always", item_id, str(rule))

    def rules_file(self) -> str | None:
        return "/home/ada/.config/orchestrator-tui/config.toml"

    async def attach_argv(self, agent_id: int) -> tuple[str, ...]:
        self._record("attach_argv", agent_id)
        return ("tmux", "attach", "-t", f"%{agent_id}")

    async def pane_frame(self, agent_id: int) -> PaneFrame | None:
        self.frames += 1
        self.asked.append(agent_id)
        if self.frame_failure is not None:
            raise self.frame_failure
        return PaneFrame(agent_id, f"%{agent_id + 11}", 74, 26, self.screen, cursor_x=2, cursor_y=22)

    async def pane_history(self, agent_id: int, limit: int) -> tuple[bytes, ...]:
        self._record("pane_history", agent_id, limit)
        return (*(f"older line {number}".encode() for number in range(200)), *self.screen)

    async def type_strokes(self, agent_id: int, strokes: Sequence[Stroke]) -> None:
        self._record("type_strokes", agent_id, tuple(strokes))

    async def paste(self, agent_id: int, text: str) -> None:
        self._record("paste", agent_id, text)

    async def fit_pane(self, agent_id: int, size: tuple[int, int] | None) -> None:
        self._record("fit_pane", agent_id, size)

    async def look_at_work(self, agent_id: int) -> None:
        self.looked_at_work.append(agent_id)

    async def diff(self, agent_id: int) -> WorktreeDiff:
        self._record("diff", agent_id)
        return replace(self.changes, agent_id=agent_id)

    async def send_review(self, agent_id: int, comments: Sequence[ReviewComment]) -> str | None:
        self._record("send_review", agent_id, tuple(comments))
        return None

    async def add_mission(self, spec: MissionSpec) -> str:
        self._record("add_mission", spec)
        return spec.id or "mission-1"

    async def mission(self, mission_id: str) -> Mission:
        pushed = [one.mission for one in self.feeds[-1].pushed if isinstance(one, MissionChanged)]
        view = next(one for one in (*reversed(pushed), *self.snapshot.missions) if one.id == mission_id)
        return Mission(
            id=view.id,
            seq=view.seq,
            prompt=view.title,
            context="Keep the API as it is.",
            type=TaskType.CODING,
            priority=view.priority,
            state=view.state,
            created_at=view.created_at,
            timeout_ms=30 * MINUTE,
            max_retries=2,
            output=self.outputs.get(view.id),
        )

    async def update_mission(self, mission_id: str, changes: MissionChanges) -> None:
        self._record("update_mission", mission_id, changes)

    async def cancel_mission(self, mission_id: str) -> None:
        self._record("cancel_mission", mission_id)

    async def retry_mission(self, mission_id: str) -> None:
        self._record("retry_mission", mission_id)

    async def assign_mission(self, mission_id: str, agent_id: int | None) -> None:
        self._record("assign_mission", mission_id, agent_id)

    async def release_quota(self) -> int:
        self.calls.append(("release_quota",))
        return 1

    async def older_events(self, before: int | None, limit: int, wanted: EventFilter) -> EventPage:
        self.asked_older.append(before)
        older = [event for event in self.log if before is None or event.seq < before]
        names = {one.id: one.name for one in self.snapshot.agents}
        page = older[-limit:]
        more = page[0].seq if len(page) < len(older) else None
        return EventPage(tuple(event for event in page if wanted.accepts(event, names, NOW_MS)), more)

    async def commands(self, after: int, polls: bool) -> Sequence[CommandView]:
        self.asked_commands.append(after)
        return [one for one in self.ran if one.seq > after and (polls or not one.is_poll)]

    async def add_dependency(self, mission_id: str, on: str) -> None:
        self._record("add_dependency", mission_id, on)


REFUSAL: OrchestratorError = NotAllowedNow("The agent shows a dialog.", remedy="Answer it first.", field="text")
