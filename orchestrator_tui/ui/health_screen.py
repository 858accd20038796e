"""Health in full: what the fleet and the chosen agent use, who uses most, and the last hour of everybody."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from orchestrator_tui.core.activity import Activity
from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.views import SupervisorClient
from orchestrator_tui.ui.health_table import Column, Order
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.model import Model
from orchestrator_tui.ui.widgets.choosing import LIST_MOVES, Picked
from orchestrator_tui.ui.widgets.frame import content_of
from orchestrator_tui.ui.widgets.health_parts import AgentGauges, AgentTable, FleetGauges, LightLines, Timeline

REFRESH_S = 1.0
TALL_FROM = 30
_PARTS = ("table", "hour", "lights")


class HealthScreen(Screen[int | None]):
    """Answers with the agent to go to, or None. The supervisor is asked once a second, only while this is open."""

    CSS_PATH = "health.tcss"
    AUTO_FOCUS = "#table"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q", "leave", "Back"),
        ("enter,o", "choose", "Go to the agent"),
        *LIST_MOVES,
        ("m", "order('MEMORY')", "By memory"),
        ("c", "order('CPU')", "By CPU"),
        ("x", "order('CONTEXT')", "By context"),
        ("dollar_sign", "order('COST')", "By cost"),
        ("t", "order('TOKENS')", "By tokens"),
        ("r", "order('RESTARTS')", "By restarts"),
        ("n", "order('NAME')", "By name"),
        ("greater_than_sign", "order_step(1)", "By the next column"),
        ("less_than_sign", "order_step(-1)", "By the column before"),
        ("tab", "part(1)", "Next part"),
        ("shift+tab", "part(-1)", "Previous part"),
    ]
    hints = key_hints(
        ("j/k", "move"), ("enter", "go to agent"), ("m c x $ t r n", "order"), ("tab", "part"), ("esc", "back")
    )

    def __init__(self, client: SupervisorClient, model: Model, clock: Clock, order: Order) -> None:
        super().__init__()
        self._client = client
        self._model = model
        self._clock = clock
        self._order = order
        self._chosen = model.selected_agent
        self._activity = Activity(clock.now_ms())
        self._ids: tuple[int, ...] = ()
        self._part = 0
        self._trouble: str | None = None

    def compose(self) -> ComposeResult:
        """Gauges above, then the table, the hour and the lights; where there is little height one of these."""
        with Horizontal(id="gauges"):
            yield FleetGauges(id="fleet")
            yield AgentGauges(id="chosen")
        yield AgentTable(self._model, self._order, id="table")
        yield Timeline(self._model, id="hour")
        yield LightLines(id="lights")
        yield Static(content_of(self.hints), id="health-keys")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self._show_part()
        self.run_worker(self.refresh_activity(), name="activity", group="activity", exit_on_error=False)
        self.set_interval(
            REFRESH_S,
            lambda: self.run_worker(
                self.refresh_activity(), name="activity", group="activity", exclusive=True, exit_on_error=False
            ),
        )

    def on_resize(self) -> None:
        """Fits the new size; where there is little height one part is seen at a time."""
        self.set_class(self.size.height < TALL_FROM, "short")
        self.call_after_refresh(self.refresh_health)

    @property
    def chosen(self) -> int | None:
        """The agent under the cursor."""
        return self._chosen

    @property
    def ids(self) -> tuple[int, ...]:
        """The agents in their order."""
        return self._ids

    async def refresh_activity(self) -> None:
        """Asks the supervisor, and shows what it says; without an answer the last one stays."""
        try:
            self._activity = await self._client.activity()
            self._trouble = None
        except OrchestratorError as error:
            if self._trouble is None:
                self.notify(str(error), severity="error", markup=False)
            self._trouble = str(error)
        self.refresh_health()

    def refresh_health(self) -> None:
        """Shows everything as it is known now."""
        if not self.is_mounted:
            return
        activity, now_ms = self._activity, self._clock.now_ms()
        if self._chosen not in self._model.agents:
            self._chosen = next(iter(self._ids), None)
        self._ids = self.query_one(AgentTable).show_agents(activity, self._chosen, now_ms)
        self.query_one(Timeline).show_hour(activity, self._ids, self._chosen)
        self.query_one(FleetGauges).show(activity, self._model)
        agent = None if self._chosen is None else self._model.agents.get(self._chosen)
        self.query_one(AgentGauges).show(activity, agent)
        self.query_one(LightLines).show(activity, self._model, now_ms)

    def action_leave(self) -> None:
        """Back to the dashboard."""
        self.dismiss(None)

    def action_choose(self) -> None:
        """Goes to the agent under the cursor."""
        if self._chosen is not None:
            self.dismiss(self._chosen)

    def action_move(self, rows: int) -> None:
        """Moves the cursor."""
        key = self.query_one(AgentTable).neighbour(rows)
        if key is not None:
            self._chosen = key
            self.refresh_health()

    def action_order(self, column: str) -> None:
        """Orders the table by the column; again turns it round."""
        self._order.choose(Column[column])
        self.refresh_health()

    def action_order_step(self, by: int) -> None:
        """Orders the table by a neighbouring column."""
        self._order.step(by)
        self.refresh_health()

    def action_part(self, by: int) -> None:
        """Goes to the next or previous part."""
        self._part = (self._part + by) % len(_PARTS)
        self._show_part()
        self.call_after_refresh(self.refresh_health)

    def on_picked(self, event: Picked) -> None:
        """Puts the cursor on the clicked row."""
        event.stop()
        if isinstance(event.key, int):
            self._chosen = event.key
            self.refresh_health()
        if event.opened:
            self.action_choose()

    def _show_part(self) -> None:
        for index, name in enumerate(_PARTS):
            self.set_class(index == self._part, f"part-{name}")
        self.query_one(f"#{_PARTS[self._part]}").focus()
