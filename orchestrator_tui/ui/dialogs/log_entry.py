"""One line of the log, whole; from an event to its agent or its mission."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from orchestrator_tui.ui.dialogs.base import Dialog
from orchestrator_tui.ui.format import Spans
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of

Place = int | str
"""An agent by its number, a mission by its id."""


class LogEntryDialog(Dialog[Place]):
    """Answers with where to go: the agent or the mission, None to stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("q", "cancel", "Close"),
        ("enter", "go", "Go there"),
        ("a", "go_to_agent", "Its agent"),
        ("m", "go_to_mission", "Its mission"),
        ("y", "copy", "Copy"),
    ]

    def __init__(self, heading: str, lines: tuple[Spans, ...], agent: int | None, mission: str | None) -> None:
        super().__init__()
        self.heading = heading
        self._lines = lines
        self._agent = agent
        self._mission = mission
        ways = [("m", f"mission {mission}")] if mission is not None else []
        ways += [("a", "its agent")] if agent is not None else []
        if ways:
            ways[0] = (f"enter {ways[0][0]}", ways[0][1])
        self.hints = key_hints(*ways, ("y", "copy"), ("esc", "close"))

    def body(self) -> Iterable[Widget]:
        """The lines."""
        with VerticalScroll(id="entry"):
            yield Static(Content("\n").join(content_of(line) for line in self._lines), id="entry-text")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.query_one(VerticalScroll).focus()

    def action_go(self) -> None:
        """Goes to the mission, else to the agent."""
        self._leave_for(self._mission if self._mission is not None else self._agent)

    def action_go_to_agent(self) -> None:
        """Goes to the agent."""
        self._leave_for(self._agent)

    def action_go_to_mission(self) -> None:
        """Goes to the mission."""
        self._leave_for(self._mission)

    def action_copy(self) -> None:
        """Copies the lines as they stand here."""
        text = "\n".join("".join(span.text for span in line).rstrip() for line in self._lines)
        self.app.copy_to_clipboard(text)  # pyright: ignore[reportUnknownMemberType]
        self.notify("Copied.", timeout=3)

    def _leave_for(self, place: Place | None) -> None:
        if place is None:
            self.notify("It is about no agent and no mission.", severity="warning", timeout=3)
        else:
            self.dismiss(place)
