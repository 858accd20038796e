"""Asks what the agents shall do when the dashboard closes."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from orchestrator_tui.core.views import ShutdownMode
from orchestrator_tui.ui.dialogs.base import Dialog
from orchestrator_tui.ui.format import Span
from orchestrator_tui.ui.hints import key_hints, key_span
from orchestrator_tui.ui.widgets.frame import content_of


class QuitDialog(Dialog[ShutdownMode]):
    """Keep working in the background, or stop all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("k,enter", "answer('keep')", "Keep working"),
        ("s", "answer('stop_agents')", "Stop all"),
    ]
    heading = "Quit"
    hints = key_hints(("esc", "stay here"))

    def __init__(self, living: int) -> None:
        super().__init__()
        self._living = living

    def body(self) -> Iterable[Widget]:
        """The two ways out."""
        count = f"{self._living} agent{'s' * (self._living != 1)}"
        yield Static(content_of((Span(f"{count} alive." if self._living else "No agent is alive."),)), id="question")
        yield _way("k", "keep working in the background", "also enter")
        yield _way("s", "stop all agents", "open missions stay in the queue")

    def action_answer(self, mode: ShutdownMode) -> None:
        """Gives the answer."""
        self.dismiss(mode)


def _way(key: str, label: str, fact: str) -> Static:
    click = key_span(key).click
    spans = (Span(f" {key}  ", "accent", click), Span(label, click=click), Span(f"   {fact}", "muted", click))
    return Static(content_of(spans), classes="way")
