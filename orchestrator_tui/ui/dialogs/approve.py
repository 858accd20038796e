"""Shows the prompt that an agent waits on, and answers it."""

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from orchestrator_tui.core.views import PaneFrame
from orchestrator_tui.ui.ansi import plain_text
from orchestrator_tui.ui.dialogs.base import Dialog
from orchestrator_tui.ui.format import Span
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of


class ApproveDialog(Dialog[bool]):
    """The agent's whole screen, its end in sight; ``y`` allows, ``n`` denies, esc leaves it open."""

    BINDINGS: ClassVar[list[BindingType]] = [("y", "answer(True)", "Allow"), ("n", "answer(False)", "Deny")]
    rows_above = 2
    hints = key_hints(("y", "allow"), ("n", "deny"), ("esc", "leave it waiting"))

    def __init__(self, agent_name: str, frame: PaneFrame | None, request: str) -> None:
        super().__init__()
        self.heading = f"{agent_name} asks"
        self._request = request
        self._text = (plain_text(frame.lines) if frame else "") or "The screen is empty."

    def body(self) -> Iterable[Widget]:
        """The request that is answered, and the screen's text."""
        yield Static(content_of((Span("◆ ", "needs"), Span(self._request))), id="question")
        with VerticalScroll(id="screen-text"):
            yield Static(self._text, markup=False)

    def on_resize(self) -> None:
        """Keeps the screen's own lines where they fit; a cut line could hide what is being allowed."""
        widest = max(cell_len(line) for line in self._text.splitlines())
        part = self.query_one("#screen-text", VerticalScroll)
        part.set_class(widest > self.size.width * 0.96 - 9, "wrapped")
        # The question stands at the end of the screen.
        self.call_after_refresh(part.scroll_end, animate=False)

    def action_answer(self, allow: bool) -> None:
        """Gives the answer."""
        self.dismiss(allow)
