"""The sample fleet on a full day, for the README's pictures: every agent has its own screen, missions a history."""

from dataclasses import dataclass, replace

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import Attempt, Mission, MissionState, Priority, QueueStats, Role
from orchestrator_tui.core.usage import Spent
from orchestrator_tui.core.views import MissionView, PaneFrame, Snapshot
from tests.ui.fake_client import FLEET, HOUR, MINUTE, NOW_MS, SCREEN, SECOND, FakeClient, mission
from tests.ui.sample_activity import ACTIVITY, BUSY_FLEET

_B, _D, _G, _R, _C, _Y, _0 = (f"\x1b[{code}m" for code in ("1", "2", "32", "31", "36", "33", "0"))
_ADD, _DEL = "\x1b[48;2;20;60;40m", "\x1b[48;2;70;25;30m"


def _screen(*lines: str, rows: int = 26) -> tuple[bytes, ...]:
    padded = [*("" for _ in range(rows - len(lines))), *lines]
    return tuple(line.encode() for line in padded)


_BOX = (f"{_D}{'─' * 72}{_0}", ">", f"{_D}{'─' * 72}{_0}")
SCREENS = {
    1: SCREEN,
    2: _screen(
        f"{_G}●{_0} 14 links answer 404, 3 redirect to another host.",
        "",
        f"{_D}{'─' * 72}{_0}",
        f" {_B}Which links should go?{_0}",
        "",
        f" {_C}❯ 1. All that answer 404{_0}",
        f"      {_D}also our own pages{_0}",
        "   2. Only the external ones",
        "   3. Type something",
        "",
        f" {_D}Enter to select · ↑/↓ to navigate · Esc to cancel{_0}",
    ),
    3: _screen(
        f"{_G}●{_0} {_B}Update{_0}(migrations/0042_split_users.py)",
        f"     31 {_DEL}-    op.drop_column('users', 'email'){_0}",
        f"     31 {_ADD}+    op.create_table('user_emails', *columns){_0}",
        f"     32 {_ADD}+    op.execute(COPY_EMAILS){_0}",
        "",
        f"{_Y}✻ Migrating…{_0} {_D}(4m 12s · esc to interrupt){_0}",
        *_BOX,
    ),
    4: _screen(
        f"{_G}●{_0} {_B}Bash{_0}(npm test -- sparkline)",
        f"  └ {_G}✓{_0} draws eight levels (4 ms)",
        f"    {_G}✓{_0} keeps the newest on the right (2 ms)",
        f"    {_R}✕{_0} an empty series draws nothing (3 ms)",
        "",
        f"{_Y}✽ Reading the failure…{_0} {_D}(38s · esc to interrupt){_0}",
        *_BOX,
    ),
    5: _screen(
        f"{_G}●{_0} {_B}Read{_0}(schemas/agent.json)",
        "  └ Read 212 lines",
        f"{_G}●{_0} {_B}Update{_0}(schemas/agent.json)",
        '     18 \x1b[48;2;20;60;40m+    "additionalProperties": false,\x1b[0m',
        "",
        f"{_Y}✶ Flattening…{_0} {_D}(11m 02s · esc to interrupt){_0}",
        *_BOX,
    ),
    6: _screen(
        f"{_D}  Resuming the conversation…{_0}",
        "",
        f"{_B}> You were restarted (killed by SIGSEGV).{_0}",
        f"{_B}  Go on with m-043.{_0}",
        "",
        f"{_Y}✢ Starting…{_0}",
        *_BOX,
    ),
    8: _screen(
        f"{_G}●{_0} No blocking findings.",
        "  · tokens.py:118 deserves a test for reuse.",
        "  · The lock file pins two versions of anyio.",
        "",
        f"{_G}●{_0} {_B}mission{_0}(complete)",
        *_BOX,
    ),
}


def _planned(
    number: int,
    title: str,
    state: MissionState,
    *after: str,
    agent_id: int | None = None,
    priority: Priority = Priority.NORMAL,
) -> MissionView:
    waits = tuple(f"m-{name}" for name in after)
    blocked = waits[-1:] if state is MissionState.BLOCKED else ()
    made = mission(
        number,
        title,
        state,
        (60 - number) * 4 * MINUTE,
        priority=priority,
        agent_id=agent_id,
        attempts=int(state.is_ended),
        following=f"after {blocked[0]}" if blocked else "",
        depends_on=waits,
    )
    return replace(made, blocked_by=blocked)


_DONE, _BLOCKED = MissionState.COMPLETED, MissionState.BLOCKED
_HAVE = {one.id: one for one in FLEET.missions}
MISSIONS = (
    replace(_HAVE["m-041"], spent=Spent(3_900, 8_200, 410_000, 31_000, 0.37)),
    replace(_HAVE["m-039"], spent=Spent(6_100, 12_400, 890_000, 54_000, 1.11)),
    replace(_HAVE["m-043"], depends_on=("m-029",)),
    replace(_HAVE["m-047"], depends_on=("m-033",)),
    replace(_HAVE["m-030"], depends_on=("m-029",)),
    replace(_HAVE["m-029"], spent=Spent(4_100, 9_800, 310_000, 22_000, 0.41)),
    mission(46, "Health sparkline", MissionState.RUNNING, 2 * MINUTE, agent_id=4, attempts=1, depends_on=("m-038",)),
    mission(35, "Flat schemas for the MCP tools", MissionState.RUNNING, 48 * MINUTE, agent_id=5, attempts=1),
    _planned(33, "Write down how sessions end", _DONE, "029", agent_id=8),
    _planned(38, "Measure what a frame costs", _DONE, "029", agent_id=4),
    _planned(48, "Split settings module", _BLOCKED, "033", "041", priority=Priority.HIGH),
    _planned(49, "Revoke tokens at logout", _BLOCKED, "041"),
    _planned(50, "Document the rotation", _BLOCKED, "049", priority=Priority.LOW),
    _planned(51, "Backfill e-mail addresses", _BLOCKED, "039"),
    _planned(52, "Drop the old column", _BLOCKED, "051", priority=Priority.LOW),
    _planned(53, "Regenerate the clients", _BLOCKED, "035"),
    _planned(54, "Review all of it", _BLOCKED, "050", "052", "053"),
    _planned(55, "Tag the release", _BLOCKED, "054", priority=Priority.LOW),
)

