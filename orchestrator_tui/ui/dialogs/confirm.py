"""Questions before something is lost; no is the default, and the key that asked never answers."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from orchestrator_tui.ui.dialogs.base import Dialog
from orchestrator_tui.ui.format import Span
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of


class ConfirmDialog(Dialog[bool]):
    """Names the object and what is lost; only ``y`` means yes."""

    BINDINGS: ClassVar[list[BindingType]] = [("y", "answer(True)", "Yes"), ("n,enter", "answer(False)", "No")]

    def __init__(self, heading: str, question: str, losses: Sequence[str] = (), *, yes: str = "do it") -> None:
        super().__init__()
        self.heading = heading
        self._question = question
        self._losses = losses
        self.hints = key_hints(("y", yes), ("esc", "no, leave it"))

    def body(self) -> Iterable[Widget]:
        """The question and the losses."""
        yield Static(content_of((Span(self._question),)), id="question")
        for loss in self._losses:
            yield Static(content_of((Span("◆ ", "needs"), Span(loss))), classes="loss")

    def action_answer(self, yes: bool) -> None:
        """Gives the answer."""
        self.dismiss(yes)
