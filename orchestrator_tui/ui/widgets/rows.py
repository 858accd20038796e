"""A list of one-line rows that draws only what is seen and redraws only what changed."""

from collections.abc import Collection, Sequence
from typing import ClassVar, Generic, TypeVar, cast

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.widgets.choosing import Picked
from orchestrator_tui.ui.widgets.frame import CLICK, Framed

Key = TypeVar("Key", int, str)


class Rows(  # pyright: ignore[reportIncompatibleMethodOverride] - Framed adds none, ScrollView comes first
    ScrollView, Framed, Generic[Key], can_focus=True, inherit_bindings=False
):
    """Base of the lists: rows are keys, and a subclass says how a key is written."""

    panel: Panel
    has_header: ClassVar[bool] = False
    """Whether the column names of ``header_spans`` are kept at the top."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row--text",
        "row--strong",
        "row--muted",
        "row--accent",
        "row--needs",
        "row--working",
        "row--restarting",
        "row--failed",
        "row--done",
        "row--cursor",
        "row--cursor-blurred",
    }
    DEFAULT_CSS = """
    Rows {
        scrollbar-size: 0 0;
        overflow-x: hidden;
        overflow-y: auto;
        & .row--text { color: $foreground; }
        & .row--strong { color: $foreground; text-style: bold; }
        & .row--muted { color: $muted; }
        & .row--accent { color: $accent; }
        & .row--needs { color: $state-needs; }
        & .row--working { color: $state-working; }
        & .row--restarting { color: $state-restarting; }
        & .row--failed { color: $state-failed; }
        & .row--done { color: $state-done; }
        & .row--cursor { background: $panel; text-style: bold; }
        & .row--cursor-blurred { background: $surface; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._keys: Sequence[Key] = ()
        self._places: dict[Key, int] | None = None
        self._selected: Key | None = None
        self._drawn: dict[int, tuple[Spans, bool, bool]] = {}
        self._marked: Collection[Key] = ()
        self._empty: tuple[Spans, ...] = ()
        self._clicked: Key | None = None
        self._header_height = int(self.has_header)
        self._width = 0

    def header_spans(self, width: int) -> Spans:
        """The column names."""
        del width
        return ()

    def row_spans(self, key: Key, width: int) -> Spans:
        """The row's text after its two leading cells, ``width`` being the whole row's."""
        raise NotImplementedError

    @property
    def keys(self) -> Sequence[Key]:
        """The rows, in order."""
        return self._keys

    @property
    def selected(self) -> Key | None:
        """The row under the cursor."""
        return self._selected

    def show(
        self,
        keys: Sequence[Key],
        selected: Key | None,
        *,
        marked: Collection[Key] = (),
        empty: tuple[Spans, ...] = (),
    ) -> None:
        """Shows these rows with the cursor on ``selected``; ``empty`` is what stands there without rows."""
        # A range of numbers is compared and searched at once, however long it is; of all else, whoever shows the same
        # tuple again pays nothing for how long it is.
        kept = cast("Sequence[Key]", keys) if isinstance(keys, range) else tuple(keys)
        is_same = kept is self._keys or kept == self._keys
        moved = selected != self._selected or not is_same
        # Whoever scrolled away from the cursor by wheel stays there when rows come and go.
        follows = selected != self._selected or self._is_cursor_visible
        if not is_same:
            self._keys, self._places = kept, None
        self._selected, self._marked, self._empty = selected, marked, empty
        self.virtual_size = Size(0, len(self._keys) + self._header_height)
        if moved and follows:
            self._keep_cursor_visible()
        self.refresh_changed()

    def refresh_changed(self) -> None:
        """Redraws the visible lines whose text is no longer what was drawn."""
        width = self.scrollable_content_region.width
        for y, drawn in list(self._drawn.items()):
            if self._line(y, width) != drawn:
                self.refresh(Region(0, y, self.size.width, 1))

    def neighbour(self, step: int) -> Key | None:
        """The key ``step`` rows below the cursor, stopping at both ends."""
        if not self._keys:
            return None
        here = self._place_of(self._selected) or 0
        return self._keys[min(len(self._keys) - 1, max(0, here + step))]

    @property
    def half_page(self) -> int:
        """Half of the visible rows, at least one."""
        return max(1, (self.size.height - self._header_height) // 2)

    @property
    def position(self) -> str:
        """``3-9 of 14`` while some rows are out of sight, else empty."""
        room = self.scrollable_content_region.height - self._header_height
        if room <= 0 or len(self._keys) <= room:
            return ""
        first = self.scroll_offset.y
        return f"{first + 1}-{min(len(self._keys), first + room)} of {len(self._keys)}"

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draws lines; how wide they are is the same for all of them and costs more than a line."""
        self._width = self.scrollable_content_region.width
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draws the widget's line ``y``."""
        width, base = self._width, self.base_style
        spans, cursor, marked = self._drawn[y] = self._line(y, width)
        if not self._keys or y < self._header_height:
            return self._strip(spans).adjust_cell_length(width, base).apply_style(base)
        if self._row_key(y) is None:
            return Strip.blank(width, base)
        mark = Segment(
            ("*" if marked else " ") + ("▌" if cursor else " "),
            self.get_component_rich_style("row--accent", partial=True),
        )
        strip = Strip([mark, *self._strip(spans)]).adjust_cell_length(width)
        if cursor:
            name = "row--cursor" if self.has_focus else "row--cursor-blurred"
            strip = strip.apply_style(self.get_component_rich_style(name, partial=True))
        return strip.apply_style(base)

    def notify_style_update(self) -> None:
        """Draws all rows anew in the new colours."""
        super().notify_style_update()
        self._draw_all()

    def watch_has_focus(self, value: bool) -> None:
        """Shows where the keyboard is."""
        super().watch_has_focus(value)
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draws the rows that came into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._draw_all()

    def on_resize(self) -> None:
        """Fits the new size."""
        self._draw_all()
        self._keep_cursor_visible()

    async def on_click(self, event: events.Click) -> None:
        """Takes a click on what is written there."""
        offset = event.get_content_offset(self)
        key = None if offset is None else self._row_key(offset.y)
        # Rows move, and the first click of two may have closed what lay over them: a row is opened by two of its own.
        opened = event.chain == 2 and key == self._clicked
        self._clicked = key if event.chain == 1 else None
        if key is not None and self._keys:
            self.post_message(Picked(self.panel, key, opened=opened))

    def _draw_all(self) -> None:
        # Rows that were not drawn are never looked at for changes: forgetting them and drawing go together.
        self._drawn.clear()
        self.refresh()

    def _line(self, y: int, width: int) -> tuple[Spans, bool, bool]:
        """What stands in the widget's line ``y``, whether it is the cursor's, and whether it is marked."""
        if not self._keys:
            return (self._empty[y] if y < len(self._empty) else ()), False, False
        if y < self._header_height:
            return self.header_spans(width), False, False
        key = self._row_key(y)
        if key is None:
            return (), False, False
        return self.row_spans(key, width), key == self._selected, key in self._marked

    def _row_key(self, y: int) -> Key | None:
        index = y - self._header_height + self.scroll_offset.y
        return self._keys[index] if y >= self._header_height and 0 <= index < len(self._keys) else None

    @property
    def _is_cursor_visible(self) -> bool:
        index, top = self._place_of(self._selected), self.scroll_offset.y
        return index is None or top <= index < top + self._room

    @property
    def _room(self) -> int:
        return max(1, self.scrollable_content_region.height - self._header_height)

    def _keep_cursor_visible(self) -> None:
        index = self._place_of(self._selected)
        if index is None:
            return
        room, top = self._room, self.scroll_offset.y
        if not self._is_cursor_visible:
            target = index if index < top else index - room + 1
            self.scroll_to(y=target, animate=False, force=True, immediate=True)

    def _place_of(self, key: Key | None) -> int | None:
        if isinstance(self._keys, range):
            return self._keys.index(key) if isinstance(key, int) and key in self._keys else None
        if self._places is None:
            self._places = {each: index for index, each in enumerate(self._keys)}
        return None if key is None else self._places.get(key)

    def _strip(self, spans: Spans) -> Strip:
        return Strip(Segment(span.text, self._span_style(span)) for span in spans)

    def _span_style(self, span: Span) -> Style:
        style = self.get_component_rich_style(f"row--{span.token}", partial=True)
        return style + Style.from_meta({CLICK: span.click}) if span.click else style
