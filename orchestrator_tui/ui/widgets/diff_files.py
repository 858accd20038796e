"""The files of a diff: what happened to each, how many lines, how many comments."""

from rich.cells import cell_len

from orchestrator_tui.core.work import FileDiff, FileStatus, WorktreeDiff
from orchestrator_tui.ui.diff_rows import seen
from orchestrator_tui.ui.format import Span, Spans, Token
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.review import Review
from orchestrator_tui.ui.widgets.rows import Rows

LETTER_TOKENS: dict[FileStatus, Token] = {
    FileStatus.ADDED: "done",
    FileStatus.UNTRACKED: "done",
    FileStatus.MODIFIED: "accent",
    FileStatus.DELETED: "failed",
    FileStatus.RENAMED: "restarting",
    FileStatus.COPIED: "restarting",
    FileStatus.TYPE_CHANGED: "restarting",
}


class DiffFiles(Rows[str]):
    """One file a row, by its path."""

    panel = Panel.AGENTS

    def __init__(self, review: Review, *, id: str) -> None:
        super().__init__(id=id)
        self._review = review
        self._files: dict[str, FileDiff] = {}

    def update(self, diff: WorktreeDiff, chosen: str | None) -> None:
        """Shows the files with the cursor on ``chosen``."""
        self._files = {file.path: file for file in diff.files}
        self.show(list(self._files), chosen, empty=((), (Span("  Nothing was changed.", "muted"),)))
        below: Spans = (Span(self.position, "muted"),) if self.position else ()
        self.frame((Span("Files ", "strong"), Span(str(len(self._files)), "muted")), (), below)

    def row_spans(self, key: str, width: int) -> Spans:
        """One file's row: its letter, the end of its path, its lines."""
        file = self._files.get(key)
        if file is None:
            return ()
        counts = _counts(file, len(self._review.of(key)))
        room = width - 5 - sum(cell_len(span.text) for span in counts)
        letter = Span(f"{file.status.value} ", LETTER_TOKENS[file.status])
        return (letter, Span(path_end(seen(file.path), max(4, room))), *counts)


def path_end(path: str, width: int) -> str:
    """The path in exactly ``width`` cells; a long one loses its beginning, since its end names the file."""
    while cell_len(path) > width:
        path = "…" + path.removeprefix("…")[1:]
    return path + " " * (width - cell_len(path))


def _counts(file: FileDiff, comments: int) -> Spans:
    spans: list[Span] = []
    if comments:
        spans.append(Span(f" ◆{comments}", "needs"))
    if file.omitted is not None:
        spans.append(Span(f" {file.omitted.split(',')[0].split(':')[0]}"[:14], "muted"))
    else:
        spans += [Span(f" +{file.added}", "done"), Span(f" -{file.removed}", "failed")]
    return tuple(spans)
