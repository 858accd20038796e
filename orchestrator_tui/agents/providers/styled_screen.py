"""A captured pane as rows of text that know how their characters look. Pure."""

import re
from collections.abc import Iterator, Set
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
    """One line without trailing blanks, and the positions in ``text`` of characters that look in some way.

    ``dim`` by that attribute, ``grey`` by colour, ``coloured`` in any other colour but the terminal's own,
    ``reversed`` as under a drawn cursor.
    """

    text: str
    dim: frozenset[int] = frozenset()
    grey: frozenset[int] = frozenset()
    coloured: frozenset[int] = frozenset()
    reversed: frozenset[int] = frozenset()

    def is_faint(self, start: int = 0) -> bool:
        """Whether all that can be seen from ``start`` is dim or grey; a blank part is not."""
        seen = {place for place in range(start, len(self.text)) if not self.text[place].isspace()}
        return bool(seen) and seen <= self.dim | self.grey

    def before_faint(self, start: int) -> str:
        """The text from ``start`` without a dim or grey rest and without trailing blanks."""
        return self._before(start, self.dim | self.grey)

    def before_dim(self, start: int) -> str:
        """The text from ``start`` without a dim rest and without trailing blanks.

        The drawn cursor hides that the character under it is dim; it is when the next one is.
        """
        return self._before(start, self.dim | {place for place in self.reversed if place + 1 in self.dim})

    def _before(self, start: int, left_out: Set[int]) -> str:
        end = len(self.text)
        while end > start and (self.text[end - 1].isspace() or end - 1 in left_out):
            end -= 1
        return self.text[start:end]


@dataclass(slots=True)
class _Style:
    dim: bool = False
    reverse: bool = False
    grey: bool = False
    coloured: bool = False

    def apply(self, parameters: str) -> None:
        codes = iter([int(code) if code else 0 for code in parameters.replace(":", ";").split(";")])
        for code in codes:
            match code:
                case 0:
                    self.dim = self.reverse = self.grey = self.coloured = False
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
                    self.coloured = not self.grey
                case 48:
                    _is_grey(codes)
                case 39:
                    self.grey = self.coloured = False
                case 90:
                    self.grey, self.coloured = True, False
                case _ if 30 <= code <= 37 or 91 <= code <= 97:
                    self.grey, self.coloured = False, True
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
    text = ""
    places: dict[str, set[int]] = {"dim": set(), "grey": set(), "coloured": set(), "reversed": set()}
    position = 0

    def add(part: str) -> None:
        nonlocal text
        new = range(len(text), len(text) + len(part))
        text += part
        looks = {"dim": style.dim, "grey": style.grey, "coloured": style.coloured, "reversed": style.reverse}
        for look, has_it in looks.items():
            if has_it:
                places[look].update(new)

    for escape in _ESCAPE.finditer(line):
        add(line[position : escape.start()])
        position = escape.end()
        if escape["sgr"] is not None:
            style.apply(escape["sgr"])
    add(line[position:])
    return Row(text.rstrip(), *(frozenset(places[look]) for look in ("dim", "grey", "coloured", "reversed")))
