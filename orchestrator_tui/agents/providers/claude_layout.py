"""Parts of the Claude CLI's screen: the input box, or the dialog in its place, and what is around it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import combining, east_asian_width

from orchestrator_tui.agents.providers.styled_screen import Row

_FRAME = re.compile(r"─{8,}(?: .+ ─+)?\Z")
"""The line above and below the input box and above a dialog; it begins in column 0, as no conversation text does."""

_PROMPT = re.compile(r"([❯!])(?:\s|\Z)")
_TEXT_COLUMN = 2


@dataclass(frozen=True, slots=True)
class Box:
    """The input box: its prompt character, what was typed into it, and what it shows in all."""

    prompt: str
    typed: str
    shown: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a screen, top to bottom.

    ``box`` is None where a dialog or another view stands in its place; ``dialogs`` are then the candidates for it,
    the likeliest first. ``above`` and ``below`` are the rows around the box.
    """

    above: tuple[Row, ...]
    box: Box | None
    below: tuple[Row, ...]
    dialogs: tuple[tuple[Row, ...], ...]


def layout_of(rows: Sequence[Row]) -> Layout:
    """Finds the parts; a screen without any frame is one dialog candidate as a whole."""
    frames = [place for place, row in enumerate(rows) if _FRAME.match(row.text)]
    if len(frames) > 1:
        top, bottom = frames[-2:]
        prompt = _PROMPT.match(rows[top + 1].text)
        if prompt is not None:
            box = _box(prompt[1], rows[top + 1 : bottom], width=len(rows[bottom].text))
            return Layout(tuple(rows[:top]), box, tuple(rows[bottom + 1 :]), ())
    candidates = [tuple(rows[place + 1 :]) for place in reversed(frames)]
    return Layout(tuple(rows), None, (), tuple(candidates or [tuple(rows)]))


def _box(prompt: str, rows: Sequence[Row], width: int) -> Box:
    typed = [row.bright(_TEXT_COLUMN) for row in rows]
    shown = [row.text[_TEXT_COLUMN:] for row in rows]
    return Box(prompt, _unwrapped(typed, width), _unwrapped(shown, width))


def _unwrapped(lines: Sequence[str], width: int) -> str:
    """Joins the lines that the CLI broke since the next word did not fit; it leaves the last two columns free."""
    room = width - _TEXT_COLUMN - 2
    text = lines[0]
    for before, line in pairwise(lines):
        text += _break_between(before, line, room) + line
    return text.strip("\n")


def _break_between(before: str, line: str, room: int) -> str:
    """What stood between two lines: nothing inside a word longer than a line, a blank where one broke, or a break."""
    first_word = _columns(line.split(" ", 1)[0])
    if first_word == 0 or _columns(before) + 1 + first_word <= room:
        return "\n"
    last_word = _columns(before.rsplit(" ", 1)[-1])
    return "" if _columns(before) >= room and last_word + first_word > room else " "


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text if not combining(character))


def text_of(rows: Sequence[Row]) -> str:
    """The rows' text."""
    return "\n".join(row.text for row in rows)


def last_block(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows at the end that belong together: from the last message's mark to the end."""
    start = len(rows)
    for place in range(len(rows) - 1, -1, -1):
        if re.match(r"[❯●⏺]", rows[place].text):
            start = place
            break
    else:
        start = 0
    return tuple(rows[start:])


_NUMBERED = re.compile(r" *(?:❯ ?)? *(\d+)\. +(?:\[.\] )?(?=\S)")
_CHOSEN = re.compile(r" *❯ +(?:\[.\] |✔ )?(?=\S)")


def numbered_options(rows: Sequence[Row]) -> tuple[str, ...]:
    """The labels of options 1, 2, 3 …, joined where they wrap; faint explanations are left out."""
    options: list[str] = []
    column = 0
    for row in rows:
        start = _NUMBERED.match(row.text)
        if start is not None and int(start[1]) == len(options) + 1:
            options.append(_label(row, start.end()))
            column = start.end()
        elif options and row.text and not row.text[:column].strip() and row.text[column : column + 1].strip():
            if not row.is_faint(column):
                options[-1] = f"{options[-1]} {_label(row, column)}"
        elif row.text.strip() and not _FRAME.match(row.text):
            column = len(row.text) + 1
    return tuple(options)


def listed_options(rows: Sequence[Row]) -> tuple[str, ...]:
    """The labels in the block of lines that holds the chosen one, of a dialog that does not number them."""
    chosen = next((place for place, row in enumerate(rows) if _CHOSEN.match(row.text)), None)
    if chosen is None:
        return ()
    start = end = chosen
    while start > 0 and rows[start - 1].text.strip():
        start -= 1
    while end + 1 < len(rows) and rows[end + 1].text.strip():
        end += 1
    return tuple(re.sub(r"^[\s❯✔]+", "", row.text) for row in rows[start : end + 1])


def _label(row: Row, start: int) -> str:
    """A label without the faint explanation that follows it on its line."""
    bright = row.bright(start).removesuffix(" ·") if not row.is_faint(start) else row.text[start:]
    return bright.strip()
