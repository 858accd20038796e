"""What each situation of the Claude CLI's screen says of the agent's state."""

import pytest

from orchestrator_tui.agents.providers.claude_screens import ScreenReading, Situation
from orchestrator_tui.agents.providers.claude_sight import word_of_screen
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.verdict import Observation, Source

IDLE, BUSY, WAITING, STARTING = AgentState.IDLE, AgentState.BUSY, AgentState.WAITING, AgentState.STARTING

STATES: dict[Situation, tuple[AgentState | None, WaitingFor | None]] = {
    Situation.IDLE: (IDLE, None),
    Situation.DRAFT: (IDLE, None),
    Situation.SHELL: (IDLE, None),
    Situation.API_ERROR: (IDLE, None),
    Situation.WORKING: (BUSY, None),
    Situation.BACKGROUND: (BUSY, None),
    Situation.STARTING: (STARTING, None),
    Situation.PERMISSION: (WAITING, WaitingFor.PERMISSION),
    Situation.QUESTION: (WAITING, WaitingFor.QUESTION),
    Situation.PLAN: (WAITING, WaitingFor.QUESTION),
    Situation.LIMIT: (WAITING, WaitingFor.QUESTION),
    Situation.MENU: (WAITING, WaitingFor.QUESTION),
    Situation.TRUST: (WAITING, WaitingFor.TRUST),
    Situation.BYPASS: (WAITING, WaitingFor.TRUST),
    Situation.MCP_APPROVAL: (WAITING, WaitingFor.TRUST),
    Situation.LOGIN: (WAITING, WaitingFor.LOGIN),
    Situation.API_KEY: (WAITING, WaitingFor.LOGIN),
    Situation.RESUME: (WAITING, WaitingFor.RESUME),
    Situation.MCP_FAILED: (None, None),
    Situation.TRANSCRIPT: (None, None),
}


def word(situation: Situation, detail: str = "", **more: object) -> Observation:
    found = word_of_screen(ScreenReading(situation, detail=detail, **more), 5)  # pyright: ignore[reportArgumentType]
    assert found is not None
    return found


@pytest.mark.parametrize("situation", STATES)
def test_a_situation_is_a_state(situation: Situation) -> None:
    found = word(situation)
    assert (found.state, found.waiting_for) == STATES[situation]
    assert (found.source, found.at, found.word) == (Source.SCREEN, 5, situation.value)


def test_every_situation_is_known() -> None:
    assert set(STATES) | {Situation.UNKNOWN} == set(Situation)
    assert word_of_screen(ScreenReading(Situation.UNKNOWN), 5) is None


def test_a_turn_that_runs_goes_before_what_the_box_shows() -> None:
    assert word(Situation.DRAFT, busy=True).state is BUSY


def test_requests_are_told_in_words() -> None:
    assert word(Situation.PERMISSION, "touch a.txt", tool="Bash").detail == "Bash: touch a.txt"
    assert word(Situation.TRUST, "/home/ada/work").detail == "asks whether you trust the folder: /home/ada/work"
    assert word(Situation.API_ERROR, "API Error: 529").detail == "API Error: 529"


def test_an_mcp_server_that_failed_is_a_problem() -> None:
    assert word(Situation.MCP_FAILED, "1 server failed").problem == "an MCP server is not connected: 1 server failed"
    assert word(Situation.MCP_FAILED).problem == "an MCP server is not connected"
