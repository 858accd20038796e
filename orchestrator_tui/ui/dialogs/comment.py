"""A comment on lines of an agent's changes."""

from collections.abc import Awaitable, Callable, Iterable

from textual.widget import Widget
from textual.widgets import Static, TextArea

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.work import ReviewComment
from orchestrator_tui.ui.dialogs.base import Form, row
from orchestrator_tui.ui.diff_rows import seen
from orchestrator_tui.ui.format import Span, fit
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of

QUOTED_LINES = 4


class CommentDialog(Form[str]):
    """Asks for the text; ``comment`` has the lines, and its text fills the field in."""

    hints = key_hints(("^s", "keep"), ("esc", "cancel"))

    def __init__(self, submit: Callable[[str], Awaitable[None]], comment: ReviewComment) -> None:
        super().__init__(submit)
        self._comment = comment
        one_line = comment.first == comment.last
        self.heading = f"{comment.path}:{comment.first}{'' if one_line else f'-{comment.last}'}"

    def body(self) -> Iterable[Widget]:
        """The lines and the field."""
        shown = self._comment.quote[:QUOTED_LINES]
        lines = [(Span(fit(seen(text), 68).rstrip(), "muted"),) for text in shown]
        if len(self._comment.quote) > len(shown):
            lines.append((Span(f"and {len(self._comment.quote) - len(shown)} more lines", "muted"),))
        for line in (*lines, ()):
            yield Static(content_of(line), classes="loss")
        area = TextArea(self._comment.text, compact=True, id="field-prompt", soft_wrap=True)
        yield row("Comment", area)

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        area = self.query_one(TextArea)
        area.focus()
        area.move_cursor(area.document.end)

    def collect(self) -> str:
        """The text; raises UsageError when it is empty."""
        text = self.query_one(TextArea).text.strip()
        if not text:
            raise UsageError("The comment is empty.", remedy="Write something, or esc.", field="prompt")
        return text
