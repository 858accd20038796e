"""Reads the demo agent's screen for somebody who wants to type: its input line, or the dialog in its place."""

from orchestrator_tui.agents.guard import InputSight
from orchestrator_tui.pty.sight import PaneSight, plain_text

_RULE, _PROMPT, _PROMPT_COLUMNS = "───", ">", 2
_WORKING, _CHOICE = "✳ Working", " ❯ 1. Yes"
_DIALOG_ROWS = 5
"""The rule above the dialog and its rows down to the choice at which the cursor stands."""


def read_input(pane: PaneSight) -> InputSight:
    """Found by the cursor, which stands in the input line or at the dialog's choice."""
    rows = plain_text(pane.screen).split("\n")
    x, y = pane.cursor
    here = rows[y] if y < len(rows) else ""
    if here.startswith(_CHOICE) and y >= _DIALOG_ROWS - 1 and rows[y - _DIALOG_ROWS + 1].startswith(_RULE):
        return InputSight(obstacle="a dialog is open")
    if not here.startswith(_PROMPT) or y < 1 or not rows[y - 1].startswith(_RULE):
        return InputSight()
    box = here[_PROMPT_COLUMNS:]
    if not box and x > _PROMPT_COLUMNS:
        # Blanks are not captured; the cursor behind them shows that somebody typed some.
        box = " " * (x - _PROMPT_COLUMNS)
    is_busy = y >= 2 and rows[y - 2].startswith(_WORKING)
    return InputSight(box=box, is_busy=is_busy, is_cut=len(box) >= pane.cols - 4)
