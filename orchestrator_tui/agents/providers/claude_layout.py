"""Parts of the Claude CLI's screen: the input box, or the dialog in its place, and what is around it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import combining, east_asian_width

from orchestrator_tui.agents.providers.styled_screen import Row

_FRAME = re.compile(r"─{8,}(?: .+ ─+)?\Z")
"""The line above and below the input box and above a dialog; it begins in column 0, as no conversation text does."""

_MOST_LINES = 4
"""A dialog has at most two such lines of its own; more are not looked behind, whatever a program prints."""

_PROMPT = re.compile(r"([❯!])(?:\s|\Z)")
_TEXT_COLUMN = 2
_MARK = re.compile(r"[❯!●⏺](?:\s|\Z)")
"""Begins a person's and the model's messages; macOS has the last one."""

_NUMBERED = re.compile(r" *(?:❯ ?)? *(\d+)\. +(?:\[.\] )?(?=\S)")
_CHOSEN = re.compile(r" *❯ +(?=\S)")
_LIST_MARKS = re.compile(r"^ *(?:❯ +)?(?:\[.\] |✔ )?")


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


def layout_of(rows: Sequence[Row], cursor: tuple[int, int] | None = None) -> Layout:
    """Finds the parts; a screen without any frame is one dialog candidate as a whole.

    Of a box taller than the screen only the ``cursor`` (column, row) tells that it is none of what can be below
    a dialog's line.
    """
    frames = [place for place, row in enumerate(rows) if _FRAME.match(row.text)]
    if len(frames) > 1:
        top, bottom = frames[-2:]
        prompt = _PROMPT.match(rows[top + 1].text)
        if prompt is not None:
            box = _box(prompt[1], rows[top + 1 : bottom], width=len(rows[bottom].text))
            return Layout(tuple(rows[:top]), box, tuple(rows[bottom + 1 :]), ())
    if len(frames) == 1 and cursor is not None and cursor[1] < frames[0] and not _is_option(rows[frames[0] + 1 :]):
        bottom = frames[0]
        box = _box("❯", rows[:bottom], width=len(rows[bottom].text))
        return Layout((), box, tuple(rows[bottom + 1 :]), ())
    candidates = [tuple(rows[place + 1 :]) for place in reversed(frames[-_MOST_LINES:])]
    return Layout(tuple(rows), None, (), tuple(candidates or [tuple(rows)]))


def _is_option(rows: Sequence[Row]) -> bool:
    return bool(rows) and _NUMBERED.match(rows[0].text) is not None


def _box(prompt: str, rows: Sequence[Row], width: int) -> Box:
    typed = [row.before_dim(_TEXT_COLUMN) for row in rows]
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


def last_block(rows: Sequence[Row], *, of_person: bool = False) -> tuple[Row, ...]:
    """The rows from the newest message (or the person's newest) on, without blank ones at the end.

    All of them where no message begins on the screen.
    """
    end = len(rows)
    while end and not rows[end - 1].text:
        end -= 1
    mark = _PROMPT if of_person else _MARK
    start = next((place for place in range(end - 1, -1, -1) if mark.match(rows[place].text)), 0)
    return tuple(rows[start:end])


def numbered_options(rows: Sequence[Row]) -> tuple[str, ...]:
    """The labels of options 1, 2, 3 …, joined where they wrap; faint explanations are left out."""
    options: list[str] = []
    column = 0
    for row in rows:
        start = _NUMBERED.match(row.text)
        if start is not None and int(start[1]) in (1, len(options) + 1):
            # What looks like options may stand in the text above them: the last 1 begins the real ones.
            options = [*(options if start[1] != "1" else []), _label(row, start.end())]
            column = start.end()
        elif options and row.text[column : column + 1].strip() and not row.text[:column].strip():
            if not row.is_faint(column):
                options[-1] = f"{options[-1]} {_label(row, column)}"
        elif row.text and not _FRAME.match(row.text):
            column = len(row.text) + 1
    return tuple(options)


def listed_options(rows: Sequence[Row]) -> tuple[str, ...]:
    """The labels around the chosen one, of a dialog that does not number them; fainter key hints are none."""
    found = next(((place, match) for place, row in enumerate(rows) if (match := _CHOSEN.match(row.text))), None)
    if found is None:
        return ()
    chosen, column = found[0], found[1].end()

    def is_label(place: int) -> bool:
        row = rows[place]
        return bool(row.text) and not row.text[:column].strip() and not row.is_faint()

    start = end = chosen
    while start > 0 and is_label(start - 1):
        start -= 1
    while end + 1 < len(rows) and is_label(end + 1):
        end += 1
    return tuple(_LIST_MARKS.sub("", row.text) for row in rows[start : end + 1])


def _label(row: Row, start: int) -> str:
    """A label without the faint explanation that follows it on its line, unless it is faint itself."""
    if row.is_faint(start):
        return row.text[start:]
    return row.before_faint(start).removesuffix(" ·")
