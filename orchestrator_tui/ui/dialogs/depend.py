"""Makes a mission wait for another one."""

from collections.abc import Awaitable, Callable, Iterable

from textual.widget import Widget
from textual.widgets import Input

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.ui.dialogs.base import Form, row
from orchestrator_tui.ui.dialogs.forms import read_ids
from orchestrator_tui.ui.hints import key_hints


class DependDialog(Form[tuple[str, ...]]):
    """Asks for the missions to wait for."""

    hints = key_hints(("enter", "add"), ("esc", "cancel"))

    def __init__(self, submit: Callable[[tuple[str, ...]], Awaitable[None]], mission_id: str) -> None:
        super().__init__(submit)
        self.heading = f"{mission_id} starts after"

    def body(self) -> Iterable[Widget]:
        """The field."""
        yield row("After", Input(placeholder="ids of missions", compact=True, id="field-depends_on"))

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_focus(self.query_one(Input))

    def collect(self) -> tuple[str, ...]:
        """The ids. Raises UsageError without any."""
        ids = read_ids(self.query_one(Input).value)
        if not ids:
            raise UsageError("No mission is named.", remedy="Write ids, such as mission-3.", field="depends_on")
        return ids
