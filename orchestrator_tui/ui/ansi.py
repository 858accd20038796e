"""A captured pane line as a Strip: colours and attributes are kept, every other control sequence is dropped."""

import re
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


class Sgr(NamedTuple):
    """The graphic state between two characters: colours (palette number or RGB) and attribute bits."""

    fg: int | tuple[int, int, int] | None = None
    bg: int | tuple[int, int, int] | None = None
    attributes: int = 0


PLAIN = Sgr()

_ATTRIBUTE_NAMES = ("bold", "dim", "italic", "underline", "blink", "reverse", "conceal", "strike")
_SET = {1: 1, 2: 2, 3: 4, 4: 8, 7: 32, 8: 64, 9: 128}
# 5 and 6 (blink) are left out on purpose: nothing in the dashboard blinks.
_CLEAR = {22: 1 | 2, 23: 4, 24: 8, 25: 16, 27: 32, 28: 64, 29: 128}
_LINE_DRAWING = str.maketrans("`afgijklmnopqrstuvwxyz{|}~", "◆▒°±␉┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")

_TOKEN = re.compile(
    r"\x1b\[(?P<sgr>[0-9;:]*)m"
    r"|(?P<shift_out>\x0e)"
    r"|(?P<shift_in>\x0f)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # any other CSI
    r"|[\x9b][0-?]*[ -/]*[@-~]"  # the same with the 8-bit introducer
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f]).*?(?:\x07|\x1b\\|\x9c|$)"  # OSC, DCS, SOS, PM, APC, ended or not
    r"|\x1b[ -/]*[0-~]?"  # any other escape
    r"|[\x00-\x0d\x10-\x1a\x1c-\x1f\x7f-\x9f]"  # lone controls
    r"|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # direction marks that could reorder the dashboard
)


@lru_cache(maxsize=4096)
def parse_line(raw: bytes, state: Sgr = PLAIN) -> tuple[Strip, Sgr]:
    """The line as a Strip of its natural width, and the graphic state in which it ends."""
    text = raw.decode("utf-8", "replace").expandtabs(8)
    segments: list[Segment] = []
    position = 0
    drawing = False
    for token in _TOKEN.finditer(text):
        _add(segments, text[position : token.start()], state, drawing=drawing)
        position = token.end()
        if token["sgr"] is not None:
            state = apply_sgr(state, token["sgr"])
        elif token["shift_out"] is not None:
            drawing = True
        elif token["shift_in"] is not None:
            drawing = False
    _add(segments, text[position:], state, drawing=drawing)
    return Strip(segments), state


def parse_lines(lines: tuple[bytes, ...]) -> list[Strip]:
    """Strips for a whole screen; the graphic state runs on from line to line."""
    state = PLAIN
    strips: list[Strip] = []
    for raw in lines:
        strip, state = parse_line(raw, state)
        strips.append(strip)
    return strips


def plain_text(lines: tuple[bytes, ...]) -> str:
    """The screen's text without colours, without blank ends."""
    return "\n".join(strip.text.rstrip() for strip in parse_lines(lines)).strip("\n")


def _add(segments: list[Segment], text: str, state: Sgr, *, drawing: bool) -> None:
    if text:
        segments.append(Segment(text.translate(_LINE_DRAWING) if drawing else text, _style(state)))


@lru_cache(maxsize=4096)
def _style(state: Sgr) -> Style:
    words = (name for bit, name in enumerate(_ATTRIBUTE_NAMES) if state.attributes >> bit & 1)
    return Style(color=_text_color(state), bgcolor=_color(state.bg)) + Style.parse(" ".join(words))


def _text_color(state: Sgr) -> Color | None:
    background = _color(state.bg)
    if state.fg is not None or background is None:
        return _color(state.fg)
    # The program counted on its own terminal's text colour; ours may be unreadable on that background.
    red, green, blue = background.get_truecolor()
    is_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 128
    return Color.from_ansi(15 if is_dark else 0)


def _color(value: int | tuple[int, int, int] | None) -> Color | None:
    if value is None:
        return None
    return Color.from_ansi(value) if isinstance(value, int) else Color.from_rgb(*value)


@lru_cache(maxsize=4096)
def apply_sgr(state: Sgr, parameters: str) -> Sgr:
    """The state after ``CSI parameters m``; unknown and damaged parameters change nothing."""
    parts = parameters.split(";")
    index = 0
    while index < len(parts):
        part = parts[index]
        index += 1
        if ":" in part:
            state = _apply_colon_form(state, part.split(":"))
            continue
        number = _number(part)
        if number in (38, 48, 58):
            color, used = _extended_color(parts[index:])
            index += used
            state = _with_color(state, number, color)
        else:
            state = _apply_number(state, number)
    return state


def _apply_number(state: Sgr, number: int) -> Sgr:
    if number == 0:
        state = PLAIN
    elif number in _SET:
        state = state._replace(attributes=state.attributes | _SET[number])
    elif number in _CLEAR:
        state = state._replace(attributes=state.attributes & ~_CLEAR[number])
    elif 30 <= number <= 37:
        state = state._replace(fg=number - 30)
    elif 90 <= number <= 97:
        state = state._replace(fg=number - 82)
    elif 40 <= number <= 47:
        state = state._replace(bg=number - 40)
    elif 100 <= number <= 107:
        state = state._replace(bg=number - 92)
    elif number == 39:
        state = state._replace(fg=None)
    elif number == 49:
        state = state._replace(bg=None)
    return state


def _apply_colon_form(state: Sgr, parts: list[str]) -> Sgr:
    number = _number(parts[0])
    if number == 4:
        bits = state.attributes & ~8 if _number(parts[1]) == 0 else state.attributes | 8
        return state._replace(attributes=bits)
    if number in (38, 48, 58):
        if parts[1] == "5" and len(parts) > 2:
            return _with_color(state, number, _number(parts[2]) & 255)
        if parts[1] == "2" and len(parts) >= 5:
            return _with_color(state, number, _rgb(parts[-3:]))
    return state


def _extended_color(parts: list[str]) -> tuple[int | tuple[int, int, int] | None, int]:
    if len(parts) >= 2 and parts[0] == "5":
        return _number(parts[1]) & 255, 2
    if len(parts) >= 4 and parts[0] == "2":
        return _rgb(parts[1:4]), 4
    return None, len(parts)


def _with_color(state: Sgr, number: int, color: int | tuple[int, int, int] | None) -> Sgr:
    if color is None or number == 58:
        return state
    return state._replace(fg=color) if number == 38 else state._replace(bg=color)


def _rgb(parts: list[str]) -> tuple[int, int, int]:
    red, green, blue = (_number(part) & 255 for part in parts)
    return red, green, blue


def _number(part: str) -> int:
    # tmux never sends more than three digits; a longer run of digits is damage.
    return int(part) if part.isdigit() and len(part) <= 5 else 0 if part == "" else -1
