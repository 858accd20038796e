"""The health screen's table of agents: its columns, its order and its rows. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from orchestrator_tui.core.restart import RestartPolicy, recent_crashes
from orchestrator_tui.core.views import AgentView
from orchestrator_tui.ui.format import Span, Spans, Token, agent_look, fit, gibibytes
from orchestrator_tui.ui.money import cost_word, count_word

CONTEXT_WARNS_AT, CONTEXT_FULL_AT = 80, 90
_POLICY = RestartPolicy()
_NAME_ROOM = (10, 22)
_STATE_ROOM = 9
_TASK_ROOM = 12


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's name above it, its name in a sentence, and its cells."""

    text: str
    word: str
    width: int


class Column(Enum):
    """What the table can be ordered by; the name takes the width that is left."""

    NAME = Heading("NAME", "name", 0)
    MEMORY = Heading("MEM", "memory", 8)
    CPU = Heading("CPU", "CPU", 5)
    CONTEXT = Heading("CTX", "context", 4)
    COST = Heading("COST", "cost", 7)
    TOKENS = Heading("TOK/m", "tokens", 6)
    RESTARTS = Heading("RESTARTS", "restarts", 9)

    @property
    def width(self) -> int:
        """Its cells."""
        return self.value.width


NUMBERS = tuple(column for column in Column if column is not Column.NAME)
TokenRates = Mapping[int, int]
"""Tokens per minute by agent."""


@dataclass(slots=True)
class Order:
    """What the table is ordered by; it outlives the screen."""

    column: Column = Column.MEMORY
    is_reversed: bool = False

    def choose(self, column: Column) -> None:
        """Orders by the column; the same one again turns it round."""
        self.is_reversed = not self.is_reversed if column is self.column else False
        self.column = column

    def step(self, by: int) -> None:
        """Orders by the column ``by`` places further, round the end."""
        columns = list(Column)
        self.choose(columns[(columns.index(self.column) + by) % len(columns)])

    @property
    def rises(self) -> bool:
        """Whether the least comes first; numbers begin with the greatest, names with A."""
        return (self.column is Column.NAME) is not self.is_reversed


def ordered(agents: Iterable[AgentView], order: Order, rates: TokenRates) -> tuple[AgentView, ...]:
    """The agents in this order; those without a value last, equal ones by id."""
    values: dict[Column, Callable[[AgentView], float | None]] = {
        Column.MEMORY: lambda agent: agent.memory_bytes,
        Column.CPU: lambda agent: agent.cpu_percent,
        Column.CONTEXT: lambda agent: agent.context_percent,
        Column.COST: lambda agent: agent.spent.known_cost if agent.spent.tokens else None,
        Column.TOKENS: lambda agent: rates.get(agent.id, 0),
        Column.RESTARTS: lambda agent: agent.restarts,
    }
    by_id = sorted(agents, key=lambda agent: agent.id)
    if order.column is Column.NAME:
        return tuple(sorted(by_id, key=lambda agent: agent.name.casefold(), reverse=not order.rises))
    value = values[order.column]
    known = [(number, agent) for agent in by_id if (number := value(agent)) is not None]
    known.sort(key=lambda pair: pair[0] if order.rises else -pair[0])
    return (*(agent for _, agent in known), *(agent for agent in by_id if value(agent) is None))


def table_header(width: int, order: Order, columns: Sequence[Column] = NUMBERS, *, orders: bool = False) -> Spans:
    """The column names, that of the order with an arrow: ``▼`` the greatest first; ``orders``: a click on one does."""
    arrow = "▲" if order.rises else "▼"
    name, task = _rooms(width, columns)

    def heading(column: Column) -> str:
        return arrow + column.value.text if column is order.column else column.value.text

    def token(column: Column) -> Token:
        return "accent" if column is order.column else "muted"

    def click(column: Column) -> str:
        return f"screen.order('{column.name}')" if orders else ""

    spans = [
        Span("    " + fit(heading(Column.NAME), name) + "  ", token(Column.NAME), click(Column.NAME)),
        Span(fit("STATE", _STATE_ROOM), "muted"),
    ]
    spans += [
        Span("  " + fit(heading(column), column.width, right=True), token(column), click(column)) for column in columns
    ]
    if task:
        spans.append(Span("  " + fit("TASK", task), "muted"))
    return tuple(spans)


def table_row(agent: AgentView, width: int, now_ms: int, tokens: int, columns: Sequence[Column] = NUMBERS) -> Spans:
    """One agent's row after its marker; ``tokens`` are those of the last minute."""
    look = agent_look(agent)
    name, task = _rooms(width, columns)
    spans = [
        Span(f"{look.glyph} ", look.token),
        Span(fit(agent.name, name) + "  "),
        Span(fit(look.word, _STATE_ROOM), look.token),
    ]
    for column in columns:
        text, token = _cell(column, agent, now_ms, tokens)
        spans.append(Span("  " + fit(text, column.width, right=True), token))
    if task:
        spans.append(Span("  " + fit(agent.task_title or agent.current_task or agent.reason or "", task), "muted"))
    return tuple(spans)


def crashes_that_count(agent: AgentView, now_ms: int) -> int:
    """How many of its restarts the agent's budget has used up."""
    return len(recent_crashes(agent.crashes, now_ms, _POLICY))


RESTART_BUDGET = _POLICY.intensity
RESTART_PERIOD_MIN = _POLICY.period_ms // 60_000


def _cell(column: Column, agent: AgentView, now_ms: int, tokens: int) -> tuple[str, Token]:
    match column:
        case Column.MEMORY:
            return ("-", "muted") if agent.memory_bytes is None else (gibibytes(agent.memory_bytes), "text")
        case Column.CPU:
            return ("-", "muted") if agent.cpu_percent is None else (f"{agent.cpu_percent:.0f}%", "text")
        case Column.CONTEXT:
            return _context_cell(agent.context_percent)
        case Column.COST:
            return cost_word(agent.spent), "text" if agent.spent.tokens else "muted"
        case Column.TOKENS:
            return (count_word(tokens), "text") if tokens else ("-", "muted")
        case Column.RESTARTS:
            recent = crashes_that_count(agent, now_ms)
            if recent:
                return f"▲ {agent.restarts}", "restarting"
            return (str(agent.restarts), "text") if agent.restarts else ("-", "muted")
        case Column.NAME:
            return agent.name, "text"


def _context_cell(percent: float | None) -> tuple[str, Token]:
    if percent is None:
        return "-", "muted"
    if percent > CONTEXT_FULL_AT:
        return "full", "failed"
    return f"{percent:.0f}%", "needs" if percent > CONTEXT_WARNS_AT else "text"


def _rooms(width: int, columns: Sequence[Column]) -> tuple[int, int]:
    """The cells of the name and of the task; no task where there is no room for one."""
    free = width - 4 - 2 - _STATE_ROOM - sum(column.width + 2 for column in columns) - 1
    least, most = _NAME_ROOM
    name = max(least, min(most, free))
    task = free - name - 2
    return name, task if task >= _TASK_ROOM else 0
