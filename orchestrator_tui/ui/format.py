"""How values are written on the screen: pure functions from views to coloured text."""

import time
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, set_cell_size

from orchestrator_tui.core.models import AgentState, MissionState, Priority
from orchestrator_tui.core.views import AgentView, MissionView
from orchestrator_tui.ui.money import cost_word
from orchestrator_tui.ui.work_words import work_cell, work_width

Token = Literal["text", "muted", "accent", "needs", "working", "restarting", "failed", "done", "strong"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one of the theme's colours; ``click`` is the Textual action that a click on it runs."""

    text: str
    token: Token = "text"
    click: str = ""


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: never by colour alone."""

    glyph: str
    word: str
    token: Token


AGENT_LOOKS: dict[AgentState, Look] = {
    AgentState.STARTING: Look("◐", "starting", "muted"),
    AgentState.IDLE: Look("○", "idle", "muted"),
    AgentState.BUSY: Look("●", "working", "working"),
    AgentState.WAITING: Look("◆", "needs you", "needs"),
    AgentState.CRASHED: Look("▲", "restart", "restarting"),
    AgentState.RESTARTING: Look("▲", "restart", "restarting"),
    AgentState.FAILED: Look("×", "failed", "failed"),
    AgentState.STOPPED: Look("■", "stopped", "muted"),
}

MISSION_LOOKS: dict[MissionState, Look] = {
    MissionState.BLOCKED: Look("◇", "blocked", "muted"),
    MissionState.PENDING: Look("○", "ready", "text"),
    MissionState.ASSIGNED: Look("◐", "assigned", "working"),
    MissionState.RUNNING: Look("●", "running", "working"),
    MissionState.RETRYING: Look("▲", "retrying", "restarting"),
    MissionState.COMPLETED: Look("✓", "done", "done"),
    MissionState.FAILED: Look("×", "failed", "failed"),
    MissionState.CANCELLED: Look("■", "cancelled", "muted"),
}

PRIORITY_WORDS: dict[Priority, tuple[str, Token]] = {
    Priority.CRITICAL: ("crit", "strong"),
    Priority.HIGH: ("high", "text"),
    Priority.NORMAL: ("norm", "muted"),
    Priority.LOW: ("low", "muted"),
}


def duration(ms: int) -> str:
    """A duration in at most three characters: ``9s`` ``12m`` ``3h`` ``2d`` ``1y``."""
    seconds = max(0, ms) // 1000
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m"
    if seconds < 86_400:
        return f"{seconds // 3600}h"
    days = seconds // 86_400
    return f"{days}d" if days < 100 else f"{min(99, max(1, days // 365))}y"


def clock_time(ms: int) -> str:
    """Local time of day, ``12:04:31``."""
    return time.strftime("%H:%M:%S", time.localtime(ms / 1000))


def gibibytes(count: int) -> str:
    """``9.8 GiB``; under one GiB in MiB."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def sparkline(samples: tuple[float, ...], width: int) -> str:
    """The last ``width`` percentages (0 to 100) as bars, padded on the left with blanks."""
    bars = "▁▂▃▄▅▆▇█"
    shown = samples[-width:] if width > 0 else ()
    drawn = "".join(bars[min(7, max(0, int(sample / 100 * 8)))] for sample in shown)
    return drawn.rjust(width)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """``text`` in exactly ``width`` cells: padded, or cut with an ellipsis."""
    length = cell_len(text)
    if length > width:
        if width <= 1:
            return set_cell_size(text, max(0, width))
        return set_cell_size(set_cell_size(text, width - 1).rstrip() + "…", width)
    return " " * (width - length) + text if right else text + " " * (width - length)


def agent_look(agent: AgentView) -> Look:
    """How the agent's state reads, with its restart count, its hold and its silence."""
    look = AGENT_LOOKS[agent.state]
    if agent.state in (AgentState.CRASHED, AgentState.RESTARTING):
        return Look(look.glyph, f"restart {agent.restarts + 1}", look.token)
    if agent.state is AgentState.IDLE and agent.held:
        return Look(look.glyph, "held", look.token)
    if agent.state is AgentState.BUSY and not agent.responsive:
        return Look(look.glyph, "no answer", "failed")
    return look


_NEED = (
    AgentState.WAITING,
    AgentState.FAILED,
    AgentState.RESTARTING,
    AgentState.STARTING,
    AgentState.BUSY,
    AgentState.IDLE,
    AgentState.STOPPED,
)


def need(state: AgentState) -> int:
    """0 for the state that needs a person most, rising as it needs one less."""
    return _NEED.index(AgentState.RESTARTING if state is AgentState.CRASHED else state)


def agent_counts(agents: tuple[AgentView, ...]) -> tuple[tuple[Look, int], ...]:
    """How many agents are in each state that somebody is in, most needing first."""
    counts = dict.fromkeys(_NEED, 0)
    for agent in agents:
        counts[_NEED[need(agent.state)]] += 1
    return tuple((AGENT_LOOKS[state], count) for state, count in counts.items() if count)


@dataclass(frozen=True, slots=True)
class AgentColumns:
    """Cell widths of the agent list's columns; 0 leaves a column out."""

    name: int
    state: int
    age: int
    task: int
    title: int
    cost: int = 0
    context: int = 0
    work: int = 0


def agent_columns(width: int, *, costs: bool = False, works: bool = False) -> AgentColumns:
    """Columns that fill ``width`` cells; the title, what was spent and where worktrees stand only where there is room.

    ``costs`` and ``works`` say that there is something to show in those columns.
    """
    state, age = 9, 3
    # Four cells for marker, glyph and blanks on the left, one blank on the right, two between columns.
    room = width - 5 - (2 + state) - (2 + age) - 2
    work = work_width(room, costs=costs) if works else 0
    room -= work + 2 if work else 0
    if costs and room >= 72:
        return AgentColumns(16, state, age, 10, room - 16 - 10 - 2 - (2 + 7) - (2 + 4), 7, 4, work)
    if room >= 44:
        return AgentColumns(16, state, age, 10, room - 16 - 10 - 2, work=work)
    if room >= 18:
        task = min(10, room - 10)
        return AgentColumns(room - task, state, age, task, 0)
    return AgentColumns(max(1, width - 5 - 2 - state), state, 0, 0, 0)


def agent_header(width: int, *, costs: bool = False, works: bool = False) -> Spans:
    """The agent list's column names."""
    columns = agent_columns(width, costs=costs, works=works)
    cells = [fit("NAME", columns.name), fit("STATE", columns.state)]
    if columns.age:
        cells += [fit("AGE", columns.age, right=True), fit("TASK", columns.task)]
    if columns.cost:
        cells += [fit("COST", columns.cost, right=True), fit("CTX", columns.context, right=True)]
    if columns.work:
        cells.append(fit("WORKTREE", columns.work))
    if columns.title:
        cells.append(fit("TITLE", columns.title))
    return (Span("    " + "  ".join(cells), "muted"),)


def agent_row(
    agent: AgentView, width: int, now_ms: int, *, dimmed: bool = False, costs: bool = False, works: bool = False
) -> Spans:
    """One agent's row after its marker; ``dimmed`` is the quiet half of the working glyph's pulse."""
    columns, look = agent_columns(width, costs=costs, works=works), agent_look(agent)
    name: Token = "muted" if agent.state is AgentState.STOPPED else "text"
    glyph: Token = "muted" if dimmed and look.token == "working" else look.token
    spans = [
        Span(look.glyph + " ", glyph),
        Span(fit(agent.name, columns.name), name),
        Span(" ¶" if agent.note else "  ", "accent"),
        Span(fit(look.word, columns.state), look.token),
    ]
    if columns.age:
        spans.append(Span("  " + fit(duration(now_ms - agent.state_since), columns.age, right=True), "muted"))
        spans.append(Span("  " + fit(agent.current_task or "-", columns.task), "muted"))
    if columns.cost:
        context = "-" if agent.context_percent is None else f"{agent.context_percent:.0f}%"
        spans.append(Span("  " + fit(cost_word(agent.spent), columns.cost, right=True), "muted"))
        spans.append(Span("  " + fit(context, columns.context, right=True), "muted"))
    if columns.work:
        spans.append(Span("  " + fit(work_cell(agent, columns.work), columns.work), "muted"))
    if columns.title:
        spans.append(Span("  " + fit(agent.task_title or agent.reason or "", columns.title), "text"))
    return tuple(spans)


@dataclass(frozen=True, slots=True)
class MissionColumns:
    """Cell widths of the mission table's columns; 0 leaves a column out."""

    id: int
    title: int
    agent: int
    tries: int
    next: int
    cost: int = 0


def mission_columns(width: int, *, costs: bool = False) -> MissionColumns:
    """Columns that fill ``width`` cells; priority (4), state (11) and age (3) are always there.

    ``costs`` says that there is something to show in a column of them.
    """
    room = width - 3 - 4 - (2 + 10) - (2 + 11) - (2 + 3) - 2
    if room >= 75:
        cost = 6 if costs else 0
        rest = room - (2 + 12) - (2 + 5) - 2 - (2 + cost if costs else 0)
        following = min(30, rest * 2 // 5)
        return MissionColumns(10, rest - following, 12, 5, following, cost)
    if room >= 34:
        return MissionColumns(10, room - 14, 12, 0, 0)
    return MissionColumns(10, max(1, room), 0, 0, 0)


def mission_header(width: int, *, costs: bool = False) -> Spans:
    """The mission table's column names."""
    columns = mission_columns(width, costs=costs)
    cells = [fit("PRI", 4), fit("ID", columns.id), fit("TITLE", columns.title), fit("STATE", 11)]
    if columns.agent:
        cells.append(fit("AGENT", columns.agent))
    if columns.tries:
        cells.append(fit("TRIES", columns.tries, right=True))
    if columns.cost:
        cells.append(fit("COST", columns.cost, right=True))
    cells.append(fit("AGE", 3, right=True))
    if columns.next:
        cells.append(fit("NEXT", columns.next))
    return (Span("  " + "  ".join(cells), "muted"),)


def mission_row(mission: MissionView, width: int, now_ms: int, *, costs: bool = False) -> Spans:
    """One mission's row after its marker."""
    columns, look = mission_columns(width, costs=costs), MISSION_LOOKS[mission.state]
    word, weight = PRIORITY_WORDS[mission.priority]
    ended = mission.state.is_ended
    since = mission.ended_at if ended and mission.ended_at is not None else mission.created_at
    spans = [
        Span(fit(word, 4), weight),
        Span("  " + fit(mission.id, columns.id), "muted"),
        Span("  " + fit(mission.title, columns.title), "muted" if ended else "text"),
        Span("  " + fit(f"{look.glyph} {look.word}", 11), look.token),
    ]
    if columns.agent:
        spans.append(Span("  " + fit(mission.agent_name or "-", columns.agent), "muted"))
    if columns.tries:
        spans.append(Span("  " + fit(str(mission.attempts), columns.tries, right=True), "muted"))
    if columns.cost:
        spans.append(Span("  " + fit(cost_word(mission.spent), columns.cost, right=True), "muted"))
    spans.append(Span("  " + fit(duration(now_ms - since), 3, right=True), "muted"))
    if columns.next:
        following = mission.error_code or "" if ended else mission.next
        spans.append(Span("  " + fit(following, columns.next), "failed" if ended else "muted"))
    return tuple(spans)
