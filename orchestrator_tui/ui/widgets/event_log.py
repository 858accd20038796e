"""Panel 5: what happened, the newest first."""

from orchestrator_tui.core.events import Event
from orchestrator_tui.ui.event_text import event_row
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.hints import key_span
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.widgets.rows import Rows


class EventLog(Rows[int]):
    """The events' rows; the cursor is the panel's own, and stays on the newest until it is moved."""

    panel = Panel.EVENTS

    def __init__(self, model: Model, *, id: str) -> None:
        super().__init__(id=id)
        self._model = model
        self._events: dict[int, Event] = {}
        self._names: dict[int, str] = {}
        self._cursor: int | None = None

    def update(self) -> None:
        """Shows the model's events."""
        shown = self._model.shown_events()
        self._names = self._model.agent_names()
        self._events = {_key(event): event for event in shown}
        keys = list(self._events)
        if self._cursor not in self._events:
            self._cursor = None
        selected = self._cursor if self._cursor is not None else (keys[0] if keys else None)
        self.show(keys, selected, empty=self._empty_lines())
        query = self._model.filters.get(Panel.EVENTS, "")
        below: Spans = ()
        if query:
            total = len(self._model.events)
            below = (Span(f"/ {query}", "accent"), Span(f"  {len(shown)} of {total} shown", "muted"))
        elif self.position:
            below = (Span(self.position, "muted"),)
        self.frame((Span("5 ", "muted"), Span("Events", "strong")), (Span("newest first", "muted"),), below)

    def choose(self, key: int) -> None:
        """Moves the cursor; on the newest event it follows what comes."""
        self._cursor = None if self.keys and key == self.keys[0] else key
        self.update()

    def row_spans(self, key: int, width: int) -> Spans:
        """One event's row."""
        event = self._events.get(key)
        return () if event is None else event_row(event, width, self._names)

    def _empty_lines(self) -> tuple[Spans, ...]:
        if self._model.events:
            return ((Span("  No event matches. "), key_span("esc"), Span(" clears the filter.")),)
        return ((Span("  Nothing has happened yet.", "muted"),),)


def _key(event: Event) -> int:
    return event.seq or id(event)
