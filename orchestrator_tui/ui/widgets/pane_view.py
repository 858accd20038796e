"""Panel 3: the selected agent's screen, pulled only while it is seen."""

from typing import ClassVar

from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orchestrator_tui.core.views import AgentView, PaneFrame
from orchestrator_tui.ui.ansi import parse_lines
from orchestrator_tui.ui.format import Span, Spans, agent_look
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.money import agent_facts
from orchestrator_tui.ui.widgets.frame import Framed, content_of


def crop(frame: PaneFrame, used_rows: int, width: int, height: int) -> tuple[int, int]:
    """The left column and top row to show, so that the end of the text and the cursor are in sight."""
    last = max(used_rows - 1, frame.cursor_y if frame.cursor_visible else 0)
    top = max(0, last - height + 1)
    if frame.cursor_visible and frame.cursor_y < top:
        top = frame.cursor_y
    left = max(0, frame.cursor_x - width + 1) if frame.cursor_visible and frame.cursor_x >= width else 0
    return left, top


class PaneView(  # pyright: ignore[reportIncompatibleMethodOverride] - Framed adds none, ScrollView comes first
    ScrollView, Framed, can_focus=True, inherit_bindings=False
):
    """Draws one frame; follows its end until it is scrolled away."""

    panel = Panel.PANE

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pane--cursor", "pane--muted"}
    DEFAULT_CSS = """
    PaneView {
        scrollbar-size: 0 0;
        padding: 0 1;
        overflow: auto;
        & .pane--cursor { background: $accent; color: $background; }
        & .pane--muted { color: $muted; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._frame: PaneFrame | None = None
        self._lines: tuple[bytes, ...] = ()
        self._strips: list[Strip] = []
        self._follows = True
        self._agent: AgentView | None = None

    @property
    def pane_frame(self) -> PaneFrame | None:
        """The frame that is drawn."""
        return self._frame

    @property
    def follows(self) -> bool:
        """Whether the end of the text is kept in sight."""
        return self._follows

    def show_agent(self, agent: AgentView | None) -> None:
        """Shows whose pane this is; another agent starts with an empty screen."""
        if (agent.id if agent else None) != (self._agent.id if self._agent else None):
            self._frame, self._lines, self._strips, self._follows = None, (), [], True
            self.refresh()
        self._agent = agent
        self._write_facts()

    def show_frame(self, frame: PaneFrame | None) -> None:
        """Draws the frame, redrawing only the rows that changed."""
        old_lines, old_frame = self._lines, self._frame
        if frame == old_frame:
            return
        self._frame = frame
        self._lines = frame.lines if frame else ()
        self._strips = parse_lines(self._lines)
        if frame is None or old_frame is None or len(old_lines) != len(self._lines):
            self.refresh()
        used = self._used_rows()
        self.virtual_size = Size(frame.cols if frame else 0, max(used, (frame.cursor_y + 1) if frame else 0))
        self._follow()
        left, top = self.scroll_offset
        del left
        changed = {y for y, (old, new) in enumerate(zip(old_lines, self._lines, strict=False)) if old != new}
        changed |= {one.cursor_y for one in (old_frame, frame) if one is not None}
        for y in changed:
            self.refresh(Region(0, y - top, self.size.width, 1))
        self._write_facts()

    def scroll_rows(self, rows: int) -> None:
        """Scrolls by rows; reaching the end follows it again."""
        end = max(0, self.virtual_size.height - self._room.height)
        target = min(end, max(0, self.scroll_offset.y + rows))
        self._follows = target >= end
        self.scroll_to(y=target, animate=False, force=True, immediate=True)
        self.refresh()
        self._write_facts()

    @property
    def half_page(self) -> int:
        """Half of the visible rows, at least one."""
        return max(1, self._room.height // 2)

    def render_line(self, y: int) -> Strip:
        """Draws the frame's row at the widget's line ``y``."""
        width, base = self._room.width, self.rich_style
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
        self._follow()
        self._write_facts()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scrolls back; the pane stays there."""
        event.prevent_default().stop()
        self.scroll_rows(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scrolls on; at the end the pane is followed again."""
        event.prevent_default().stop()
        self.scroll_rows(3)

    @property
    def _room(self) -> Size:
        return self.scrollable_content_region.size

    def _used_rows(self) -> int:
        rows = (y + 1 for y in range(len(self._strips) - 1, -1, -1) if self._strips[y].text.strip())
        return next(rows, 0)

    def _follow(self) -> None:
        if self._frame is None or not self._follows:
            return
        left, top = crop(self._frame, self._used_rows(), self._room.width, self._room.height)
        if (left, top) != tuple(self.scroll_offset):
            self.scroll_to(left, top, animate=False, force=True, immediate=True)
            self.refresh()

    def _empty_line(self, y: int) -> Spans:
        if y != 1:
            return ()
        if self._agent is None:
            return (Span(" The chosen agent's screen appears here.", "muted"),)
        if self._agent.pane_id is None:
            return (Span(f" {self._agent.name} has no pane. ", "muted"), Span("R", "accent"), Span(" starts it again."))
        return ()

    def _write_facts(self) -> None:
        agent, frame = self._agent, self._frame
        title: Spans = (Span("3 ", "muted"), Span("Pane", "strong"))
        if agent is None:
            self.frame(title)
            return
        title = (*title, Span(f"  {agent.name}", "accent"), Span(f"  {agent.pane_id or ''}".rstrip(), "muted"))
        facts: Spans = ()
        if frame is not None:
            word = "ended" if frame.dead else "live" if self._follows else "scrolled, G follows"
            facts = (Span(f"{word} {frame.cols}x{frame.rows}", "muted"),)
        self.frame(title, facts, pane_subtitle(agent, self.outer_size.width - 8))


def pane_subtitle(agent: AgentView, width: int) -> Spans:
    """Who the agent is and what it waits for, in at most ``width`` cells: the facts go before the wait does."""
    look = agent_look(agent)
    wait = f"{look.glyph} waits for {agent.waiting_for}" if agent.waiting_for else ""
    if not wait and agent.reason:
        wait = agent.reason
    facts = [str(agent.role), str(agent.model), agent.provider, *agent_facts(agent), agent.branch or ""]
    facts.append("held" if agent.held else "")
    while facts and len("  ".join(part for part in [*facts, wait] if part)) > width:
        facts.pop()
    who = "  ".join(part for part in facts if part)
    spans = [Span(who, "muted")] if who else []
    if wait and len(wait) <= width:
        spans.append(Span(("  " if who else "") + wait, look.token))
    return tuple(spans)
