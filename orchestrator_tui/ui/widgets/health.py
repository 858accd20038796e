"""Panel 2: the machine, tokens and costs, tmux, the endpoint, the store and the restarts."""

import itertools

from textual.content import Content
from textual.geometry import Region

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.health_lines import light_lines, machine_lines, restarts_line
from orchestrator_tui.ui.health_table import Column, Order, ordered, table_header, table_row
from orchestrator_tui.ui.hints import key_span
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.widgets.frame import Framed, content_of

_ROOM_FOR_AGENTS = 13
_COLUMNS = (Column.MEMORY, Column.CPU, Column.CONTEXT, Column.COST, Column.RESTARTS)


class Health(Framed, can_focus=True):
    """The lights and totals; red only where something is wrong."""

    panel = Panel.HEALTH

    DEFAULT_CSS = """
    Health { padding: 0 1; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self, model: Model, clock: Clock, *, id: str) -> None:
        super().__init__(id=id)
        self._model = model
        self._clock = clock
        self._shown: tuple[Spans, ...] = ()

    def refresh_model(self) -> None:
        """Shows the model's machine."""
        width, height = self.content_size
        lines = health_lines(self._model, width, height, self._clock.now_ms())
        if lines != self._shown:
            before, self._shown = self._shown, lines
            for row, (was, line) in enumerate(itertools.zip_longest(before, lines)):
                if was != line:
                    self.refresh(Region(0, row, self.content_size.width, 1))
        problems = health_problems(self._model)
        facts = Span(f"{problems} problem{'s' * (problems > 1)}", "failed") if problems else Span("ok", "muted")
        more = (key_span("enter"), Span(" details", "muted")) if self.has_focus else ()
        self.frame((Span("2 ", "muted"), Span("Health", "strong")), (facts,), more)

    def render(self) -> Content:
        """The lines."""
        return _joined(self._shown)

    def on_resize(self) -> None:
        """Fits the new size."""
        self.refresh_model()

    def watch_has_focus(self, value: bool) -> None:
        """Names the key that shows more while it works."""
        super().watch_has_focus(value)
        if self.is_mounted:
            self.refresh_model()


def health_problems(model: Model) -> int:
    """How many lights are red."""
    machine = model.machine
    errors = (machine.tmux_error, machine.mcp_error, machine.store_error)
    # Without an answer from tmux the count of dead panes is old.
    dead = machine.tmux_error is None and machine.dead_panes > 0
    return sum(error is not None for error in errors) + dead


def health_lines(model: Model, width: int, height: int, now_ms: int) -> tuple[Spans, ...]:
    """The panel's lines for ``width`` cells; where ``height`` has room for them also those that use most memory."""
    lines = [
        *machine_lines(model.machine, tuple(model.cpu_samples), tuple(model.memory_samples), width),
        *light_lines(model.machine, (), width),
        restarts_line(model.agents.values(), now_ms, width),
    ]
    room = height - len(lines) - 2
    if height >= _ROOM_FOR_AGENTS and model.agents:
        order = Order(Column.MEMORY)
        # The table leaves two cells for a marker, which there is none of here.
        lines += [(), _unmarked(table_header(width + 2, order, _COLUMNS))]
        greatest = ordered(model.agents.values(), order, {})[:room]
        lines += [table_row(agent, width + 2, now_ms, 0, _COLUMNS) for agent in greatest]
    return tuple(lines)


def _unmarked(header: Spans) -> Spans:
    first, *rest = header
    return Span(first.text[2:], first.token), *rest


def _joined(lines: tuple[Spans, ...]) -> Content:
    return Content("\n").join(content_of(line) for line in lines)
