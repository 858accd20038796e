"""A person's comments on an agent's changes until they are sent; and where they stand when the changes moved on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from orchestrator_tui.core.work import DiffLine, FileDiff, Hunk, LineKind, ReviewComment, WorktreeDiff


@dataclass(slots=True)
class Review:
    """The comments on one agent's changes, in the order of their places."""

    comments: list[ReviewComment] = field(default_factory=list[ReviewComment])

    def of(self, path: str) -> tuple[ReviewComment, ...]:
        """The comments on one file."""
        return tuple(comment for comment in self.comments if comment.path == path)

    def put(self, comment: ReviewComment, instead_of: ReviewComment | None = None) -> None:
        """Adds a comment, or writes it in the place of another."""
        if instead_of in self.comments:
            self.comments.remove(instead_of)
        self.comments.append(comment)
        self.comments.sort(key=lambda one: (one.path, one.last, one.is_old))

    def drop(self, comments: Sequence[ReviewComment]) -> None:
        """Forgets comments, as those that were sent."""
        gone = set(comments)
        self.comments = [comment for comment in self.comments if comment not in gone]

    def follow(self, diff: WorktreeDiff) -> None:
        """Moves comments to where their last line stands now; where that is gone they keep their numbers."""
        files = {file.path: file for file in diff.files}
        self.comments = [_moved(comment, files.get(comment.path)) for comment in self.comments]


def number(line: DiffLine, *, is_old: bool) -> int | None:
    """The line's number on one side."""
    return line.old if is_old else line.new


def comment_on(path: str, lines: Sequence[DiffLine], text: str) -> ReviewComment | None:
    """A comment on lines of one hunk: on those of the worktree's file, or of the base's where all are removed."""
    is_old = all(line.kind is LineKind.REMOVED for line in lines)
    kept = [(at, line.text) for line in lines if (at := number(line, is_old=is_old)) is not None]
    if not kept:
        return None
    return ReviewComment(path, kept[0][0], kept[-1][0], tuple(line for _, line in kept), text, is_old)


def place_of(comment: ReviewComment, hunks: Sequence[Hunk]) -> tuple[int, int] | None:
    """The hunk and line below which the comment is shown; None while its last line is not in the diff."""
    for at, index, line in _lines(hunks):
        if _is_its_line(comment, line) and line.text == comment.quote[-1]:
            return at, index
    return None


def _is_its_line(comment: ReviewComment, line: DiffLine) -> bool:
    return number(line, is_old=comment.is_old) == comment.last and (line.kind is LineKind.REMOVED) >= comment.is_old


def _lines(hunks: Sequence[Hunk]) -> Iterator[tuple[int, int, DiffLine]]:
    for at, hunk in enumerate(hunks):
        for index, line in enumerate(hunk.lines):
            yield at, index, line


def _moved(comment: ReviewComment, file: FileDiff | None) -> ReviewComment:
    if file is None or place_of(comment, file.hunks) is not None:
        return comment
    found = [
        at
        for _, _, line in _lines(file.hunks)
        if line.text == comment.quote[-1] and (at := number(line, is_old=comment.is_old)) is not None
    ]
    if not found:
        return comment
    by = min(found, key=lambda at: abs(at - comment.last)) - comment.last
    return replace(comment, first=comment.first + by, last=comment.last + by)
