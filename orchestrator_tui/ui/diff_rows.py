"""One file's diff as rows of the screen: pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator_tui.core.work import DiffLine, FileDiff, ReviewComment
from orchestrator_tui.ui.review import place_of

TAB = 4

# Control characters would move the terminal's cursor, and marks of direction would show another order than is run.
_UNSEEN = dict.fromkeys(
    (
        *range(32),
        *range(127, 160),
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    ),
    "�",
)


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A sentence about the file."""

    text: str


@dataclass(frozen=True, slots=True)
class HunkRow:
    """Where a hunk begins."""

    hunk: int
    text: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the diff: number ``index`` of its hunk."""

    hunk: int
    index: int
    line: DiffLine


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One line of a comment."""

    comment: ReviewComment
    text: str
    is_first: bool


Row = NoteRow | HunkRow | LineRow | CommentRow


def seen(text: str) -> str:
    """A line as it is drawn: tabs as blanks, a carriage return at its end as ``^M``, nothing that a terminal obeys."""
    if text.isprintable():
        return text
    has_return = text.endswith("\r")
    drawn = text.removesuffix("\r").expandtabs(TAB).translate(_UNSEEN)
    return drawn + "^M" * has_return


def rows_of(file: FileDiff, comments: Sequence[ReviewComment], width: int) -> list[Row]:
    """The file's rows, each comment below its last line; those whose lines are gone come first."""
    below: dict[tuple[int, int], list[ReviewComment]] = {}
    rows: list[Row] = [NoteRow(seen(note)) for note in file.notes]
    if file.omitted is not None:
        rows.append(NoteRow(f"{seen(file.omitted)}: not drawn here; E opens it"))
    for comment in comments:
        place = place_of(comment, file.hunks)
        if place is None:
            rows.extend(_comment_rows(comment, width, lost=True))
        else:
            below.setdefault(place, []).append(comment)
    for at, hunk in enumerate(file.hunks):
        rows.append(HunkRow(at, seen(hunk.heading)))
        for index, line in enumerate(hunk.lines):
            rows.append(LineRow(at, index, line))
            for comment in below.get((at, index), ()):
                rows.extend(_comment_rows(comment, width))
    return rows or [NoteRow("nothing to show")]


def next_hunk(rows: Sequence[Row], at: int, step: int) -> int | None:
    """The row of the next (1) or previous (-1) hunk from row ``at``; None beyond the last."""
    places = range(at + 1, len(rows)) if step > 0 else range(at - 1, -1, -1)
    return next((place for place in places if isinstance(rows[place], HunkRow)), None)


def chosen_lines(rows: Sequence[Row], at: int, mark: int | None) -> list[DiffLine]:
    """The lines from the mark to row ``at`` that lie in the hunk of ``at``; below a comment or a heading none."""
    here = rows[at] if at < len(rows) else None
    if not isinstance(here, LineRow):
        return []
    first, last = min(at, at if mark is None else mark), max(at, at if mark is None else mark)
    return [row.line for row in rows[first : last + 1] if isinstance(row, LineRow) and row.hunk == here.hunk]


def row_of_line(rows: Sequence[Row], new: int | None, old: int | None) -> int:
    """The row at or after a line's number, to stay there when the diff is read again."""
    for place, row in enumerate(rows):
        if isinstance(row, LineRow):
            is_it = row.line.new is not None and row.line.new >= new if new is not None else row.line.old == old
            if is_it:
                return place
    return 0


def _comment_rows(comment: ReviewComment, width: int, *, lost: bool = False) -> list[Row]:
    text = f"(line {comment.last} is no longer there) {comment.text}" if lost else comment.text
    parts = [part for line in text.split("\n") for part in _wrapped(seen(line), max(10, width))]
    return [CommentRow(comment, part, number == 0) for number, part in enumerate(parts)]


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        pieces = [word[at : at + width] for at in range(0, len(word), width)]
        for piece in pieces:
            if lines[-1] and len(lines[-1]) + 1 + len(piece) > width:
                lines.append(piece)
            else:
                lines[-1] = f"{lines[-1]} {piece}".strip()
    return lines
