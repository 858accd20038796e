"""Panel 2: the machine, tmux, the endpoint and the restarts."""

import itertools

from textual.content import Content
from textual.geometry import Region

from orchestrator_tui.core.budget import WARN_AT
from orchestrator_tui.core.views import MachineView
from orchestrator_tui.ui.format import Span, Spans, fit, gibibytes, sparkline
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.money import cost_word, count_word, dollars
from orchestrator_tui.ui.widgets.frame import Framed, content_of


class Health(Framed, can_focus=True):
    """The lights and totals; red only where something is wrong."""

    panel = Panel.HEALTH

    DEFAULT_CSS = """
    Health { padding: 0 1; }
    """

    def __init__(self, model: Model, *, id: str) -> None:
        super().__init__(id=id)
        self._model = model
        self._shown: tuple[Spans, ...] = ()

    def refresh_model(self) -> None:
        """Shows the model's machine."""
        lines = health_lines(self._model, self.content_size.width)
        if lines != self._shown:
            before, self._shown = self._shown, lines
            for row, (was, line) in enumerate(itertools.zip_longest(before, lines)):
                if was != line:
                    self.refresh(Region(0, row, self.content_size.width, 1))
        problems = health_problems(self._model)
        facts = Span(f"{problems} problem{'s' * (problems > 1)}", "failed") if problems else Span("ok", "muted")
        self.frame((Span("2 ", "muted"), Span("Health", "strong")), (facts,), today_spans(self._model.machine))

    def render(self) -> Content:
        """The lines."""
        return _joined(self._shown)

    def on_resize(self) -> None:
        """Fits the new size."""
        self.refresh_model()


def health_problems(model: Model) -> int:
    """How many lights are red."""
    machine = model.machine
    errors = (machine.tmux_error, machine.mcp_error, machine.store_error)
    # Without an answer from tmux the count of dead panes is old.
    dead = machine.tmux_error is None and machine.dead_panes > 0
    return sum(error is not None for error in errors) + dead


def health_lines(model: Model, width: int) -> tuple[Spans, ...]:
    """The panel's lines for ``width`` cells."""
    machine = model.machine
    bars = max(4, min(60, width - 10 - 18))

    def gauge(name: str, samples: tuple[float, ...], percent: float, fact: str) -> Spans:
        return (
            Span(fit(name, 10), "muted"),
            Span(sparkline(samples, bars), "accent"),
            Span(f"  {percent:3.0f}%", "text"),
            Span("  " + fact.rjust(10), "muted"),
        )

    def light(name: str, error: str | None, fact: Spans) -> Spans:
        if error is not None:
            return Span(fit(name, 10), "muted"), Span("× ", "failed"), Span(fit(error, max(1, width - 12)), "failed")
        return Span(fit(name, 10), "muted"), Span("● ", "working"), *fact

    dead = Span(f"   {machine.dead_panes} dead", "failed" if machine.dead_panes else "muted")
    address = (machine.mcp_url or "").removeprefix("http://").removesuffix("/mcp")
    lines = [
        gauge("CPU", tuple(model.cpu_samples), machine.cpu_percent, f"{machine.cpu_count} cores"),
        gauge("MEM", tuple(model.memory_samples), machine.memory_percent, gibibytes(machine.memory_bytes)),
        light("TMUX", machine.tmux_error, (Span(f"{machine.panes} panes"), dead)),
        light("MCP", machine.mcp_error, (Span(address),))
        if machine.mcp_url or machine.mcp_error
        else (Span(fit("MCP", 10), "muted"), Span("○ off", "muted")),
        light("STORE", machine.store_error, (Span("ok"),)),
        _restarts(model),
    ]
    return tuple(lines)


def today_spans(machine: MachineView) -> Spans:
    """What was spent today, beside the budget if there is one; empty while there is neither."""
    spent, budget = machine.spent_today, machine.day_budget
    if budget is None and not spent.tokens:
        return ()
    percent = 100 * spent.cost_usd / budget if budget else 0.0
    of = f" of {dollars(budget)}" if budget else ""
    word = cost_word(spent) if spent.tokens else dollars(0)
    tokens = f"  {count_word(spent.tokens)} tokens" if spent.tokens else ""
    return Span(f"today {word}{of}", "needs" if percent >= 100 * WARN_AT else "muted"), Span(tokens, "muted")


def _restarts(model: Model) -> Spans:
    label = Span(fit("RESTARTS", 10), "muted")
    worst = max(model.agents.values(), key=lambda agent: agent.restarts, default=None)
    if worst is None or worst.restarts == 0:
        return label, Span("none", "muted")
    total = sum(agent.restarts for agent in model.agents.values())
    return label, Span(str(total)), Span(f"   most {worst.name} {worst.restarts}", "muted")


def _joined(lines: tuple[Spans, ...]) -> Content:
    return Content("\n").join(content_of(line) for line in lines)
