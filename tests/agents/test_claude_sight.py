"""What each situation of the Claude CLI's screen says of the agent's state."""

from pathlib import Path

import pytest

from orchestrator_tui.agents.providers.claude import ClaudeProvider
from orchestrator_tui.agents.providers.claude_screens import ScreenReading, Situation
from orchestrator_tui.agents.providers.claude_sight import word_of_screen
from orchestrator_tui.core.fusion import fuse
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.verdict import Confidence, Observation, Source

SCREENS = Path(__file__).resolve().parents[1] / "fixtures" / "screens" / "2.1.328"
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


def test_a_limit_above_a_free_prompt_is_no_dialog() -> None:
    found = word(Situation.LIMIT, "limit resets 1:37am", box="")
    assert (found.state, found.detail) == (IDLE, "limit resets 1:37am")


START_UPS = {
    "trust": (WaitingFor.TRUST, "asks whether you trust the folder: /tmp/claude-screens/proj"),
    "bypass-warning": (WaitingFor.TRUST, "asks whether to skip all permissions: "),
    "mcp-approval": (WaitingFor.TRUST, "asks whether to use a project's MCP server: "),
    "api-key": (WaitingFor.LOGIN, "asks whether to use the API key of its environment: "),
    "login-method": (WaitingFor.LOGIN, "has to be set up or logged in: Select login method"),
    "onboarding-theme": (WaitingFor.LOGIN, "has to be set up or logged in: "),
    "resume-picker": (WaitingFor.RESUME, "asks which conversation to resume: "),
}


@pytest.mark.parametrize("size", ["120x36", "80x24"])
@pytest.mark.parametrize("name", START_UPS)
def test_a_recorded_start_up_dialog_needs_a_person(name: str, size: str) -> None:
    screen = (SCREENS / f"{name}.{size}.ansi").read_text()
    look = ClaudeProvider().read_screen(screen, None, 9_000)
    assert look is not None
    ours = Observation(Source.SUPERVISOR, 5_000, STARTING)
    verdict = fuse([look, Observation(Source.PROCESS, 5_000), ours], 9_100)
    waiting_for, reason = START_UPS[name]
    assert (verdict.state, verdict.waiting_for) == (WAITING, waiting_for)
    assert (verdict.source, verdict.confidence) == (Source.SCREEN, Confidence.HIGH)
    assert verdict.reason.startswith(reason)


@pytest.mark.parametrize("name", ["not-logged-in", "api-error-401"])
def test_a_program_that_is_not_logged_in_needs_a_person_though_it_says_to_be_idle(name: str) -> None:
    look = ClaudeProvider().read_screen((SCREENS / f"{name}.120x36.ansi").read_text(), None, 9_000)
    assert look is not None
    idle = [Observation(source, 8_000, IDLE) for source in (Source.HOOK, Source.STATUS, Source.SUPERVISOR)]
    verdict = fuse([*idle, look], 9_100)
    assert (verdict.state, verdict.waiting_for) == (WAITING, WaitingFor.LOGIN)


def test_an_mcp_server_that_failed_is_a_problem() -> None:
    assert word(Situation.MCP_FAILED, "1 server failed").problem == "an MCP server is not connected: 1 server failed"
    assert word(Situation.MCP_FAILED).problem == "an MCP server is not connected"
