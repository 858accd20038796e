"""The main screen: which panels are seen, which has the keyboard, and what they show."""

import time
from collections.abc import Callable, Sequence
from typing import cast

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.views import PaneFrame
from orchestrator_tui.ui.actions import Action
from orchestrator_tui.ui.format import Spans
from orchestrator_tui.ui.model import Layout, Model, Panel, layout_for, visible_panels
from orchestrator_tui.ui.widgets.agent_list import AgentList
from orchestrator_tui.ui.widgets.choosing import Picked
from orchestrator_tui.ui.widgets.event_log import EventLog
from orchestrator_tui.ui.widgets.filter_bar import FilterBar
from orchestrator_tui.ui.widgets.footer import KeyBar
from orchestrator_tui.ui.widgets.guidance import Guidance
from orchestrator_tui.ui.widgets.header import Header
from orchestrator_tui.ui.widgets.health import Health
from orchestrator_tui.ui.widgets.mission_table import MissionTable
from orchestrator_tui.ui.widgets.pane_view import PaneView
from orchestrator_tui.ui.widgets.tab_bar import TabBar

_PANEL_IDS = {
    Panel.AGENTS: "agents",
    Panel.HEALTH: "health",
    Panel.PANE: "pane",
    Panel.MISSIONS: "missions",
    Panel.EVENTS: "events",
}
TICK_S = 1.0
_TOO_SMALL = "The terminal is too small: 40 columns and 10 rows are needed."


