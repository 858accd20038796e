"""The parts of the health screen: gauges, the table of agents, their last hour, the lights."""

from textual.content import Content
from textual.widgets import Static

from orchestrator_tui.core.activity import Activity, AgentActivity
from orchestrator_tui.core.views import AgentView
from orchestrator_tui.ui.format import Span, Spans, agent_look, fit, gibibytes
from orchestrator_tui.ui.health_lines import gauge, light_lines, restarts_line, token_gauge
from orchestrator_tui.ui.health_table import Order, ordered, table_header, table_row
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.timeline import axis, doings, legend, plot_spans, scale
from orchestrator_tui.ui.widgets.frame import Framed, content_of
from orchestrator_tui.ui.widgets.rows import Rows

_ONE_CORE = 100.0
_NAME_ROOM = 16
_WIDE_LEGEND = 96


class Lines(Framed, Static):
    """A few lines in a frame, rewritten only when they change."""

    DEFAULT_CSS = """
    Lines { padding: 0 1; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: tuple[Spans, ...] = ()

    @property
    def room(self) -> int:
        """The cells of a line."""
        return self.content_size.width

    def write(self, lines: tuple[Spans, ...]) -> None:
        """Shows these lines."""
        if lines != self._lines:
            self._lines = lines
            self.update(Content("\n").join(content_of(line) for line in lines), layout=False)


class FleetGauges(Lines):
    """What all agents use together."""

    def show(self, activity: Activity, model: Model) -> None:
        """Shows the newest samples."""
        self.frame((Span("Fleet", "strong"),), (Span(f"{len(model.agents)} agents", "muted"),))
        cores = f"{activity.cpu[-1] / _ONE_CORE:.1f}" if activity.cpu else "-"
        self.write(_gauges(activity, cores, f"of {model.machine.cpu_count} cores", self.room))


class AgentGauges(Lines):
    """What the chosen agent uses."""

    def show(self, activity: Activity, agent: AgentView | None) -> None:
        """Shows the agent's newest samples."""
        if agent is None:
            self.frame((Span("No agent", "muted"),))
            self.write(())
            return
        look = agent_look(agent)
        self.frame((Span(agent.name, "strong"),), (Span(f"{look.glyph} {look.word}", look.token),))
        own = next((one for one in activity.agents if one.agent_id == agent.id), AgentActivity(agent.id))
        self.write(_gauges(own, f"{own.cpu[-1]:.0f}%" if own.cpu else "-", "of one core", self.room))


class LightLines(Lines):
    """tmux, the endpoint, the store, each with its newest failure."""

    def show(self, activity: Activity, model: Model, now_ms: int) -> None:
        """Shows the lights."""
        self.frame((Span("Lights", "strong"),), (Span("with their last error", "muted"),))
        restarts = restarts_line(model.agents.values(), now_ms, self.room)
        self.write((*light_lines(model.machine, activity.lights, self.room), restarts))


class AgentTable(Rows[int]):
    """One agent a row, in the order that was chosen."""

    panel = Panel.HEALTH
    has_header = True

    def __init__(self, model: Model, order: Order, *, id: str) -> None:
        super().__init__(id=id)
        self._model = model
        self._order = order
        self._heading: Spans = ()
        self._rates: dict[int, int] = {}
        self._now_ms = 0

    def show_agents(self, activity: Activity, chosen: int | None, now_ms: int) -> tuple[int, ...]:
        """Shows them with the cursor on ``chosen``; returns their ids in order."""
        self._rates = {one.agent_id: one.tokens[-1] for one in activity.agents if one.tokens}
        self._now_ms = now_ms
        ids = tuple(agent.id for agent in ordered(self._model.agents.values(), self._order, self._rates))
        heading = self.header_spans(self.scrollable_content_region.width)
        if heading != self._heading:
            self._heading = heading
            self.refresh()
        self.show(ids, chosen, empty=((Span("  No agents yet.", "muted"),),))
        by = f"by {self._order.column.value.word}, {'least' if self._order.rises else 'most'} first"
        self.frame((Span("Agents", "strong"),), (Span(by, "muted"),), (Span(self.position, "muted"),))
        return ids

    def header_spans(self, width: int) -> Spans:
        """The column names with the order's arrow."""
        return table_header(width, self._order, orders=True)

    def row_spans(self, key: int, width: int) -> Spans:
        """One agent's row."""
        agent = self._model.agents.get(key)
        return () if agent is None else table_row(agent, width, self._now_ms, self._rates.get(key, 0))


class Timeline(Rows[int]):
    """One agent a row, one slice of the last hour a cell."""

    panel = Panel.HEALTH
    has_header = True

    def __init__(self, model: Model, *, id: str) -> None:
        super().__init__(id=id)
        self._model = model
        self._plots: dict[int, Spans] = {}
        self._axis = ""

    def show_hour(self, activity: Activity, ids: tuple[int, ...], chosen: int | None) -> None:
        """Plots the agents in this order."""
        on = scale(activity.at, max(1, self.scrollable_content_region.width - _NAME_ROOM - 4))
        if axis(on) != self._axis:
            self._axis = axis(on)
            self.refresh()
        known = {one.agent_id: one for one in activity.agents}
        self._plots = {
            agent_id: plot_spans(doings(known[agent_id].spans, on, activity.at))
            for agent_id in ids
            if agent_id in known
        }
        self.show(ids, chosen, empty=((Span("  Nothing happened yet.", "muted"),),))
        self.frame((Span("Last hour", "strong"),), (), legend(wide=self.size.width >= _WIDE_LEGEND))

    def header_spans(self, width: int) -> Spans:
        """The time axis."""
        del width
        return (Span(" " * (_NAME_ROOM + 4) + self._axis, "muted"),)

    def row_spans(self, key: int, width: int) -> Spans:
        """One agent's hour."""
        del width
        agent = self._model.agents.get(key)
        name = fit("" if agent is None else agent.name, _NAME_ROOM)
        return Span(name + "  "), *self._plots.get(key, ())


def _gauges(used: Activity | AgentActivity, load: str, cores: str, width: int) -> tuple[Spans, ...]:
    cpu, memory = used.cpu, used.memory
    whole = max(_ONE_CORE, *cpu) if cpu else _ONE_CORE
    # Steady use stands below the top, so that growth can be seen to rise.
    roof = 1.25 * max(memory, default=0)
    return (
        gauge("CPU", cpu, load, cores, width, top=whole),
        gauge("MEM", memory, "", gibibytes(memory[-1]) if memory else "-", width, top=roof),
        token_gauge(used.tokens, "10 s a bar", width),
    )
