"""The frame around a panel: number and name on the left of the top border, facts on its right."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Self

from rich.style import Style as RichStyle
from textual.content import Content
from textual.geometry import Region
from textual.style import Style
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

CLICK = "does"
"""Where a cell's style keeps the action that a click there runs."""


def content_of(spans: Spans) -> Content:
    """Coloured text for Textual."""
    return Content.assemble(
        *(_clickable(span) if span.click else (span.text, TOKEN_STYLES[span.token]) for span in spans)
    )


def _clickable(span: Span) -> Content:
    return Content.styled(span.text, TOKEN_STYLES[span.token]).stylize(Style.from_meta({CLICK: span.click}))


class Framed(Widget):
    """A widget with a title on the left and facts on the right of its top border."""

    # A class, since Textual styles a widget by its first base only.
    DEFAULT_CLASSES = "framed"

    _title: Spans = ()
    _facts: Spans = ()
    _lower_edge: Spans = ()
    _is_writing_edges = False
    _base_style: RichStyle | None = None

    def frame(self, title: Spans, facts: Spans = (), below: Spans = ()) -> None:
        """Shows ``title`` and ``facts`` in the top border and ``below`` at the right of the bottom border."""
        if (title, facts) != (self._title, self._facts):
            self._title, self._facts = title, facts
            self._write_title()
        if below != self._lower_edge:
            self._lower_edge = below
            with self._edges_only():
                self.border_subtitle = content_of(below) if below else None

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Paints anew what has changed."""
        if self._is_writing_edges and not regions:
            left, top = -self.content_offset.x, -self.content_offset.y
            size = self.outer_size
            regions = (Region(left, top, size.width, 1), Region(left, top + size.height - 1, size.width, 1))
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    @property
    def base_style(self) -> RichStyle:
        """The widget's own colours; working them out costs a quarter of a millisecond, and every line needs them."""
        if self._base_style is None:
            self._base_style = self.rich_style
        return self._base_style

    def notify_style_update(self) -> None:
        """The colours may be others now."""
        super().notify_style_update()
        self._base_style = None

    def watch_has_focus(self, value: bool) -> None:
        """Shows where the keyboard is."""
        super().watch_has_focus(value)
        self._write_title()

    def on_resize(self) -> None:
        """Fits the new size."""
        self._write_title()

    def _write_title(self) -> None:
        # Textual knows one title a border; a run of border characters inside it carries the facts to the right.
        title, facts = content_of(self._title), content_of(self._facts)
        gap = self.outer_size.width - 8 - title.cell_length - facts.cell_length
        if facts.cell_length and gap > 0:
            line = Span("─" * gap)
            title = Content.assemble(title, " ", (line.text, "$accent" if self.has_focus else "$line"), " ", facts)
        with self._edges_only():
            self.border_title = title

    @contextmanager
    def _edges_only(self) -> Generator[None]:
        """Textual paints a whole widget for another title, and titles change often."""
        self._is_writing_edges = True
        try:
            yield
        finally:
            self._is_writing_edges = False
