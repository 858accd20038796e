"""A captured pane as rows of text that know which of their characters are faint or under a drawn cursor. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ESCAPE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;:]*)m"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x09\x0b-\x1f\x7f]"
)
_GREYS = range(232, 256)
_BRIGHT_BLACK = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One line without trailing blanks; ``faint`` and ``reversed`` are the positions of such characters in ``text``."""

    text: str
    faint: frozenset[int] = frozenset()
    reversed: frozenset[int] = frozenset()

    def is_faint(self, start: int = 0, end: int | None = None) -> bool:
        """Whether every character of a part that can be seen is faint; a blank part is not."""
        seen = [
            place for place in range(start, len(self.text) if end is None else end) if not self.text[place].isspace()
        ]
        return bool(seen) and self.faint.issuperset(seen)

    def bright(self, start: int = 0) -> str:
        """The text from ``start`` up to where the faint rest begins, without trailing blanks.

        The drawn cursor reverses the character it stands on, which is then as faint as the one behind it.
        """
        end = len(self.text)
        while end > start and (self.text[end - 1].isspace() or self._is_faint_at(end - 1)):
            end -= 1
        return self.text[start:end]

    def _is_faint_at(self, place: int) -> bool:
        return place in self.faint or (place in self.reversed and place + 1 in self.faint)


@dataclass(slots=True)
class _Style:
    dim: bool = False
    reverse: bool = False
    grey: bool = False

    def apply(self, parameters: str) -> None:
        codes = iter([int(code) if code else 0 for code in parameters.replace(":", ";").split(";")])
        for code in codes:
            match code:
                case 0:
                    self.dim = self.reverse = self.grey = False
                case 2:
                    self.dim = True
                case 7:
                    self.reverse = True
                case 22:
                    self.dim = False
                case 27:
                    self.reverse = False
                case 38:
                    self.grey = _is_grey(codes)
                case 48:
                    _is_grey(codes)
                case 90:
                    self.grey = True
                case _ if 30 <= code <= 39 or 91 <= code <= 97:
                    self.grey = False
                case _:
                    pass


def _is_grey(codes: Iterator[int]) -> bool:
    """Takes an extended colour off ``codes``; whether it is neither coloured nor as bright as text."""
    kind = next(codes, 0)
    if kind == 5:
        number = next(codes, 0)
        return number == _BRIGHT_BLACK or number in _GREYS
    red, green, blue = next(codes, 0), next(codes, 0), next(codes, 0)
    return red == green == blue and 0 < red < 255


def rows_of(screen: str) -> tuple[Row, ...]:
    """The rows of ``tmux capture-pane -e -p``; a style goes on over line ends."""
    style = _Style()
    return tuple(_row(line, style) for line in screen.split("\n"))


def _row(line: str, style: _Style) -> Row:
    characters: list[str] = []
    faint: set[int] = set()
    reversed_: set[int] = set()
    position = 0

    def add(part: str) -> None:
        places = range(len(characters), len(characters) + len(part))
        characters.extend(part)
        if style.dim or style.grey:
            faint.update(places)
        if style.reverse:
            reversed_.update(places)

    for escape in _ESCAPE.finditer(line):
        add(line[position : escape.start()])
        position = escape.end()
        if escape["sgr"] is not None:
            style.apply(escape["sgr"])
    add(line[position:])
    text = "".join(characters).rstrip()
    kept = range(len(text))
    return Row(text, frozenset(faint).intersection(kept), frozenset(reversed_).intersection(kept))
