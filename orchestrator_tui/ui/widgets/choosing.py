"""How rows of a list are chosen, by key and by mouse, and how many are told."""

from collections.abc import Collection

from textual.binding import BindingType
from textual.message import Message

from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.model import Panel

LIST_MOVES: tuple[BindingType, ...] = (
    ("j,down", "move(1)", "Down"),
    ("k,up", "move(-1)", "Up"),
    ("g,home", "move(-1000000)", "First"),
    ("G,end", "move(1000000)", "Last"),
    ("ctrl+d,pagedown", "move(10)", "Page down"),
    ("ctrl+u,pageup", "move(-10)", "Page up"),
)
"""Keys of a screen that is one list, for its ``action_move(rows)``."""


class Picked(Message):
    """A row was chosen with the mouse; ``opened`` by a double click."""

    def __init__(self, panel: Panel, key: int | str, *, opened: bool) -> None:
        super().__init__()
        self.panel = panel
        self.key = key
        self.opened = opened


def marked_count(marks: Collection[object]) -> Spans:
    """``  2 marked`` for a panel's title; empty without marks."""
    return (Span(f"  {len(marks)} marked", "accent"),) if marks else ()
