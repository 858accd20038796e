"""What the Claude CLI's screen says to somebody who wants to type, in the words of the guard."""

from collections.abc import Mapping

from orchestrator_tui.agents.guard import InputSight
from orchestrator_tui.agents.providers.claude_screens import ScreenReading, Situation, read_claude_screen
from orchestrator_tui.pty.sight import PaneSight

_BOX_COLUMN = 2
"""Where the cursor stands in an empty input box."""

OBSTACLES: Mapping[Situation, str] = {
    Situation.PERMISSION: "a dialog is open (permission)",
    Situation.QUESTION: "a dialog is open (question)",
    Situation.PLAN: "a dialog is open (plan)",
    Situation.TRUST: "a dialog is open (trust)",
    Situation.LOGIN: "it is not logged in",
    Situation.RESUME: "a dialog is open (resume)",
    Situation.BYPASS: "a dialog is open (permission mode)",
    Situation.MCP_APPROVAL: "a dialog is open (MCP server)",
    Situation.API_KEY: "a dialog is open (API key)",
    Situation.SHELL: "the input box is in shell mode",
    Situation.MENU: "a menu is open",
    Situation.TRANSCRIPT: "the transcript is shown instead of the input box",
}
"""What stands in front of the input box; in every other situation the box itself counts."""


def read_input(pane: PaneSight) -> InputSight:
    """The reading of one look."""
    return input_sight(read_claude_screen(pane.screen, pane.cursor), pane.cursor)


def input_sight(reading: ScreenReading, cursor: tuple[int, int]) -> InputSight:
    """A reading of the screen in the guard's words."""
    # What the box shows faintly is a suggestion of the program, no draft.
    box = None if reading.box is None else (reading.draft or "")
    obstacle = OBSTACLES.get(reading.situation)
    if obstacle is not None and not (reading.situation is Situation.MENU and box):
        return InputSight(obstacle=obstacle)
    if reading.situation is Situation.STARTING:
        return InputSight(obstacle="it is starting", by_person=False)
    if box == "" and cursor[0] > _BOX_COLUMN:
        # Blanks are not captured; the cursor behind them shows that somebody typed some.
        box = " " * (cursor[0] - _BOX_COLUMN)
    return InputSight(box=box, is_busy=reading.busy)
