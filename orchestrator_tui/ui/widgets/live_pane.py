"""An agent's screen as it is now, cropped to its end and redrawn where it changed."""

from typing import ClassVar

from rich.cells import cell_len
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orchestrator_tui.core.views import AgentView, PaneFrame
from orchestrator_tui.ui.ansi import parse_lines
from orchestrator_tui.ui.format import Span, Spans, agent_look, fit
from orchestrator_tui.ui.hints import key_span
from orchestrator_tui.ui.money import agent_facts
from orchestrator_tui.ui.widgets.frame import Framed, content_of
from orchestrator_tui.ui.work_words import work_word

BLANK_AFTER_S = 0.1


def crop(frame: PaneFrame, used_rows: int, width: int, height: int) -> tuple[int, int]:
    """The left column and top row to show, so that the end of the text and the cursor are in sight."""
    last = max(used_rows - 1, frame.cursor_y if frame.cursor_visible else 0)
    top = max(0, last - height + 1)
    if frame.cursor_visible and frame.cursor_y < top:
        top = frame.cursor_y
    left = max(0, frame.cursor_x - width + 1) if frame.cursor_visible and frame.cursor_x >= width else 0
    return left, top


class LivePane(  # pyright: ignore[reportIncompatibleMethodOverride] - Framed adds none, ScrollView comes first
    ScrollView, Framed, can_focus=True, inherit_bindings=False
):
    """Draws one frame of one agent."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pane--cursor"}
    DEFAULT_CSS = """
    LivePane {
        scrollbar-size: 0 0;
        padding: 0 1;
        overflow: auto;
        & .pane--cursor { background: $accent; color: $background; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._agent: AgentView | None = None
        self._frame: PaneFrame | None = None
        self._lines: tuple[bytes, ...] = ()
        self._strips: list[Strip] = []
        self.drawn_width = 0

    @property
    def agent(self) -> AgentView | None:
        """Whose pane this is."""
        return self._agent

    @property
    def pane_frame(self) -> PaneFrame | None:
        """The frame that is drawn."""
        return self._frame

    @property
    def follows(self) -> bool:
        """Whether the live screen is shown."""
        return True

    @property
    def room(self) -> Size:
        """The cells there are for a screen."""
        return self.scrollable_content_region.size

    def show_agent(self, agent: AgentView | None) -> None:
        """Shows whose pane this is; another agent starts with an empty screen."""
        if (agent.id if agent else None) != (self._agent.id if self._agent else None):
            self._frame, self._lines, self._strips = None, (), []
            self.agent_is_another()
            if agent is None or agent.pane_id is None:
                self.refresh()
            else:
                # Its screen is here in a moment: to paint a blank one first would only flicker.
                self.set_timer(BLANK_AFTER_S, self._blank_without_frame)
        elif self._frame is None and agent != self._agent:
            # What stands in an empty pane is about the agent.
            self.refresh()
        self._agent = agent
        self.write_facts()

    def _blank_without_frame(self) -> None:
        if self._frame is None:
            self.refresh()

    def agent_is_another(self) -> None:
        """For views that keep more of an agent than its frame."""

    def show_frame(self, frame: PaneFrame | None) -> None:
        """Draws the frame, redrawing only the rows that changed."""
        old_lines, old_frame = self._lines, self._frame
        if frame == old_frame:
            return
        self._frame = frame
        self._lines = frame.lines if frame else ()
        self._strips = parse_lines(self._lines)
        if not self.follows:
            return
        if frame is None or old_frame is None or len(old_lines) != len(self._lines):
            self.refresh()
        self.follow()
        _, top = self.scroll_offset
        changed = {y for y, (old, new) in enumerate(zip(old_lines, self._lines, strict=False)) if old != new}
        changed |= {one.cursor_y for one in (old_frame, frame) if one is not None}
        width = self.size.width
        for y in changed:
            self.refresh(Region(0, y - top, width, 1))
        if _facts(frame) != _facts(old_frame):
            self.write_facts()

    def follow(self) -> None:
        """Brings the end of the live screen to sight."""
        frame = self._frame
        rows = max(self._used_rows(), (frame.cursor_y + 1) if frame else 0)
        self.virtual_size = Size(frame.cols if frame else 0, rows)
        if frame is None:
            return
        left, top = crop(frame, self._used_rows(), self.room.width, self.room.height)
        if (left, top) != tuple(self.scroll_offset):
            self.scroll_to(left, top, animate=False, force=True, immediate=True)
            self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draws lines; how wide they are is the same for all of them and costs more than a line."""
        self.drawn_width = self.room.width
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draws the frame's row at the widget's line ``y``."""
        width, base = self.drawn_width, self.base_style
        left, top = self.scroll_offset
        frame, row = self._frame, y + top
        if frame is None:
            text = self._empty_line(y)
            return Strip(content_of(text).render_segments(self.visual_style)).adjust_cell_length(width, base)
        strip = self._strips[row] if row < len(self._strips) else Strip([])
        strip = strip.adjust_cell_length(max(frame.cols, left + width))
        if frame.cursor_visible and row == frame.cursor_y and frame.cursor_x < strip.cell_length:
            before, cell, after = strip.divide([frame.cursor_x, frame.cursor_x + 1, strip.cell_length])
            cell = Strip([*cell.apply_style(self.get_component_rich_style("pane--cursor"))])
            strip = Strip.join([before, cell, after])
        return strip.crop(left, left + width).adjust_cell_length(width, base).apply_style(base)

    def on_resize(self) -> None:
        """Fits the new size."""
        if self.follows:
            self.follow()
        self.write_facts()

    def write_facts(self) -> None:
        """Writes whose pane this is on its border."""
        agent = self._agent
        if agent is None:
            self.frame(self.title_start())
            return
        name: Spans = (Span(agent.name, "accent"), Span(f"  {agent.pane_id or ''}".rstrip(), "muted"))
        title = (*self.title_start(), *name)
        self.frame((*title, *self._note(agent, title)), self.facts(), self.below(agent))

    def _note(self, agent: AgentView, title: Spans) -> Spans:
        """The note on the agent, cut to what the title's line has left."""
        taken = sum(cell_len(span.text) for span in (*title, *self.facts()))
        room = self.outer_size.width - 14 - taken
        if not agent.note or room < 8:
            return ()
        return (Span(f"  ¶ {fit(agent.note, min(room, cell_len(agent.note)))}", "text"),)

    def title_start(self) -> Spans:
        """What stands before the agent's name."""
        return ()

    def facts(self) -> Spans:
        """What stands at the right of the top border."""
        frame = self._frame
        if frame is None:
            return ()
        return (Span(f"{'ended' if frame.dead else 'live'} {frame.cols}x{frame.rows}", "muted"),)

    def below(self, agent: AgentView) -> Spans:
        """What stands at the right of the bottom border."""
        return pane_subtitle(agent, self.outer_size.width - 8)

    def _used_rows(self) -> int:
        rows = (y + 1 for y in range(len(self._strips) - 1, -1, -1) if self._strips[y].text.strip())
        return next(rows, 0)

    def _empty_line(self, y: int) -> Spans:
        if y != 1:
            return ()
        if self._agent is None:
            return (Span(" The chosen agent's screen appears here.", "muted"),)
        if self._agent.pane_id is None:
            return (Span(f" {self._agent.name} has no pane. ", "muted"), key_span("R"), Span(" starts it again."))
        return ()


def _facts(frame: PaneFrame | None) -> tuple[int, int, bool] | None:
    """What of a frame is told on the border."""
    return None if frame is None else (frame.cols, frame.rows, frame.dead)


def pane_subtitle(agent: AgentView, width: int) -> Spans:
    """Who the agent is and what it waits for, in at most ``width`` cells: the facts go before the wait does."""
    look = agent_look(agent)
    wait = f"{look.glyph} waits for {agent.waiting_for}" if agent.waiting_for else ""
    if not wait and agent.reason:
        wait = agent.reason
    facts = [str(agent.role), str(agent.model), agent.provider, *agent_facts(agent), work_word(agent.work)]
    facts.append((agent.work.branch if agent.work else agent.branch) or "")
    facts.append("held" if agent.held else "")
    while facts and len("  ".join(part for part in [*facts, wait] if part)) > width:
        facts.pop()
    who = "  ".join(part for part in facts if part)
    spans = [Span(who, "muted")] if who else []
    if wait and len(wait) <= width:
        spans.append(Span(("  " if who else "") + wait, look.token))
    return tuple(spans)
