"""The floor of a Textual program: one word on an otherwise empty screen."""

from textual.app import App, ComposeResult
from textual.widgets import Static

MARK = "painted-marker"


class EmptyApp(App[None]):
    """Shows ``MARK``."""

    def compose(self) -> ComposeResult:
        yield Static(MARK)


if __name__ == "__main__":
    EmptyApp().run()
