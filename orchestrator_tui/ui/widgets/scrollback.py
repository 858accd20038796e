"""What scrolled out of a pane, frozen while it is read: lines, and where words stand in them."""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from orchestrator_tui.ui.ansi import parse_lines


@dataclass(frozen=True, slots=True)
class Match:
    """Where words stand: a row of the scrollback, and columns from ``start`` up to ``end``, in cells."""

    row: int
    start: int
    end: int


class Scrollback:
    """A pane's older lines and its screen at one moment; blank rows at the end are cut off."""

    def __init__(self, lines: tuple[bytes, ...]) -> None:
        strips = parse_lines(lines)
        while strips and not strips[-1].text.strip():
            strips.pop()
        self.strips = strips
        self.width = max((strip.cell_length for strip in strips), default=0)
        self._found: dict[int, list[Match]] = {}
        self.matches: tuple[Match, ...] = ()
        self.at: int | None = None

    def text(self, top: int, rows: int) -> str:
        """The text of ``rows`` rows from ``top`` on, without blank ends."""
        return "\n".join(strip.text.rstrip() for strip in self.strips[top : top + rows]).strip("\n")

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.strips)

    def search(self, words: str) -> None:
        """Finds every place of ``words``, small and capital letters alike unless one of them is capital."""
        fold = words == words.lower()
        self._found = {}
        if words:
            for row, strip in enumerate(self.strips):
                text = strip.text.lower() if fold else strip.text
                places = _places(text, words, strip.text)
                if places:
                    self._found[row] = [Match(row, start, end) for start, end in places]
        self.matches = tuple(match for matches in self._found.values() for match in matches)
        self.at = None

    def step(self, by: int) -> int | None:
        """Goes to the next older (-1) or newer (1) match, round the end; returns its row, None without any."""
        count = len(self.matches)
        if not count:
            return None
        self.at = (count - 1 if by < 0 else 0) if self.at is None else (self.at + by) % count
        return self.matches[self.at].row

    def strip(self, row: int, found: Style, chosen: Style) -> Strip:
        """The row with its matches marked, the one at which the reader is as ``chosen``; empty beyond the end."""
        if row >= len(self.strips):
            return Strip([])
        at = None if self.at is None else self.matches[self.at]
        strip = self.strips[row]
        for match in self._found.get(row, ()):
            before, middle, after = strip.divide([match.start, match.end, max(match.end, strip.cell_length)])
            marked = Strip(Segment.apply_style(middle, post_style=chosen if match == at else found))
            strip = Strip.join([before, marked, after])
        return strip


def _places(text: str, words: str, shown: str) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    begin = text.find(words)
    while begin >= 0:
        left = cell_len(shown[:begin])
        places.append((left, left + cell_len(shown[begin : begin + len(words)])))
        begin = text.find(words, begin + len(words))
    return places