_OUTPUT = """\
The toolchain is pinned and a clean checkout builds **twice to the same bytes**.

- `pyproject.toml`: Python 3.11 or newer
- `requirements.lock`: versions and hashes of all 84 packages
- `make venv` installs exactly those

| step | before | after |
|---|---|---|
| clean install | 94 s | 41 s |
| second install | 38 s | 0.2 s |
"""
_BEGAN = NOW_MS - 2 * HOUR
PINNED = {
    "prompt": "Pin the toolchain\n\nA clean checkout has to build the same bytes on every machine.",
    "context": "CI and two laptops disagreed yesterday: see docs/builds.md.",
    "role": Role.REVIEWER,
    "attempts": 2,
    "started_at": _BEGAN + 2 * MINUTE,
    "ended_at": _BEGAN + 23 * MINUTE,
    "spent": Spent(4_100, 9_800, 310_000, 22_000, 0.41),
    "attempt_log": (
        Attempt(1, 6, _BEGAN + 2 * MINUTE, _BEGAN + 9 * MINUTE, "agent_crashed", "killed by SIGSEGV"),
        Attempt(2, 8, _BEGAN + 9 * MINUTE, _BEGAN + 23 * MINUTE),
    ),
}


def _events() -> tuple[Event, ...]:
    """A morning's log: what was planned, who worked, one crash."""
    told: list[tuple[int, EventType, int | None, str | None, dict[str, object]]] = [
        (118 * MINUTE, EventType.MISSION_ENQUEUED, None, "m-029", {}),
        (118 * MINUTE, EventType.TASK_START, 6, "m-029", {}),
        (111 * MINUTE, EventType.CRASH, 6, "m-029", {"reason": "killed by SIGSEGV"}),
        (111 * MINUTE, EventType.RESTART, 6, None, {"delay_ms": 2000}),
        (110 * MINUTE, EventType.TASK_START, 8, "m-029", {}),
        (97 * MINUTE, EventType.TASK_COMPLETE, 8, "m-029", {}),
    ]
    for number, agent_id, began, ended in ((33, 8, 95, 88), (38, 4, 94, 71), (30, 7, 92, 61)):
        kind = EventType.TASK_FAIL if number == 30 else EventType.TASK_COMPLETE
        told.append((began * MINUTE, EventType.TASK_START, agent_id, f"m-0{number}", {}))
        told.append((ended * MINUTE, kind, agent_id, f"m-0{number}", {}))
    for number, agent_id, began in ((35, 5, 48), (39, 3, 31), (41, 1, 12), (43, 6, 6), (46, 4, 2)):
        told.append((began * MINUTE + 2 * SECOND, EventType.MISSION_ENQUEUED, None, f"m-0{number}", {}))
        told.append((began * MINUTE, EventType.TASK_START, agent_id, f"m-0{number}", {}))
    told += [
        (4 * MINUTE, EventType.ATTENTION, 2, None, {"waiting_for": "question"}),
        (20 * SECOND, EventType.CRASH, 6, "m-043", {"reason": "killed by SIGSEGV"}),
        (9 * SECOND, EventType.RESTART, 6, None, {"delay_ms": 4000}),
        (5 * SECOND, EventType.ATTENTION, 1, None, {"waiting_for": "permission"}),
    ]
    told.sort(key=lambda one: -one[0])
    return tuple(
        Event(kind, NOW_MS - ago, agent_id=agent_id, mission_id=mission_id, data=data, seq=seq)
        for seq, (ago, kind, agent_id, mission_id, data) in enumerate(told, 1)
    )


SHOWCASE: Snapshot = replace(
    BUSY_FLEET,
    missions=MISSIONS,
    events=_events(),
    stats=QueueStats(pending=1, blocked=8, retrying=1, running=4, completed=3, failed=1),
)


@dataclass
class ShowcaseClient(FakeClient):
    """Shows each agent's own screen and the pinned mission's history."""

    async def pane_frame(self, agent_id: int) -> PaneFrame | None:
        frame = await super().pane_frame(agent_id)
        return frame and replace(frame, lines=SCREENS.get(agent_id, SCREEN), cursor_y=24 if agent_id != 1 else 22)

    async def mission(self, mission_id: str) -> Mission:
        found = await super().mission(mission_id)
        return replace(found, output=_OUTPUT, **PINNED) if mission_id == "m-029" else found


def showcase_client(snapshot: Snapshot) -> ShowcaseClient:
    """A client over the day, or over another snapshot of it."""
    return ShowcaseClient(snapshot, known_activity=ACTIVITY)
