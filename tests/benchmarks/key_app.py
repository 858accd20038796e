"""The floor of a key's way through a Textual program: each key is written on an otherwise empty screen."""

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

MARK = "pressed-"


class KeyApp(App[None]):
    """Shows ``MARK`` and the last key."""

    def compose(self) -> ComposeResult:
        yield Static(MARK)

    def on_key(self, event: events.Key) -> None:
        """Writes the key."""
        self.query_one(Static).update(f"{MARK}{event.key}")


if __name__ == "__main__":
    KeyApp().run()
