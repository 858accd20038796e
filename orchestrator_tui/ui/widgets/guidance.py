"""Three lines for a person's first start."""

from textual.widgets import Static

from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.hints import key_span
from orchestrator_tui.ui.widgets.frame import content_of

_LINES: tuple[Spans, ...] = (
    (key_span("n"), Span(" starts an agent, "), key_span("m"), Span(" queues a mission")),
    (key_span("!"), Span(" shows and answers what waits for you")),
    (key_span("?"), Span(" shows every key; "), key_span("esc"), Span(" hides these lines", "muted")),
)


class Guidance(Static):
    """What the first keys are."""

    def __init__(self, *, id: str) -> None:
        spans = [span for line in _LINES for span in (Span(" "), *line, Span("\n"))]
        super().__init__(content_of(tuple(spans[:-1])), id=id)
