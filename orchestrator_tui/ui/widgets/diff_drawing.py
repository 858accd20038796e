"""How a row of a diff is drawn: its gutter, its code, its colours."""

from collections.abc import Callable
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from orchestrator_tui.core.work import DiffLine, LineKind
from orchestrator_tui.ui.diff_rows import CommentRow, HunkRow, LineRow, NoteRow, Row, seen
from orchestrator_tui.ui.highlight import KINDS, Run

GUTTER = 9
"""Cells before the code: the cursor, the line's number, its sign."""

COMPONENTS = {
    *(f"diff--{kind}" for kind in KINDS),
    "diff--context-line",
    "diff--added-line",
    "diff--removed-line",
    "diff--added-sign",
    "diff--removed-sign",
    "diff--muted",
    "diff--hunk",
    "diff--remark",
    "diff--cursor",
    "diff--mark",
}
CSS = """
DiffView {
    scrollbar-size: 0 0;
    overflow: auto;
    & .diff--plain { color: $foreground; }
    & .diff--keyword { color: $state-restarting; }
    & .diff--string { color: $state-done; }
    & .diff--comment { color: $muted; text-style: italic; }
    & .diff--number { color: $state-working; }
    & .diff--name { color: $accent; }
    & .diff--builtin { color: $state-working; }
    & .diff--context-line { background: $background; }
    & .diff--added-line { background: $plane-added; }
    & .diff--removed-line { background: $plane-removed; }
    & .diff--added-sign { color: $state-done; text-style: bold; }
    & .diff--removed-sign { color: $state-failed; text-style: bold; }
    & .diff--muted { color: $muted; }
    & .diff--hunk { color: $accent; background: $surface; }
    & .diff--remark { color: $state-needs; }
    & .diff--cursor { background: $panel; text-style: bold; }
    & .diff--mark { color: $accent; }
}
"""

Styles = Callable[[str], Style]
Runs = Callable[[int, int], tuple[Run, ...] | None]


class Drawn(NamedTuple):
    """The row's gutter without the cursor's cell, its text from the first column on, the style of its whole width."""

    gutter: list[Segment]
    code: Strip
    style: Style


def draw_row(row: Row, left: int, width: int, styles: Styles, runs: Runs) -> Drawn:
    """Draws one row, scrolled by ``left`` cells; ``runs`` gives a line's coloured parts, None before they are known."""
    plain, muted = styles("context-line"), styles("muted")
    match row:
        case LineRow(hunk, index, line):
            return _line(line, styles, runs(hunk, index))
        case HunkRow(_, text):
            return Drawn([Segment(" ····   ", muted)], Strip([Segment(text)]), styles("hunk"))
        case CommentRow(_, text, is_first):
            remark = styles("remark")
            head = Segment("      ◆ " if is_first else "      │ ", remark)
            # A comment stays where it is while the code below it is scrolled.
            code = Strip([Segment(" " * left), Segment(text, remark)]).adjust_cell_length(left + width)
            return Drawn([head], code, plain)
        case NoteRow(text):
            return Drawn([Segment("        ")], Strip([Segment(" " * left), Segment(text, muted)]), plain)


def _line(line: DiffLine, styles: Styles, runs: tuple[Run, ...] | None) -> Drawn:
    match line.kind:
        case LineKind.ADDED:
            style, sign = styles("added-line"), styles("added-sign")
        case LineKind.REMOVED:
            style, sign = styles("removed-line"), styles("removed-sign")
        case LineKind.CONTEXT:
            style, sign = styles("context-line"), styles("muted")
    number = line.old if line.kind is LineKind.REMOVED else line.new
    gutter = [Segment(f"{number or '':>5} ", styles("muted")), Segment(f"{line.kind.value} ", sign)]
    parts = runs if runs is not None else (("plain", seen(line.text)),)
    code = [Segment(text, styles(kind)) for kind, text in parts]
    if line.ends_file:
        code.append(Segment(" (no line break at the end)", styles("muted")))
    return Drawn(gutter, Strip(code), style)
