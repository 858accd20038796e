"""Asks once before something is done to many, and shows what each of them would lose."""

from collections.abc import Iterable, Sequence

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from orchestrator_tui.ui.dialogs.confirm import ConfirmDialog
from orchestrator_tui.ui.format import Span
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of


class ConfirmManyDialog(ConfirmDialog):
    """``losses`` are names with what would be lost, in words; the list scrolls where it is long."""

    rows_above = 2

    def __init__(self, heading: str, question: str, losses: Sequence[tuple[str, str]], *, yes: str) -> None:
        super().__init__(heading, question, yes=yes)
        self._named_losses = losses
        self.hints = key_hints(("y", yes), ("↑↓", "scroll"), ("esc", "no, leave them"))

    def body(self) -> Iterable[Widget]:
        """The question and, for each, its losses."""
        yield Static(content_of((Span(self._question),)), id="question")
        with VerticalScroll(id="losses"):
            for name, loss in self._named_losses:
                line = (Span("◆ ", "needs"), Span(f"{name}: ", "strong"), Span(loss))
                yield Static(content_of(line), classes="loss")
