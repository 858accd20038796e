"""One file's diff: only the rows that are seen are drawn, and only their code is coloured."""

import time
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orchestrator_tui.core.work import DiffLine, FileDiff, ReviewComment
from orchestrator_tui.ui.diff_rows import (
    CommentRow,
    LineRow,
    Row,
    chosen_lines,
    next_hunk,
    row_of_line,
    rows_of,
    seen,
)
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.highlight import Highlighter, Run
from orchestrator_tui.ui.widgets.diff_drawing import COMPONENTS, CSS, GUTTER, draw_row
from orchestrator_tui.ui.widgets.frame import Framed

COLOUR_SLICE_S = 0.005
COLOUR_PAUSE_S = 0.01
"""How long colours are worked out at a time, and left alone after it: keys and other agents go first."""


class DiffView(  # pyright: ignore[reportIncompatibleMethodOverride] - Framed adds none, ScrollView comes first
    ScrollView, Framed, can_focus=True, inherit_bindings=False
):
    """Has a cursor and, from a mark to it, a range of lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = COMPONENTS
    DEFAULT_CSS = CSS

    class Opened(Message):
        """A line was double-clicked."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._file: FileDiff | None = None
        self._comments: tuple[ReviewComment, ...] = ()
        self._rows: list[Row] = []
        self._cursor = 0
        self._mark: int | None = None
        self._colours: Highlighter | None = None
        self._is_colouring = False

    @property
    def rows(self) -> Sequence[Row]:
        """The rows, those out of sight among them."""
        return self._rows

    @property
    def cursor(self) -> int:
        """The row of the cursor."""
        return self._cursor

    @property
    def mark(self) -> int | None:
        """The row at which a range was begun."""
        return self._mark

    @property
    def lines(self) -> list[DiffLine]:
        """The lines of the range, or the one below the cursor."""
        return chosen_lines(self._rows, self._cursor, self._mark)

    @property
    def comment(self) -> ReviewComment | None:
        """The comment below the cursor."""
        row = self._rows[self._cursor] if self._rows else None
        return row.comment if isinstance(row, CommentRow) else None

    @property
    def half_page(self) -> int:
        """Half of the visible rows, at least one."""
        return max(1, self._room.height // 2)

    def show(self, file: FileDiff | None, comments: tuple[ReviewComment, ...]) -> None:
        """Shows a file with the comments on it; the same file keeps its cursor, by line number where it changed."""
        same_path = file is not None and self._file is not None and file.path == self._file.path
        old_row = self._rows[self._cursor] if self._rows else None
        if file is not self._file:
            self._colours = Highlighter(file) if file is not None else None
        self._file, self._comments = file, comments
        self._rows = rows_of(file, comments, self._room.width - GUTTER - 3) if file is not None else []
        self._mark = None
        if not same_path:
            self._cursor = next((at for at, row in enumerate(self._rows) if isinstance(row, LineRow)), 0)
            self.scroll_to(0, 0, animate=False, force=True, immediate=True)
        elif isinstance(old_row, LineRow):
            self._cursor = row_of_line(self._rows, old_row.line.new, old_row.line.old)
        self._cursor = min(self._cursor, max(0, len(self._rows) - 1))
        widest = max((len(row.line.text) for row in self._rows if isinstance(row, LineRow)), default=0)
        self.virtual_size = Size(widest + GUTTER + 1, len(self._rows))
        self._cursor_moved()
        self.refresh()

    def move(self, rows: int) -> None:
        """Moves the cursor, stopping at both ends."""
        self.go(min(len(self._rows) - 1, max(0, self._cursor + rows)))

    def move_hunk(self, step: int) -> bool:
        """Moves to the first line of the next (1) or previous (-1) hunk; False where there is none."""
        here = next_hunk(self._rows, self._cursor, -1)
        start = here if step < 0 and here is not None else self._cursor
        place = next_hunk(self._rows, start, step)
        if place is None:
            return False
        self.go(min(place + 1, len(self._rows) - 1), keep_above=1)
        return True

    def go(self, row: int, *, keep_above: int = 0) -> None:
        """Puts the cursor on a row and brings it, and ``keep_above`` rows before it, to sight."""
        if not self._rows or row < 0:
            return
        before, self._cursor = self._cursor, row
        if self._mark is None:
            self._redraw(before)
        else:
            self.refresh()
        self._redraw(row)
        self._cursor_moved(keep_above)

    def scroll_columns(self, columns: int) -> None:
        """Scrolls long lines."""
        self.scroll_to(x=max(0, self.scroll_offset.x + columns), animate=False, force=True, immediate=True)
        self.refresh()

    def set_mark(self, is_set: bool) -> None:
        """Begins a range at the cursor, or ends it."""
        self._mark = self._cursor if is_set else None
        self.refresh()
        self._write_facts()

    def render_line(self, y: int) -> Strip:
        """Draws the row at the widget's line ``y``."""
        width, base = self._room.width, self.rich_style
        left, top = self.scroll_offset
        place = y + top
        if place >= len(self._rows):
            return Strip.blank(width, base)
        is_cursor = place == self._cursor
        ends = sorted((self._cursor, self._cursor if self._mark is None else self._mark))
        is_chosen = is_cursor or (self._mark is not None and ends[0] <= place <= ends[1])
        sign = Segment("▌" if is_cursor else "│" if is_chosen else " ", self._style("mark"))
        gutter, code, style = draw_row(self._rows[place], left, width, self._style, self._runs)
        strip = Strip([sign, *gutter, *code.crop(left, left + width)]).adjust_cell_length(width)
        # The cursor lies over the line's plane; number and sign still say what the line is.
        return strip.apply_style(self._style("cursor") if is_cursor else style).apply_style(base)

    def on_resize(self) -> None:
        """Fits the new size."""
        if self._comments:
            self.show(self._file, self._comments)
        self._cursor_moved()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Colours the rows that came into sight."""
        super().watch_scroll_y(old_value, new_value)
        self.refresh()
        self._colour()

    def notify_style_update(self) -> None:
        """Draws all rows anew in the new colours."""
        super().notify_style_update()
        self.refresh()

    async def on_click(self, event: events.Click) -> None:
        """Puts the cursor on the clicked row."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y + self.scroll_offset.y < len(self._rows):
            self.go(offset.y + self.scroll_offset.y)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Moves on; the cursor comes along."""
        event.prevent_default().stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Moves back; the cursor comes along."""
        event.prevent_default().stop()
        self.move(-3)

    @property
    def _room(self) -> Size:
        return self.scrollable_content_region.size

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"diff--{name}", partial=True)

    def _runs(self, hunk: int, index: int) -> tuple[Run, ...] | None:
        return self._colours.runs(hunk, index) if self._colours is not None else None

    def _redraw(self, row: int) -> None:
        self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))

    def _cursor_moved(self, keep_above: int = 0) -> None:
        height, top = max(1, self._room.height), self.scroll_offset.y
        first = max(0, self._cursor - keep_above)
        if first < top or self._cursor >= top + height:
            # From one hunk to the next the new one comes near the top, so that more of it is seen.
            target = first if first < top or keep_above else self._cursor - height + 1
            self.scroll_to(y=target, animate=False, force=True, immediate=True)
        self._write_facts()
        self._colour()

    def _write_facts(self) -> None:
        if self._file is None:
            self.frame((Span("Diff", "strong"),))
            return
        title: Spans = (Span(seen(self._file.path), "accent"),)
        lines = self.lines
        facts: Spans = (Span(f"{self._cursor + 1} of {len(self._rows)}", "muted"),)
        below: Spans = ()
        if self._mark is not None:
            below = (Span(f"{len(lines)} line{'s' * (len(lines) != 1)} marked", "needs"), Span("  c comments", "muted"))
        self.frame(title, facts, below)

    def _colour(self) -> None:
        """Works out colours of what is seen, a slice at a time, until all of it has them."""
        if self._colours is None or self._is_colouring:
            return
        until = time.perf_counter() + COLOUR_SLICE_S
        top = self.scroll_offset.y
        wanted = {row.hunk: row.index for row in self._rows[top : top + self._room.height] if isinstance(row, LineRow)}
        for hunk, index in wanted.items():
            if not self._colours.advance(hunk, index, until, time.perf_counter):
                self._is_colouring = True
                self.set_timer(COLOUR_PAUSE_S, self._colour_on)
                return
        self.refresh()

    def _colour_on(self) -> None:
        self._is_colouring = False
        self._colour()
