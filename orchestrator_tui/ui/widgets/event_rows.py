"""The events of the whole session, the newest at the end; older ones are loaded as somebody scrolls up."""

import asyncio
from collections.abc import Awaitable, Callable

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.event_filter import parse_event_filter
from orchestrator_tui.core.event_words import event_haystack, event_sentence
from orchestrator_tui.ui.event_history import EventHistory
from orchestrator_tui.ui.format import Span, Spans, fit
from orchestrator_tui.ui.hints import key_span
from orchestrator_tui.ui.log_text import event_details, event_header, event_line, stamp
from orchestrator_tui.ui.model import Model
from orchestrator_tui.ui.widgets.log_rows import LogEntry, LogRows

NEW_EVERY_S = 0.25


class EventRows(LogRows):
    """The rows of the events tab. ``guard`` awaits work and tells a failure."""

    name_word = "Events"
    has_header = True

    def __init__(
        self,
        history: EventHistory,
        model: Model,
        clock: Clock,
        guard: Callable[[Awaitable[None]], Awaitable[None]],
        *,
        id: str,
    ) -> None:
        super().__init__(id=id)
        self.history = history
        self._model = model
        self._clock = clock
        self._guard = guard
        self._names: dict[int, str] = {}
        self._loading = asyncio.Lock()
        self._wants_first = False

    def on_mount(self) -> None:
        """Starts what the rows need once they are there."""
        self.refresh_log()
        self.set_interval(NEW_EVERY_S, self.take_new)

    def take_new(self) -> None:
        """Shows what has happened since."""
        if self.history.take_new():
            if self.follows:
                self.history.forget_surplus()
            self.refresh_log()

    def refresh_log(self) -> None:
        """Shows what is loaded, and loads more where somebody comes near its beginning."""
        self._names = self._model.agent_names()
        self.show_log(self.history.lines.keys, empty=self._empty_lines())
        facts = (Span(f"{len(self.history.lines):,} events  "), Span(self._reach(), "muted"))
        self.frame(self.title(), facts, self.where)
        if self._lacks_older() and not self._loading.locked():
            self._start(self._load_until(lambda: not self._lacks_older()))

    def filter_by(self, text: str) -> None:
        """Shows only events that pass."""
        wanted = parse_event_filter(text)
        self.filter_text = text.strip()
        if wanted != self.history.wanted:
            self.history.refilter(wanted)
            self.follows = True
            self.refresh_log()

    def go_to_first(self) -> None:
        """Goes to the session's first event, once all are read; any other way to go gives that up."""
        self._wants_first = True
        self._start(self._load_until(lambda: not self._wants_first), then=self._stand_on_first)

    def go_to(self, key: int) -> None:
        """Puts the cursor on a row."""
        self._wants_first = False
        super().go_to(key)

    async def load_older(self) -> bool:
        """Loads one page; whether there was one to load. Raises as the client does."""
        if not self.history.has_older:
            return False
        try:
            await self.history.load_older()
        except OrchestratorError:
            # It would be asked for again with every row that is scrolled by.
            self.history.has_older = False
            raise
        self.refresh_log()
        return True

    async def load_all(self) -> None:
        """Loads all that passes the filter."""
        await self._load_until(lambda: False)

    def haystack(self, key: int) -> str:
        """All that the event says."""
        return event_haystack(self.history.lines[key], self._names)

    def entry(self, key: int) -> LogEntry:
        """The event with its data."""
        event = self.history.lines[key]
        heading = fit(event_sentence(event, self._names), 60).rstrip()
        agent = event.agent_id if event.agent_id in self._model.agents else None
        return LogEntry(heading, event_details(event, self._names), agent, event.mission_id)

    def header_spans(self, width: int) -> Spans:
        """The column names."""
        return event_header(width)

    def row_spans(self, key: int, width: int) -> Spans:
        """One event's row."""
        event = self.history.lines[key]
        return event_line(event, width, self._names, self._clock.now_ms(), self.searched)

    def _start(self, work: Awaitable[None], then: Callable[[], None] | None = None) -> None:
        async def done() -> None:
            await self._guard(work)
            if then is not None:
                then()

        self.run_worker(done(), group="older", name="older events", exit_on_error=False)

    def _lacks_older(self) -> bool:
        return self.history.has_older and self.scroll_offset.y < self.size.height

    async def _load_until(self, enough: Callable[[], bool]) -> None:
        async with self._loading:
            while not enough() and await self.load_older():
                pass
        self.refresh_log()

    def _stand_on_first(self) -> None:
        if self._wants_first and self.keys:
            self.go_to(self.keys[0])

    def _reach(self) -> str:
        if not self.history.has_older:
            return "from the first on"
        if not self._loading.locked() or not self.history.lines.keys:
            return "older ones load as you scroll up"
        oldest = self.history.lines[self.history.lines.keys[0]]
        return f"reading, back to {stamp(oldest.at, self._clock.now_ms()).strip()}"

    def _empty_lines(self) -> tuple[Spans, ...]:
        if self.history.has_older:
            return ((Span("  Reading older events…", "muted"),),)
        if self.filter_text:
            return ((Span("  No event passes the filter. "), key_span("esc"), Span(" clears it.")),)
        return ((Span("  Nothing has happened yet.", "muted"),),)
