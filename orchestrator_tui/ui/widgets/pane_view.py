"""Panel 3: the selected agent's screen, its history, and typing into it."""

from typing import ClassVar

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from orchestrator_tui.core.views import AgentView, Stroke
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.keystrokes import LEAVE, stroke_of
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.widgets.live_pane import LivePane
from orchestrator_tui.ui.widgets.scrollback import Scrollback


class PaneView(LivePane):
    """Follows the live screen; scrolled back it draws a frozen scrollback instead."""

    panel = Panel.PANE

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pane--found", "pane--match"}
    DEFAULT_CSS = """
    PaneView {
        &.typing { border: round $state-needs; }
        & .pane--found { background: $panel; color: $state-needs; }
        & .pane--match { background: $state-needs; color: $background; }
    }
    """

    class HistoryWanted(Message):
        """Somebody scrolls back: ``show_history`` is waited for."""

    class Pressed(Message):
        """Something was typed for the agent: a stroke, or a pasted text."""

        def __init__(self, what: Stroke | str) -> None:
            super().__init__()
            self.what = what

    class TypingEnded(Message):
        """The person leaves the pane."""

    class Fitted(Message):
        """The room for the screen is another while somebody types there."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._history: Scrollback | None = None
        self._rows_wanted = 0
        self.is_typing = False

    @property
    def history(self) -> Scrollback | None:
        """What is drawn while scrolled back."""
        return self._history

    @property
    def follows(self) -> bool:
        """Whether the live screen is shown."""
        return self._history is None

    def agent_is_another(self) -> None:
        """Nothing of the agent before is kept."""
        self._history, self._rows_wanted = None, 0
        if self.is_typing:
            self.post_message(self.TypingEnded())

    def set_typing(self, typing: bool) -> None:
        """Every key goes to the agent from now on, or none."""
        self.is_typing = typing
        self.set_class(typing, "typing")
        if typing:
            self.follow_end()
        self.write_facts()

    def show_history(self, history: Scrollback) -> None:
        """Shows what was asked for by ``HistoryWanted`` and scrolls as far as was wanted."""
        self._history = history
        self.virtual_size = Size(self._history.width, self._history.rows)
        self._show_from(self._end_row)
        rows, self._rows_wanted = self._rows_wanted, 0
        self.scroll_rows(rows)

    def follow_end(self) -> None:
        """Shows the live screen again."""
        if self._history is not None:
            self._history = None
            self.follow()
            self.refresh()
            self.write_facts()

    def scroll_rows(self, rows: int) -> None:
        """Scrolls by rows through what the pane remembers; its end is the live screen again."""
        if self._history is None:
            if rows < 0 and self.pane_frame is not None:
                if self._rows_wanted == 0:
                    self.post_message(self.HistoryWanted())
                self._rows_wanted += rows
            return
        target = max(0, self.scroll_offset.y + rows)
        if target >= self._end_row and rows > 0:
            self.follow_end()
        else:
            self._show_from(min(target, self._end_row))

    def search(self, words: str) -> int:
        """Marks the words in the scrollback and goes to the newest place; returns how many there are."""
        if self._history is None:
            return 0
        self._history.search(words)
        self.go_to_match(-1)
        self.refresh()
        return len(self._history.matches)

    def go_to_match(self, step: int) -> None:
        """Goes to the next older (-1) or newer (1) place of the words, round the end."""
        row = self._history.step(step) if self._history is not None else None
        if row is not None:
            self._show_from(min(self._end_row, max(0, row - self.room.height // 2)))

    def visible_text(self) -> str:
        """What is seen while scrolled back, without blank ends; empty while the live screen is shown."""
        return "" if self._history is None else self._history.text(self.scroll_offset.y, self.room.height)

    @property
    def half_page(self) -> int:
        """Half of the visible rows, at least one."""
        return max(1, self.room.height // 2)

    def render_line(self, y: int) -> Strip:
        """Draws one line of the live screen or of what is read back."""
        if self._history is None:
            return super().render_line(y)
        width, base, style = self.drawn_width, self.base_style, self.get_component_rich_style
        left, top = self.scroll_offset
        strip = self._history.strip(y + top, style("pane--found"), style("pane--match"))
        return strip.crop(left, left + width).adjust_cell_length(width, base).apply_style(base)

    def on_resize(self) -> None:
        """Fits the new size."""
        if self.is_typing:
            self.post_message(self.Fitted())

    def on_blur(self) -> None:
        """The keyboard went elsewhere, as by mouse: nothing is typed any more."""
        if self.is_typing:
            self.post_message(self.TypingEnded())

    def on_key(self, event: events.Key) -> None:
        """Hands on what is typed for the agent."""
        if not self.is_typing:
            return
        event.stop().prevent_default()
        if event.key == LEAVE:
            self.post_message(self.TypingEnded())
            return
        stroke = stroke_of(event.key, event.character)
        if stroke is not None:
            # What is typed is seen, wherever the wheel went meanwhile.
            self.follow_end()
            self.post_message(self.Pressed(stroke))

    def on_paste(self, event: events.Paste) -> None:
        """Hands on what is pasted for the agent."""
        if self.is_typing:
            event.stop().prevent_default()
            self.follow_end()
            self.post_message(self.Pressed(event.text))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scrolls back; the pane stays there."""
        event.prevent_default().stop()
        self.scroll_rows(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scrolls on; at the end the pane is followed again."""
        event.prevent_default().stop()
        self.scroll_rows(3)

    def title_start(self) -> Spans:
        """The panel's number and name."""
        return (Span("3 ", "muted"), Span("Pane  " if self.agent else "Pane", "strong"))

    def facts(self) -> Spans:
        """How far it is scrolled back and which place of the words is seen, or the live screen's size."""
        history = self._history
        if history is None:
            return super().facts()
        place = f"{(history.at or 0) + 1} of {len(history.matches)}  " if history.matches else ""
        up = self._end_row - self.scroll_offset.y
        return (Span(place, "needs"), Span(f"{up} rows up, G follows", "muted"))

    def below(self, agent: AgentView) -> Spans:
        """Whether keys go to the agent, else who it is."""
        if self.is_typing:
            return (Span("TYPING", "needs"), Span("  ctrl+q leaves", "muted"))
        return super().below(agent)

    @property
    def _end_row(self) -> int:
        rows = self._history.rows if self._history is not None else 0
        return max(0, rows - self.room.height)

    def _show_from(self, row: int) -> None:
        self.scroll_to(0, row, animate=False, force=True, immediate=True)
        self.refresh()
        self.write_facts()