class Dashboard(Screen[None]):
    """Lays out the panels and keeps them up to date; hidden panels are left alone."""

    AUTO_FOCUS = "#agents"

    class SelectionChanged(Message):
        """The chosen agent, or what can be seen of it, is another."""

    class Opened(Message):
        """Something in a panel was double-clicked."""

        def __init__(self, panel: Panel) -> None:
            super().__init__()
            self.panel = panel

    def __init__(
        self,
        model: Model,
        clock: Clock,
        actions: Sequence[Action],
        is_enabled: Callable[[Action], bool],
        *,
        notice: str | None,
        pulses: Callable[[], bool],
        guides: bool = False,
    ) -> None:
        super().__init__()
        self._model = model
        self._clock = clock
        self._actions = actions
        self._is_enabled = is_enabled
        self._notice = notice
        self._pulses = pulses
        self._guides = guides
        self._active = Panel.AGENTS
        self._bottom = Panel.MISSIONS
        self._zoomed = False
        self._layout = Layout.WIDE
        self._refreshed_s = float("-inf")

    def compose(self) -> ComposeResult:
        """Every panel, once; which of them is seen is decided on each resize and key."""
        yield Header(self._model, id="header")
        yield TabBar(self._model, id="tabs")
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Guidance(id="guidance")
                yield AgentList(self._model, id="agents")
                yield Health(self._model, self._clock, id="health")
            yield PaneView(id="pane")
        with Vertical(id="bottom"):
            yield MissionTable(self._model, id="missions")
            yield EventLog(self._model, id="events")
        yield TooSmall(id="too-small")
        yield FilterBar(id="filter")
        yield KeyBar(self._actions, id="keys")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.query_one(FilterBar).display = False
        self._arrange()
        self.set_interval(TICK_S, self._tick)

    def on_resize(self) -> None:
        """Fits the new size."""
        self._arrange()

    def on_screen_resume(self) -> None:
        """Shows what changed while another screen covered this one."""
        self.refresh_model()

    @property
    def clock(self) -> Clock:
        """The time that ages are measured by."""
        return self._clock

    @property
    def active(self) -> Panel:
        """The panel that has the keyboard."""
        return self._active

    @property
    def is_pane_seen(self) -> bool:
        """Whether the pane is on the screen."""
        return Panel.PANE in self._visible()

    @property
    def is_whole(self) -> bool:
        """Whether its panels are there: they go before it does when the app ends."""
        return bool(self.query(PaneView))

    @property
    def pane(self) -> PaneView:
        """The pane's widget."""
        return self.query_one(PaneView)

    def show_frame(self, frame: PaneFrame | None) -> None:
        """Draws the chosen agent's screen; one that arrives while the dashboard closes is dropped."""
        if self.is_running:
            self.pane.show_frame(frame)

    @property
    def is_typing(self) -> bool:
        """Whether a filter or a name is being typed."""
        return self.query_one(FilterBar).display

    def _tick(self) -> None:
        """Lets ages grow where no update has just done it: two pictures a second would differ in nothing."""
        if time.monotonic() - self._refreshed_s > TICK_S * 0.9:
            self.refresh_model()

    def refresh_model(self) -> None:
        """Shows the model as it is now on every panel that is seen."""
        if not self.is_mounted or not self.is_whole:
            return
        self._refreshed_s = time.monotonic()
        now_ms = self._clock.now_ms()
        self._model.tick(now_ms)
        self.post_message(self.SelectionChanged())
        app = cast("App[object]", self.app)  # pyright: ignore[reportUnknownMemberType]
        if any(not one.is_modal for one in app.screen_stack[1:]):
            # Whatever is drawn below a screen that fills the terminal makes Textual paint all of that one anew.
            return
        seen = self._visible()
        self.query_one(Header).refresh_model(now_ms, self._layout)
        if self._layout is Layout.NARROW:
            self.query_one(TabBar).refresh_model(self._active)
        if Panel.AGENTS in seen:
            dimmed = self._pulses() and now_ms // 1000 % 2 == 1
            notice = self._notice or self._model.machine.provider_notice
            self.query_one(AgentList).update(now_ms, dimmed=dimmed, notice=notice)
        if Panel.HEALTH in seen:
            self.query_one(Health).refresh_model()
        if Panel.PANE in seen:
            self.pane.show_agent(self._model.agent())
        if Panel.MISSIONS in seen:
            self.query_one(MissionTable).update(now_ms)
        if Panel.EVENTS in seen:
            self.query_one(EventLog).update()
        self.query_one(KeyBar).refresh_keys(self._active, self._is_enabled)

    def go(self, panel: Panel) -> None:
        """Gives the keyboard to the panel and brings it to sight."""
        if panel not in visible_panels(self._layout, panel, panel, zoomed=self._zoomed):
            return
        self._set_active(panel)
        self._arrange()
        self.set_focus(self.query_one(f"#{_PANEL_IDS[panel]}"))

    def go_on(self, step: int) -> None:
        """Gives the keyboard to the next (1) or previous (-1) panel."""
        panels = list(Panel)
        self.go(panels[(panels.index(self._active) + step) % len(panels)])

    def zoom(self, zoomed: bool) -> None:
        """Gives the whole body to the active panel, or shows all again."""
        self._zoomed = zoomed
        self._arrange()

    @property
    def is_zoomed(self) -> bool:
        """Whether one panel has the whole body."""
        return self._zoomed

    def move(self, step: int | None, *, half_pages: int = 0, last: bool = False) -> None:
        """Moves the cursor of the active list, or scrolls the pane; ``step`` None goes to an end."""
        if self._active is Panel.PANE:
            rows = step if step is not None else (10**6 if last else -(10**6))
            self.pane.scroll_rows(half_pages * self.pane.half_page or rows)
            return
        panel = Panel.AGENTS if self._active is Panel.HEALTH else self._active
        rows_widget = {Panel.AGENTS: AgentList, Panel.MISSIONS: MissionTable, Panel.EVENTS: EventLog}[panel]
        widget = self.query_one(rows_widget)
        distance = step if step is not None else (len(widget.keys) if last else -len(widget.keys))
        key = widget.neighbour(half_pages * widget.half_page or distance)
        if key is not None:
            self.choose(panel, key)

    def choose(self, panel: Panel, key: int | str) -> None:
        """Puts the panel's cursor on the row."""
        if panel is Panel.EVENTS and isinstance(key, int):
            self.query_one(EventLog).choose(key)
        elif panel is Panel.MISSIONS and isinstance(key, str):
            self._model.choose_mission(key)
        elif panel is Panel.AGENTS and isinstance(key, int):
            self._model.choose_agent(key)
        self.refresh_model()

    def end_guidance(self) -> bool:
        """Takes the guidance of the first start away; whether it was there."""
        was_there, self._guides = self._guides, False
        self._show("guidance", False)
        return was_there

    def ask_line(self, prompt: str, text: str) -> None:
        """Opens the line for a filter or a name."""
        self.hint(())
        self.query_one(FilterBar).open(prompt, text)

    def hint(self, spans: Spans) -> None:
        """Writes below the line what may be typed there, or what is wrong with it."""
        self.query_one(FilterBar).hint(spans)

    def end_line(self) -> None:
        """Gives the keyboard back to the active panel."""
        line = self.query_one(FilterBar)
        line.display = False
        if self.focused is None or line in self.focused.ancestors:
            self.set_focus(self.query_one(f"#{_PANEL_IDS[self._active]}"))
        self.refresh_model()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Follows the keyboard to another panel."""
        panel = next((panel for panel, name in _PANEL_IDS.items() if name == event.widget.id), None)
        if panel is not None and panel is not self._active:
            self._set_active(panel)
            self._arrange()

    def on_picked(self, event: Picked) -> None:
        """Puts the cursor on the clicked row."""
        self.choose(event.panel, event.key)
        if event.opened:
            self.post_message(self.Opened(event.panel))

    def on_click(self, event: events.Click) -> None:
        """Opens what has no rows by a double click."""
        widget, _ = self.get_widget_at(event.screen_x, event.screen_y)
        if event.chain == 2 and isinstance(widget, Health | PaneView) and not self.pane.is_typing:
            self.post_message(self.Opened(widget.panel))

    def _set_active(self, panel: Panel) -> None:
        self._active = panel
        if panel in (Panel.MISSIONS, Panel.EVENTS):
            self._bottom = panel

    def _visible(self) -> frozenset[Panel]:
        return visible_panels(self._layout, self._active, self._bottom, zoomed=self._zoomed)

    def _arrange(self) -> None:
        width, height = self.size
        self._layout = layout_for(width, height)
        seen = self._visible()
        for layout in Layout:
            self.set_class(layout is self._layout, f"layout-{layout}")
        self.set_class(self._zoomed, "zoomed")
        self.set_class(Panel.PANE not in seen, "no-pane")
        for panel, name in _PANEL_IDS.items():
            self.query_one(f"#{name}").display = panel in seen
        self._show("guidance", self._guides and Panel.AGENTS in seen)
        self._show("left", bool(seen & {Panel.AGENTS, Panel.HEALTH}))
        self._show("body", bool(seen & {Panel.AGENTS, Panel.HEALTH, Panel.PANE}))
        self._show("bottom", bool(seen & {Panel.MISSIONS, Panel.EVENTS}))
        self._show("header", self._layout is not Layout.NONE)
        self._show("tabs", self._layout is Layout.NARROW)
        self._show("too-small", self._layout is Layout.NONE)
        self._show("keys", self._layout is not Layout.NONE)
        if self._active in seen and not self.is_typing:
            # A size that shows nothing took the keyboard away.
            self.set_focus(self.query_one(f"#{_PANEL_IDS[self._active]}"))
        self.call_after_refresh(self.refresh_model)

    def _show(self, name: str, shown: bool) -> None:
        self.query_one(f"#{name}").display = shown


class TooSmall(Widget):
    """The only sentence that a tiny terminal has room for."""

    def render(self) -> str:
        """The sentence."""
        return _TOO_SMALL
