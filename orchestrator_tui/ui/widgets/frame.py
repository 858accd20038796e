"""The frame around a panel: number and name on the left of the top border, facts on its right."""

from textual.content import Content
from textual.widget import Widget

from orchestrator_tui.ui.format import Span, Spans, Token

TOKEN_STYLES: dict[Token, str] = {
    "text": "$foreground",
    "strong": "bold $foreground",
    "muted": "$muted",
    "accent": "$accent",
    "needs": "$state-needs",
    "working": "$state-working",
    "restarting": "$state-restarting",
    "failed": "$state-failed",
    "done": "$state-done",
}


def content_of(spans: Spans) -> Content:
    """Coloured text for Textual."""
    return Content.assemble(*((span.text, TOKEN_STYLES[span.token]) for span in spans))


class Framed(Widget):
    """A widget with a title on the left and facts on the right of its top border."""

    # A class, since Textual styles a widget by its first base only.
    DEFAULT_CLASSES = "framed"

    _title: Spans = ()
    _facts: Spans = ()
    _written_below: Spans = ()
    _written: tuple[Spans, Spans, int, bool] | None = None

    def frame(self, title: Spans, facts: Spans = (), below: Spans = ()) -> None:
        """Shows ``title`` and ``facts`` in the top border and ``below`` at the right of the bottom border."""
        self._title, self._facts = title, facts
        if below != self._written_below:
            self._written_below = below
            self.border_subtitle = content_of(below) if below else None
        self._write_title()

    def watch_has_focus(self, value: bool) -> None:
        """Shows where the keyboard is."""
        super().watch_has_focus(value)
        self._write_title()

    def on_resize(self) -> None:
        """Fits the new size."""
        self._write_title()

    def _write_title(self) -> None:
        # Textual draws the whole widget anew for a title, even for the one that stands there already.
        written = self._title, self._facts, self.outer_size.width, self.has_focus
        if written == self._written:
            return
        self._written = written
        # Textual knows one title a border; a run of border characters inside it carries the facts to the right.
        title, facts = content_of(self._title), content_of(self._facts)
        gap = self.outer_size.width - 8 - title.cell_length - facts.cell_length
        if facts.cell_length and gap > 0:
            line = Span("─" * gap)
            title = Content.assemble(title, " ", (line.text, "$accent" if self.has_focus else "$line"), " ", facts)
        self.border_title = title
