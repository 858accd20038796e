"""The line in which a filter or a name to find is typed; it stands where the key bar was."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from orchestrator_tui.ui.format import Spans
from orchestrator_tui.ui.widgets.frame import content_of


class FilterBar(Vertical):
    """One input, and below it what may be written or is wrong; tells every change, and at the end what becomes of it.

    It lies over the rows at the bottom, so that nothing moves when it comes and goes.
    """

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
        with Horizontal(id="filter-line"):
            yield Static("", id="filter-prompt")
            yield Input(compact=True, id="filter-input")
        yield Static("", id="filter-hint")

    def on_mount(self) -> None:
        """Starts what the line needs once it is there."""
        self.watch(self.screen, "focused", self._keyboard_went, init=False)

    def hint(self, spans: Spans) -> None:
        """Writes below the line; without anything to say there is only the line."""
        below = self.query_one("#filter-hint", Static)
        below.display = bool(spans)
        below.update(content_of(spans), layout=False)

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

    def _keyboard_went(self, where: Widget | None) -> None:
        # A click elsewhere keeps what was typed; without the keyboard the line could not be left by keys.
        if self.display and where is not None and self not in where.ancestors:
            self.display = False
            self.post_message(self.Ended(kept=True))

    def on_key(self, event: events.Key) -> None:
        """Takes a key that is its own."""
        if event.key == "escape":
            event.stop()
            self.display = False
            self.post_message(self.Ended(kept=False))
