"""Dialogs of one line: send and rename."""

from collections.abc import Awaitable, Callable, Iterable

from textual.widget import Widget
from textual.widgets import Input

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.ui.dialogs.base import Form, row
from orchestrator_tui.ui.hints import key_hints


class LineDialog(Form[str]):
    """Asks for one line of text that must not be empty."""

    label = ""
    field_id = "text"

    def __init__(self, submit: Callable[[str], Awaitable[None]], *, agent_name: str, text: str = "") -> None:
        super().__init__(submit)
        self._text = text
        self.heading = f"{self.heading} {agent_name}"

    def body(self) -> Iterable[Widget]:
        """The line."""
        yield row(self.label, Input(self._text, compact=True, id=f"field-{self.field_id}"))

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_focus(self.query_one(Input))

    def collect(self) -> str:
        """The text; raises UsageError when it is empty."""
        text = self.query_one(Input).value.strip()
        if not text:
            raise UsageError("The line is empty.", remedy="Write something, or esc.", field=self.field_id)
        return text


class SendDialog(LineDialog):
    """One line that is typed into the agent's prompt."""

    heading = "Send to"
    label = "Line"
    hints = key_hints(("enter", "send"), ("esc", "cancel"))


class RenameDialog(LineDialog):
    """Another name for the agent."""

    heading = "Rename"
    label = "Name"
    field_id = "name"
    hints = key_hints(("enter", "rename"), ("esc", "cancel"))


class ExportDialog(LineDialog):
    """The file for the events that pass the filter."""

    heading = "Export"
    label = "File"
    hints = key_hints(("enter", "write"), (".jsonl", "JSON lines"), (".csv", "table"), ("esc", "cancel"))

    def __init__(self, submit: Callable[[str], Awaitable[None]], *, text: str) -> None:
        super().__init__(submit, agent_name="the events that pass the filter", text=text)


class NoteDialog(LineDialog):
    """What a person wants to remember about the agent; an empty line takes the note away."""

    heading = "Note on"
    label = "Note"
    field_id = "note"
    hints = key_hints(("enter", "keep"), ("esc", "cancel"))

    def collect(self) -> str:
        """The note, which may be empty."""
        return self.query_one(Input).value.strip()
