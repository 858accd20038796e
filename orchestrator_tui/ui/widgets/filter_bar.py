"""The line in which a filter or a name to find is typed; it stands where the key bar was."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static


class FilterBar(Horizontal):
    """One input; tells every change, and at the end whether the text is kept."""

    class Typed(Message):
        """The text changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Ended(Message):
        """Enter keeps the text, esc gives it up."""

        def __init__(self, *, kept: bool) -> None:
            super().__init__()
            self.kept = kept

    def compose(self) -> ComposeResult:
        """The prompt and the input."""
        yield Static("", id="filter-prompt")
        yield Input(compact=True, id="filter-input")

    def open(self, prompt: str, text: str) -> None:
        """Shows the line with ``text`` in it and takes the keyboard."""
        self.display = True
        self.query_one("#filter-prompt", Static).update(f" {prompt} ")
        field = self.query_one(Input)
        with self.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(text)
        # At once, not by a message as focus() does it: the next key may have been typed already.
        self.screen.set_focus(field)

    @property
    def text(self) -> str:
        """What stands in the line."""
        return self.query_one(Input).value

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tells what stands in the line."""
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field means what it means in the form."""
        event.stop()
        self.display = False
        self.post_message(self.Ended(kept=True))

    def on_key(self, event: events.Key) -> None:
        """Takes a key that is its own."""
        if event.key == "escape":
            event.stop()
            self.display = False
            self.post_message(self.Ended(kept=False))
