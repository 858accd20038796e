"""Rows of a log, the newest at the end: it follows what comes, until somebody scrolls up."""

from dataclasses import dataclass

from textual import events
from textual.message import Message

from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.widgets.rows import Rows


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One row, whole, and the agent and the mission that it is about."""

    heading: str
    lines: tuple[Spans, ...]
    agent: int | None = None
    mission: str | None = None


class LogRows(Rows[int]):
    """Shows numbered rows of which only what is seen costs anything; ``follows``: the cursor stays on the newest.

    ``searched`` stands out in the rows; ``filter_text`` is what was typed.
    """

    panel = Panel.EVENTS
    name_word = ""

    class Moved(Message):
        """Another part of the log is seen, or the log is followed, or no longer."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.follows = True
        self.searched = ""
        self.filter_text = ""

    def refresh_log(self) -> None:
        """Shows what is held."""
        raise NotImplementedError

    def haystack(self, key: int) -> str:
        """All that can be found in the row, in lower case."""
        raise NotImplementedError

    def entry(self, key: int) -> LogEntry:
        """The row, whole."""
        raise NotImplementedError

    def filter_by(self, text: str) -> None:
        """Shows only what passes. Raises UsageError for what cannot be read."""
        raise NotImplementedError

    async def load_older(self) -> bool:
        """Loads rows before the first; whether it could."""
        return False

    def go_to_first(self) -> None:
        """Puts the cursor on the very first row."""
        self.move(-len(self.keys))

    def show_log(self, keys: range, *, empty: tuple[Spans, ...] = ()) -> None:
        """Shows these rows; what is looked at stays in its place when older ones come before it."""
        before = self._keys if isinstance(self._keys, range) else range(0)
        shift = before.start - keys.start if before and keys else 0
        top = self.scroll_offset.y + shift
        if self.follows or not keys:
            cursor = keys[-1] if keys else None
        else:
            cursor = min(keys[-1], max(keys[0], self._selected if self._selected is not None else keys[-1]))
        self.show(keys, cursor, empty=empty)
        if shift and not self.follows:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def move(self, step: int) -> None:
        """Moves the cursor; at the newest row it follows, above it no longer."""
        key = self.neighbour(step)
        if key is not None:
            self.go_to(key)

    def go_to(self, key: int) -> None:
        """Puts the cursor on a row."""
        self.follows = bool(self._keys) and key == self._keys[-1]
        self.show(self._keys, key, empty=self._empty)
        self.post_message(self.Moved())

    def follow(self) -> None:
        """Goes to the newest row and stays there."""
        self.follows = True
        if self._keys:
            self.go_to(self._keys[-1])

    def title(self) -> Spans:
        """The frame's title: whether what comes is followed, and how much has come since it is not."""
        if self.follows:
            return (Span(self.name_word, "strong"), Span("  ● following", "working"))
        below = 0 if not self._keys or self._selected is None else self._keys[-1] - self._selected
        newer = f"  {below:,} newer below" if below else ""
        return (Span(self.name_word, "strong"), Span("  ■ stopped", "needs"), Span(newer, "muted"))

    @property
    def where(self) -> Spans:
        """Which rows are seen, for the lower edge."""
        return (Span(self.position, "muted"),) if self.position else ()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draws the rows that came into sight, and tells that others are seen."""
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Moved())

    def on_log_rows_moved(self, event: Moved) -> None:
        """Says where it stands now."""
        event.stop()
        self.refresh_log()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the cursor as keys do, so that looking back stops the following."""
        event.stop()
        event.prevent_default()
        self.move(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the cursor as keys do."""
        event.stop()
        event.prevent_default()
        self.move(3)
