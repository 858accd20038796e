"""What the actions on the screen itself do: moving, filtering, searching, showing more."""

from functools import partial

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.filter_hints import hint_for, problem_of
from orchestrator_tui.ui.grid import GridScreen
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.pane_work import PaneWork
from orchestrator_tui.ui.remembered import Remembered


class ViewWork:
    """Moves through the panels and keeps the line in which a filter, a name or a search is typed."""

    def __init__(self, desk: Desk, pane: PaneWork, remembered: Remembered) -> None:
        self._remembered = remembered
        self._desk = desk
        self._pane = pane
        self._line_purpose: str | None = None
        self._line_panel = Panel.AGENTS
        self._before_find: int | None = None
        self._searched = ""
        self._problem: UsageError | None = None

    def handlers(self) -> Handlers:
        """What this object runs."""
        screen = self._desk.dashboard
        return {
            "move.down": partial(screen.move, 1),
            "move.up": partial(screen.move, -1),
            "move.first": partial(screen.move, None),
            "move.last": partial(screen.move, None, last=True),
            "move.half_down": partial(screen.move, 0, half_pages=1),
            "move.half_up": partial(screen.move, 0, half_pages=-1),
            "panel.agents": partial(screen.go, Panel.AGENTS),
            "panel.health": partial(screen.go, Panel.HEALTH),
            "panel.pane": partial(screen.go, Panel.PANE),
            "panel.missions": partial(screen.go, Panel.MISSIONS),
            "panel.events": partial(screen.go, Panel.EVENTS),
            "panel.next": partial(screen.go_on, 1),
            "panel.previous": partial(screen.go_on, -1),
            "view.zoom": partial(screen.zoom, True),
            "view.unzoom": partial(screen.zoom, False),
            "view.filter": self._filter,
            "view.find": self._find,
            "view.clear": self._clear,
            "view.grid": self._grid,
            "pane.older_match": lambda: self._desk.dashboard.pane.go_to_match(-1),
            "pane.newer_match": lambda: self._desk.dashboard.pane.go_to_match(1),
        }

    def typed(self, text: str) -> None:
        """Takes what stands in the line for a filter or a name."""
        if self._line_purpose == "search":
            self._searched = text
            return
        if self._line_purpose == "filter":
            self._problem = problem_of(self._line_panel, text)
            self._desk.dashboard.hint(hint_for(self._line_panel, text, self._problem))
            self._desk.model.filters[self._line_panel] = text
            self._desk.model.settle_selection()
        else:
            found = self._desk.model.find_agent(text)
            self._desk.model.selected_agent = self._before_find if found is None else found
        self._desk.dashboard.refresh_model()

    def line_ended(self, *, kept: bool) -> None:
        """Keeps or gives up what was typed."""
        if self._line_purpose == "search":
            agent = self._desk.model.agent()
            if kept and agent is not None:
                self._desk.start(self._pane.search(agent, self._searched), "search")
        elif self._line_purpose == "filter":
            if not kept:
                self._problem = None
                self._desk.model.filters.pop(self._line_panel, None)
            elif self._problem is not None:
                self._desk.warn(str(self._problem))
            self._desk.model.settle_selection()
            if self._problem is None:
                self._remembered.keep_filters(self._desk.model.filters)
        elif not kept:
            self._desk.model.selected_agent = self._before_find
        self._line_purpose = None
        self._desk.dashboard.end_line()

    def set_filter(self, panel: Panel, text: str) -> None:
        """Filters the panel by the text, by nothing where it is empty; and remembers it."""
        self._desk.model.filters.pop(panel, None)
        if text:
            self._desk.model.filters[panel] = text
        self._remembered.keep_filters(self._desk.model.filters)
        self._desk.model.settle_selection()
        self._desk.dashboard.refresh_model()

    def _filter(self) -> None:
        active = self._desk.dashboard.active
        if active is Panel.PANE:
            self._line_purpose = "search"
            self._desk.dashboard.ask_line("search", self._searched)
            return
        self._line_panel = active if active in (Panel.MISSIONS, Panel.EVENTS) else Panel.AGENTS
        self._line_purpose = "filter"
        text = self._desk.model.filters.get(self._line_panel, "")
        self._problem = None
        self._desk.dashboard.ask_line("/", text)
        self._desk.dashboard.hint(hint_for(self._line_panel, text, None))

    def _find(self) -> None:
        self._line_purpose, self._before_find = "find", self._desk.model.selected_agent
        self._desk.dashboard.ask_line("find agent", "")

    def _clear(self) -> None:
        active = self._desk.dashboard.active
        if active is Panel.PANE and not self._desk.dashboard.pane.follows:
            self._desk.dashboard.pane.follow_end()
            return
        panel = active if active in (Panel.MISSIONS, Panel.EVENTS) else Panel.AGENTS
        if self._desk.model.marks.clear(of_missions=active is Panel.MISSIONS) or self._desk.dashboard.end_guidance():
            self._desk.dashboard.refresh_model()
        elif self._desk.model.filters.get(panel, ""):
            self.set_filter(panel, "")
        elif self._desk.dashboard.is_zoomed:
            self._desk.dashboard.zoom(False)

    async def _grid(self) -> None:
        chosen = await self._desk.app.push_screen_wait(GridScreen(self._desk.client, self._desk.model))
        self._desk.dashboard.refresh_model()
        if chosen is not None and chosen in self._desk.model.agents:
            self._desk.dashboard.choose(Panel.AGENTS, chosen)
            self._desk.dashboard.go(Panel.PANE)
            self._desk.dashboard.zoom(True)
