"""The last look at every line before the terminal gets it: no widget has to remember to clean what agents wrote."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from orchestrator_tui.core.printable import is_one_line, one_line


class TerminalGuard(LineFilter):
    """Takes control characters out of texts. They have no width, so nothing moves."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line's segments, the very same list where all of them are clean."""
        del background
        if all(segment.control is not None or is_one_line(segment.text) for segment in segments):
            return segments
        return [
            segment if segment.control is not None else Segment(one_line(segment.text), segment.style)
            for segment in segments
        ]
