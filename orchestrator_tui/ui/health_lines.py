"""What the health panel and the health screen say in lines: gauges, costs, lights, restarts. Pure."""

from collections.abc import Iterable, Sequence

from orchestrator_tui.core.activity import LightHistory
from orchestrator_tui.core.budget import WARN_AT
from orchestrator_tui.core.views import AgentView, MachineView
from orchestrator_tui.ui.format import Span, Spans, Token, clock_time, fit, gibibytes, sparkline
from orchestrator_tui.ui.health_table import RESTART_BUDGET, RESTART_PERIOD_MIN, crashes_that_count
from orchestrator_tui.ui.money import cost_word, count_word, dollars

LABEL_ROOM = 10
_LEAST_BARS, _MOST_BARS = 4, 60
_VALUE_ROOM = 6
_FACT_ROOM = 12
_WARNS_FROM = 3


def bars_room(width: int) -> int:
    """The cells of a gauge's bars in a line of ``width`` cells."""
    return max(_LEAST_BARS, min(_MOST_BARS, width - LABEL_ROOM - _VALUE_ROOM - _FACT_ROOM))


def gauge(name: str, samples: Sequence[float], value: str, fact: str, width: int, *, top: float | None = None) -> Spans:
    """One line: bars of the newest samples, the value, a fact; ``top`` is a whole bar, by default the greatest one."""
    room = bars_room(width)
    shown = samples[-room:]
    whole = max(shown, default=0.0) if top is None else top
    bars = sparkline(tuple(100 * sample / whole if whole else 0.0 for sample in shown), room)
    return (
        Span(fit(name, LABEL_ROOM), "muted"),
        Span(bars, "accent"),
        Span(fit(value, _VALUE_ROOM, right=True), "text"),
        Span(fit(fact, _FACT_ROOM, right=True), "muted"),
    )


def token_gauge(rates: Sequence[int], fact: str, width: int) -> Spans:
    """Tokens per minute."""
    return gauge("TOK/m", rates, count_word(rates[-1]) if rates else "-", fact, width)


def machine_lines(machine: MachineView, cpu: Sequence[float], memory: Sequence[float], width: int) -> tuple[Spans, ...]:
    """The machine's processors and memory, the fleet's tokens, and what was spent today."""
    spent = machine.spent_today
    today = f"{count_word(spent.tokens)} today" if spent.tokens else ""
    return (
        gauge("CPU", cpu, f"{machine.cpu_percent:.0f}%", f"{machine.cpu_count} cores", width, top=100),
        gauge("MEM", memory, f"{machine.memory_percent:.0f}%", gibibytes(machine.memory_bytes), width, top=100),
        token_gauge(machine.token_rates, today, width),
        (Span(fit("COST", LABEL_ROOM), "muted"), *today_spans(machine)),
    )


def today_spans(machine: MachineView) -> Spans:
    """What was spent today, beside the budget if there is one."""
    spent, budget = machine.spent_today, machine.day_budget
    word = cost_word(spent) if spent.tokens else dollars(0)
    if budget is None:
        return (Span(f"{word} today", "text" if spent.tokens else "muted"),)
    percent = 100 * spent.cost_usd / budget if budget else 0.0
    token: Token = "needs" if percent >= 100 * WARN_AT else "text"
    return Span(f"{word} today", token), Span(f"   {percent:.0f}% of {dollars(budget)}", "muted")


def light_lines(machine: MachineView, histories: Iterable[LightHistory], width: int) -> tuple[Spans, ...]:
    """tmux, the endpoint and the store: well, off, or what is wrong; then what was wrong last and when."""
    newest = {history.name: history for history in histories}
    dead = Span(f"   {machine.dead_panes} dead", "failed" if machine.dead_panes else "muted")
    address = (machine.mcp_url or "").removeprefix("http://").removesuffix("/mcp")
    is_off = not machine.mcp_url and not machine.mcp_error
    return (
        _light("TMUX", machine.tmux_error, (Span(f"{machine.panes} panes"), dead), newest.get("tmux"), width),
        (Span(fit("MCP", LABEL_ROOM), "muted"), Span("○ off", "muted"))
        if is_off
        else _light("MCP", machine.mcp_error, (Span(address),), newest.get("endpoint"), width),
        _light("STORE", machine.store_error, (Span("ok"),), newest.get("store"), width),
    )


def _light(name: str, error: str | None, fact: Spans, history: LightHistory | None, width: int) -> Spans:
    label = Span(fit(name, LABEL_ROOM), "muted")
    room = max(1, width - LABEL_ROOM - 2)
    if error is not None:
        since = f"   since {clock_time(history.since)}" if history is not None and history.until is None else ""
        return label, Span("× ", "failed"), Span(fit(error + since, room).rstrip(), "failed")
    if history is None or history.until is None:
        return label, Span("● ", "working"), *fact
    last = f"   last error {clock_time(history.since)} to {clock_time(history.until)}: {history.error}"
    taken = sum(len(span.text) for span in fact)
    return label, Span("● ", "working"), *fact, Span(fit(last, max(1, room - taken)).rstrip(), "muted")


def restarts_line(agents: Iterable[AgentView], now_ms: int, width: int) -> Spans:
    """Whose restart budget is used up most; how often all restarted where none was of late."""
    label = Span(fit("RESTARTS", LABEL_ROOM), "muted")
    listed = tuple(agents)
    worst = max(listed, key=lambda agent: crashes_that_count(agent, now_ms), default=None)
    recent = 0 if worst is None else crashes_that_count(worst, now_ms)
    if worst is None or not recent:
        total = sum(agent.restarts for agent in listed)
        none = f"none in {RESTART_PERIOD_MIN} min"
        return label, Span(f"{none}   {total} in all" if total else none, "muted")
    token: Token = "failed" if recent >= RESTART_BUDGET else "needs" if recent >= _WARNS_FROM else "text"
    count = f"▲ {recent} of {RESTART_BUDGET}"
    rest = f" in {RESTART_PERIOD_MIN} min   {worst.name}"
    return label, Span(count, token), Span(fit(rest, max(1, width - LABEL_ROOM - len(count))).rstrip(), "muted")
