"""What a reading of the Claude CLI's screen says of the agent's state, in the words of every provider."""

from collections.abc import Mapping

from orchestrator_tui.agents.providers.claude_screens import ScreenReading, Situation
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.verdict import Observation, Source

_DIALOGS: Mapping[Situation, tuple[WaitingFor, str]] = {
    Situation.PERMISSION: (WaitingFor.PERMISSION, "asks for a permission"),
    Situation.QUESTION: (WaitingFor.QUESTION, "asks a question"),
    Situation.PLAN: (WaitingFor.QUESTION, "asks whether to carry out its plan"),
    Situation.TRUST: (WaitingFor.TRUST, "asks whether you trust the folder"),
    Situation.BYPASS: (WaitingFor.TRUST, "asks whether to skip all permissions"),
    Situation.MCP_APPROVAL: (WaitingFor.TRUST, "asks whether to use a project's MCP server"),
    Situation.LOGIN: (WaitingFor.LOGIN, "has to be set up or logged in"),
    Situation.API_KEY: (WaitingFor.LOGIN, "asks whether to use the API key of its environment"),
    Situation.RESUME: (WaitingFor.RESUME, "asks which conversation to resume"),
    Situation.LIMIT: (WaitingFor.QUESTION, "has met a usage limit"),
    Situation.MENU: (WaitingFor.QUESTION, "shows a menu that somebody opened"),
}
_STATES: Mapping[Situation, AgentState] = {
    Situation.IDLE: AgentState.IDLE,
    Situation.DRAFT: AgentState.IDLE,
    Situation.SHELL: AgentState.IDLE,
    Situation.API_ERROR: AgentState.IDLE,
    Situation.WORKING: AgentState.BUSY,
    Situation.BACKGROUND: AgentState.BUSY,
    Situation.STARTING: AgentState.STARTING,
}


def word_of_screen(reading: ScreenReading, at: int) -> Observation | None:
    """The observation for a reading of a screen that was looked at ``at``; None when nothing was recognised."""
    situation = reading.situation
    if situation is Situation.UNKNOWN:
        return None
    if situation is Situation.LIMIT and reading.box is not None:
        # No dialog: a message above the prompt, which is free.
        return Observation(Source.SCREEN, at, AgentState.IDLE, word=situation.value, detail=reading.detail)
    if situation in _DIALOGS:
        waiting_for, meaning = _DIALOGS[situation]
        return Observation(
            Source.SCREEN, at, AgentState.WAITING, waiting_for, situation.value, _request(reading, meaning)
        )
    state = AgentState.BUSY if reading.busy else _STATES.get(situation)
    detail = reading.detail if situation is Situation.API_ERROR else ""
    problem = f"an MCP server is not connected: {reading.detail}" if situation is Situation.MCP_FAILED else ""
    return Observation(Source.SCREEN, at, state, word=situation.value, detail=detail, problem=problem.rstrip(": "))


def _request(reading: ScreenReading, meaning: str) -> str:
    if reading.situation is Situation.PERMISSION and reading.tool:
        return f"{reading.tool}: {reading.detail}" if reading.detail else reading.tool
    return f"{meaning}: {reading.detail}" if reading.detail else meaning
