"""Every key, from the action registry."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from orchestrator_tui.ui.actions import Action, Group, key_name
from orchestrator_tui.ui.dialogs.base import Dialog
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of

TWO_COLUMNS_FROM = 116
COLUMNS = ((Group.AGENTS, Group.MISSIONS), (Group.MOVE, Group.VIEW, Group.APP, Group.COMMANDS))


class HelpDialog(Dialog[None]):
    """Two columns of keys; one below the other where there is no room."""

    BINDINGS: ClassVar[list[BindingType]] = [("question_mark,f1,q", "cancel", "Close")]
    heading = "Keys"
    hints = key_hints(("↑↓", "scroll"), ("esc", "close"))

    def __init__(self, actions: Sequence[Action]) -> None:
        super().__init__()
        self._actions = actions

    def body(self) -> Iterable[Widget]:
        """The columns."""
        used = {action.group for action in self._actions}
        columns = [
            Vertical(
                *(Static(help_text(self._actions, group), classes="group") for group in groups if group in used),
                classes="column",
            )
            for groups in COLUMNS
        ]
        with VerticalScroll(id="keys"):
            yield Horizontal(*columns, id="columns")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_focus(self.query_one(VerticalScroll))

    def on_resize(self) -> None:
        """Sets the columns side by side where there is room."""
        self.set_class(self.size.width < TWO_COLUMNS_FROM, "-one-column")


def help_text(actions: Sequence[Action], group: Group) -> Content:
    """The group's heading and keys."""
    lines: list[Spans] = [(Span(group, "strong"),)]
    for action in actions:
        if action.group is group:
            keys = " ".join(key_name(key) for key in action.keys)
            lines.append((Span(f"{keys:>9}  ", "accent"), Span(action.help)))
    return Content("\n").join(content_of(line) for line in lines)
