"""The settings in force and where each came from."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from orchestrator_tui.core.settings_report import BUILT_IN, SettingLine
from orchestrator_tui.ui.dialogs.base import Dialog, key_hints
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.widgets.frame import content_of

KEY_CELLS = 16


class SettingsDialog(Dialog[None]):
    """Each setting with its value, and below what does not come with the program, the file that set it."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "cancel", "Close")]
    heading = "Settings in force"
    hints = key_hints(("↑↓", "scroll"), ("esc", "close"))

    def __init__(self, lines: Sequence[SettingLine]) -> None:
        super().__init__()
        self._lines = lines

    def body(self) -> Iterable[Widget]:
        """The settings."""
        with VerticalScroll(id="settings"):
            yield Static(Content("\n").join(content_of(line) for line in setting_spans(self._lines)))

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_focus(self.query_one(VerticalScroll))


def setting_spans(lines: Sequence[SettingLine]) -> list[Spans]:
    """What a person set comes first, each with its source below; then what is as it comes."""
    shown: list[Spans] = []
    for line in sorted(lines, key=lambda one: one.source == BUILT_IN):
        is_own = line.source != BUILT_IN
        shown.append((Span(f"{line.key:{KEY_CELLS}}  ", "accent" if is_own else "muted"), Span(line.value)))
        if is_own:
            shown.append((Span(" " * (KEY_CELLS + 2) + line.source, "muted"),))
    return shown
