"""The log: every event of the session, and every tmux and git command that was run, in two tabs."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.event_filter import EXAMPLE
from orchestrator_tui.core.views import SupervisorClient
from orchestrator_tui.ui.dialogs.log_entry import LogEntryDialog, Place
from orchestrator_tui.ui.event_history import EventHistory
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.log_search import find
from orchestrator_tui.ui.model import Model
from orchestrator_tui.ui.widgets.choosing import Picked
from orchestrator_tui.ui.widgets.command_rows import CommandRows
from orchestrator_tui.ui.widgets.event_rows import EventRows
from orchestrator_tui.ui.widgets.filter_bar import FilterBar
from orchestrator_tui.ui.widgets.frame import content_of
from orchestrator_tui.ui.widgets.log_rows import LogRows


class LogScreen(Screen[Place | None]):
    """Answers with the agent or the mission to go to, or None.

    ``export`` asks for a file and writes the events that pass the filter; ``guard`` awaits work and tells a failure.
    """

    CSS_PATH = "log.tcss"
    AUTO_FOCUS = "#log-events"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "clear", "Clear, or back"),
        ("q,at", "leave", "Back"),
        ("left_square_bracket,right_square_bracket,tab,shift+tab", "other_tab", "Other tab"),
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
        ("ctrl+d,pagedown", "page(1)", "Half a page down"),
        ("ctrl+u,pageup", "page(-1)", "Half a page up"),
        ("g,home", "first", "First"),
        ("G,end,F", "follow", "Follow"),
        ("slash", "ask('search')", "Search"),
        ("f", "ask('filter')", "Filter"),
        ("n", "find(-1)", "Older match"),
        ("N", "find(1)", "Newer match"),
        ("enter,o", "open", "Whole"),
        ("x,w", "export", "Export"),
        ("p", "polls", "Polls"),
    ]

    def __init__(
        self,
        client: SupervisorClient,
        model: Model,
        clock: Clock,
        export: Callable[[EventRows], Awaitable[None]],
        guard: Callable[[Awaitable[None]], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._export = export
        self._guard = guard
        self.events = EventRows(EventHistory(client, model, clock), model, clock, guard, id="log-events")
        self.commands = CommandRows(client, model, clock, guard, id="log-commands")
        self._shown: LogRows = self.events
        self._line = "search"
        self._before = ""

    def compose(self) -> ComposeResult:
        """Both tabs; one of them is seen."""
        yield Static("", id="log-tabs")
        yield self.events
        yield self.commands
        yield Static("", id="log-problem")
        yield FilterBar(id="filter")
        yield Static("", id="log-keys")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.query_one(FilterBar).display = False
        self._show(self.events)

    def on_resize(self) -> None:
        """Fits the new size."""
        self._write_lines()

    @property
    def shown(self) -> LogRows:
        """The tab that is seen."""
        return self._shown

    # -- keys ------------------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Back to the dashboard."""
        self.dismiss(None)

    def action_clear(self) -> None:
        """Clears the search, then the filter, then leaves."""
        if self.shown.searched:
            self._search("")
        elif self.shown.filter_text:
            self.shown.filter_by("")
            self._write_lines()
        else:
            self.dismiss(None)

    def action_tab(self, name: str) -> None:
        """Shows this tab."""
        self._show(self.commands if name == self.commands.name_word else self.events)

    def on_picked(self, event: Picked) -> None:
        """Puts the cursor on the clicked row; shows the double-clicked one whole."""
        event.stop()
        if isinstance(event.key, int):
            self.shown.go_to(event.key)
        if event.opened:
            self.action_open()

    def action_other_tab(self) -> None:
        """Shows the other tab."""
        self._show(self.commands if self.shown is self.events else self.events)

    def action_move(self, rows: int) -> None:
        """Moves the cursor."""
        self.shown.move(rows)

    def action_page(self, pages: int) -> None:
        """Moves by half a page."""
        self.shown.move(pages * self.shown.half_page)

    def action_first(self) -> None:
        """The very first, also when it has to be read yet."""
        self.shown.go_to_first()

    def action_follow(self) -> None:
        """The newest, and whatever comes."""
        self.shown.follow()

    def action_polls(self) -> None:
        """Shows looks too, or leaves them out."""
        if self.shown is self.commands:
            self.commands.show_polls(not self.commands.polls)

    def action_find(self, step: int) -> None:
        """Goes to the next match, or asks what to search for."""
        if self.shown.searched:
            self._start(self._find(step), "find")
        else:
            self.action_ask("search")

    def action_open(self) -> None:
        """Shows the row under the cursor, whole."""
        if self.shown.selected is not None:
            self._start(self._open(self.shown.selected), "open")

    def action_export(self) -> None:
        """Writes the events that pass the filter to a file."""
        self._show(self.events)
        self._start(self._export(self.events), "export")

    def action_ask(self, what: str) -> None:
        """Opens the line for a search or a filter."""
        self._line = what
        self._before = self.shown.searched if what == "search" else self.shown.filter_text
        self.query_one("#log-keys").display = False
        self.query_one(FilterBar).open("/" if what == "search" else "filter", self._before)
        if what == "filter" and self.shown is self.events and not self._before:
            self._say((Span(f"{EXAMPLE}   - excludes, * is any text", "muted"),))

    # -- the line --------------------------------------------------------------------------------------------------

    def on_filter_bar_typed(self, event: FilterBar.Typed) -> None:
        """A filter counts at once; one that cannot be read says why, and the last one stays."""
        event.stop()
        if self._line == "filter":
            self._filter_by(event.text)

    def on_filter_bar_ended(self, event: FilterBar.Ended) -> None:
        """Keeps or gives up what was typed; a filter that cannot be read is typed on."""
        event.stop()
        bar = self.query_one(FilterBar)
        if self._line == "filter" and not self._filter_by(bar.text if event.kept else self._before) and event.kept:
            bar.open("filter", bar.text)
            return
        self._say(())
        self.query_one("#log-keys").display = True
        self.set_focus(self.shown)
        if self._line == "search" and event.kept:
            self._search(bar.text.strip())
        self._write_lines()

    def _filter_by(self, text: str) -> bool:
        try:
            self.shown.filter_by(text)
        except UsageError as problem:
            self._say((Span(f"× {problem}", "failed"),))
            return False
        self._say(())
        return True

    def _search(self, words: str) -> None:
        self.shown.searched = words
        self.shown.refresh_changed()
        self._write_lines()
        if words:
            self._start(self._find(-1, from_here=True), "find")

    async def _find(self, step: int, *, from_here: bool = False) -> None:
        rows, words = self.shown, self.shown.searched
        key = await find(rows, words, step, rows.load_older, from_here=from_here)
        if key is not None:
            rows.go_to(key)
        else:
            where = "further up" if step < 0 else "further down"
            self.notify(f"“{words}” is not {where}.", timeout=3, markup=False)

    # -- what is seen ----------------------------------------------------------------------------------------------

    async def _open(self, key: int) -> None:
        entry = self.shown.entry(key)
        dialog = LogEntryDialog(entry.heading, entry.lines, entry.agent, entry.mission)
        place = await self.app.push_screen_wait(dialog)  # pyright: ignore[reportUnknownMemberType]
        if place is not None:
            self.dismiss(place)

    def _start(self, work: Awaitable[None], name: str) -> None:
        self.run_worker(self._guard(work), group=name, name=name, exclusive=True, exit_on_error=False)

    def _show(self, rows: LogRows) -> None:
        self._shown = rows
        for one in (self.events, self.commands):
            one.display = one is rows
        self.set_focus(rows)
        rows.refresh_log()
        self.commands.ask()
        self._write_lines()

    def _say(self, spans: Spans) -> None:
        line = self.query_one("#log-problem", Static)
        line.update(content_of(spans))
        line.display = bool(spans)

    def _write_lines(self) -> None:
        tabs: list[Span] = []
        for rows in (self.events, self.commands):
            name = rows.name_word
            click = f"screen.tab('{name}')"
            is_shown = rows is self.shown
            tabs.append(Span(f"[{name}]" if is_shown else f" {name} ", "accent" if is_shown else "muted", click))
            tabs.append(Span(" "))
        if self.shown.filter_text:
            tabs += [Span("  filter ", "muted"), Span(self.shown.filter_text, "accent")]
        if self.shown.searched:
            tabs += [Span("  / ", "muted"), Span(self.shown.searched, "accent")]
        self.query_one("#log-tabs", Static).update(content_of(tuple(tabs)))
        self.query_one("#log-keys", Static).update(content_of(self._hints()))

    def _hints(self) -> Spans:
        ways = [("/", "search"), ("n/N", "older/newer")] if self.size.width >= 100 else [("/", "search")]
        own = ("x", "export") if self.shown is self.events else ("p", "polls")
        return key_hints(
            *ways, ("f", "filter"), ("enter", "whole"), ("F", "follow"), own, ("[ ]", "tab"), ("esc", "back")
        )
