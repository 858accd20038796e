"""What one agent changed, by file; lines are commented on and the comments sent back to it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Static

from orchestrator_tui.core.errors import NotAllowedNow, OrchestratorError
from orchestrator_tui.core.work import FileDiff, ReviewComment, WorktreeDiff
from orchestrator_tui.ui.dialogs.comment import CommentDialog
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.review import Review, comment_on
from orchestrator_tui.ui.widgets.choosing import Picked
from orchestrator_tui.ui.widgets.diff_files import DiffFiles
from orchestrator_tui.ui.widgets.diff_view import DiffView
from orchestrator_tui.ui.widgets.frame import content_of

Load = Callable[[], Awaitable[WorktreeDiff]]
Send = Callable[[Sequence[ReviewComment]], Awaitable[str | None]]
Open = Callable[[str, int | None], Awaitable[None]]


class DiffScreen(Screen[None]):
    """Reads and comments; ``review`` outlives the screen, so nothing that was written is lost by leaving it."""

    CSS_PATH = "diff.tcss"
    AUTO_FOCUS = "#diff-lines"
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (100, "-beside")]  # noqa: RUF012 - not a class variable for Textual
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "back", "Back"),
        ("q,equals_sign", "leave", "Back"),
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
        ("g,home", "move(-10000000)", "First"),
        ("G,end", "move(10000000)", "Last"),
        ("ctrl+d,pagedown", "half_page(1)", "Half a page down"),
        ("ctrl+u,pageup", "half_page(-1)", "Half a page up"),
        ("l,right", "columns(8)", "Right"),
        ("h,left", "columns(-8)", "Left"),
        ("n", "file(1)", "Next file"),
        ("N", "file(-1)", "Previous file"),
        ("right_square_bracket", "hunk(1)", "Next hunk"),
        ("left_square_bracket", "hunk(-1)", "Previous hunk"),
        ("space,v", "mark", "Mark lines"),
        ("c,enter", "comment", "Comment"),
        ("x", "drop", "Drop the comment"),
        ("s", "send", "Send the comments"),
        ("E", "edit", "Open in the editor"),
        ("r", "reload", "Read again"),
    ]
    hints = (
        ("n/N", "file"),
        ("]/[", "hunk"),
        ("space", "mark"),
        ("c", "comment"),
        ("s", "send"),
        ("esc", "back"),
        ("x", "drop comment"),
        ("E", "edit"),
        ("r", "reload"),
    )

    def __init__(
        self,
        agent_name: str,
        review: Review,
        load: Load,
        send: Send,
        open_file: Open,
        tell: Callable[[BaseException], None],
    ) -> None:
        super().__init__()
        self._agent_name = agent_name
        self._review = review
        self._load = load
        self._send = send
        self._open_file = open_file
        self._tell = tell
        self._diff: WorktreeDiff | None = None
        self._path: str | None = None
        self._is_sending = False

    def compose(self) -> ComposeResult:
        """Files, lines and keys."""
        yield Static("", id="diff-title")
        with Container(id="diff-body"):
            yield DiffFiles(self._review, id="diff-files")
            yield DiffView(id="diff-lines")
        yield Static("", id="diff-keys")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self._write_title()
        self.action_reload()

    def on_resize(self) -> None:
        """Names as many keys as fit, whole."""
        room, shown = self.size.width - 2, list[tuple[str, str]]()
        for key, label in self.hints:
            room -= len(key) + len(label) + 4
            if room >= -3:
                shown.append((key, label))
        self.query_one("#diff-keys", Static).update(content_of(key_hints(*shown)))

    @property
    def diff(self) -> WorktreeDiff | None:
        """What is shown; None until it was read."""
        return self._diff

    @property
    def file(self) -> FileDiff | None:
        """The chosen file."""
        return next((file for file in self._diff.files if file.path == self._path), None) if self._diff else None

    @property
    def view(self) -> DiffView:
        """The chosen file's lines."""
        return self.query_one(DiffView)

    def action_reload(self) -> None:
        """Reads the changes as they are now; file, line and comments stay."""
        self._run(self._read(), "read")

    def action_back(self) -> None:
        """Ends a range, else leaves."""
        if self.view.mark is not None:
            self.view.set_mark(False)
        else:
            self.action_leave()

    def action_leave(self) -> None:
        """Back to the dashboard; comments that were not sent are there again the next time."""
        kept = len(self._review.comments)
        if kept:
            self.notify(f"{_count(kept)} kept, not sent: = shows them again.", timeout=4, markup=False)
        self.dismiss(None)

    def action_move(self, rows: int) -> None:
        """Moves where the keyboard is."""
        if isinstance(self.focused, DiffFiles):
            self._choose(self.query_one(DiffFiles).neighbour(rows))
        else:
            self.view.move(rows)

    def action_half_page(self, by: int) -> None:
        """Moves by half of what is seen."""
        of = self.query_one(DiffFiles) if isinstance(self.focused, DiffFiles) else self.view
        self.action_move(by * of.half_page)

    def action_columns(self, by: int) -> None:
        """Scrolls long lines."""
        self.view.scroll_columns(by)

    def action_file(self, step: int) -> None:
        """The next or previous file."""
        self._choose(self.query_one(DiffFiles).neighbour(step))

    def action_hunk(self, step: int) -> None:
        """The next or previous hunk; beyond the file's last one the next file's."""
        if not self.view.move_hunk(step):
            self.action_file(step)

    def action_mark(self) -> None:
        """Begins a range of lines, or ends it."""
        self.view.set_mark(self.view.mark is None)

    def action_comment(self) -> None:
        """Writes a comment on the lines, or goes on with the one below the cursor."""
        self._run(self._comment(), "comment")

    def action_drop(self) -> None:
        """Drops the comment below the cursor."""
        comment = self.view.comment
        if comment is None:
            self.notify("Go to a comment first: x drops it.", severity="warning", markup=False)
            return
        self._review.drop([comment])
        self._show()

    def action_send(self) -> None:
        """Sends all comments as one message."""
        if not self._is_sending:
            self._is_sending = True
            self._run(self._hand_over(), "send")

    def action_edit(self) -> None:
        """Opens the file in the editor, at the line."""
        line = next((line.new for line in self.view.lines if line.new is not None), None)
        if self._diff is not None and self._path is not None:
            self._run(self._edit(self._path, line), "edit")

    def on_picked(self, event: Picked) -> None:
        """Shows the clicked file."""
        event.stop()
        self._choose(str(event.key))

    def on_diff_view_opened(self) -> None:
        """Comments on the double-clicked line."""
        self.action_comment()

    async def _read(self) -> None:
        diff = await self._load()
        self._review.follow(diff)
        self._diff = diff
        if self._path not in {file.path for file in diff.files}:
            drawn = (file.path for file in diff.files if file.hunks)
            self._path = next(drawn, diff.files[0].path if diff.files else None)
        self._show()

    async def _comment(self) -> None:
        old = self.view.comment
        comment = old or (comment_on(self._path, self.view.lines, "") if self._path and self.view.lines else None)
        if comment is None:
            raise NotAllowedNow("There is no line to comment on here.", remedy="Go to a line: j, k.")

        async def keep(text: str) -> None:
            self._review.put(_with_text(comment, text), instead_of=old)

        await self.app.push_screen_wait(CommentDialog(keep, comment))  # pyright: ignore[reportUnknownMemberType]
        self._show()

    async def _hand_over(self) -> None:
        try:
            comments = tuple(self._review.comments)
            if not comments:
                raise NotAllowedNow("There is no comment to send.", remedy="c on a line writes one.")
            file = await self._send(comments)
            self._review.drop(comments)
            told = f" It names {file}." if file else ""
            self.notify(f"Sent {_count(len(comments))} to {self._agent_name}.{told}", timeout=4, markup=False)
            self._show()
        finally:
            self._is_sending = False

    async def _edit(self, path: str, line: int | None) -> None:
        await self._open_file(path, line)
        await self._read()

    def _run(self, work: Awaitable[None], name: str) -> None:
        self.run_worker(self._guard(work), name=name, group="diff", exit_on_error=False)

    async def _guard(self, work: Awaitable[None]) -> None:
        try:
            await work
        except OrchestratorError as error:
            self._tell(error)
            if self._diff is None:
                # There is nothing that could be shown here.
                self.dismiss(None)

    def _choose(self, path: str | None) -> None:
        if path is not None and path != self._path:
            self._path = path
            self._show()

    def _show(self) -> None:
        self._write_title()
        if self._diff is not None:
            self.query_one(DiffFiles).update(self._diff, self._path)
            self.view.show(self.file, self._review.of(self._path or ""))

    def _write_title(self) -> None:
        name: Spans = (Span(" Changes of ", "strong"), Span(self._agent_name, "accent"))
        diff = self._diff
        if diff is None:
            self._title((*name, Span("  reading", "muted")))
            return
        added, removed = sum(file.added for file in diff.files), sum(file.removed for file in diff.files)
        facts: list[Span] = [Span(f"  +{added}", "done"), Span(f" -{removed}", "failed")]
        if self._review.comments:
            facts.append(Span(f"  ◆ {_count(len(self._review.comments))}", "needs"))
        self._title((*name, *facts, Span(f"  {diff.branch or 'no branch'} against {diff.base}", "muted")))

    def _title(self, spans: Spans) -> None:
        self.query_one("#diff-title", Static).update(content_of(spans))


def _count(comments: int) -> str:
    return f"{comments} comment{'s' * (comments != 1)}"


def _with_text(comment: ReviewComment, text: str) -> ReviewComment:
    return ReviewComment(comment.path, comment.first, comment.last, comment.quote, text, comment.is_old)
