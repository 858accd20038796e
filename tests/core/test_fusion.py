"""What five sources say and what is made of it: every state, and every disagreement that is known."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from orchestrator_tui.core.fusion import doubt, fuse
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.verdict import Confidence, Observation, Source, Verdict

NOW = 1_000_000_000
STARTING, IDLE, BUSY, WAITING = AgentState.STARTING, AgentState.IDLE, AgentState.BUSY, AgentState.WAITING
HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
HOOK, STATUS, SCREEN, TRANSCRIPT = Source.HOOK, Source.STATUS, Source.SCREEN, Source.TRANSCRIPT
PROCESS, SUPERVISOR = Source.PROCESS, Source.SUPERVISOR


def said(
    source: Source,
    seconds_ago: float,
    state: AgentState | None = None,
    waiting_for: WaitingFor | None = None,
    detail: str = "",
    problem: str = "",
    *,
    held: bool = False,
) -> Observation:
    at = NOW - round(seconds_ago * 1000)
    return Observation(source, at, state, waiting_for, detail=detail, problem=problem, is_held=held)


def ours(state: AgentState, seconds_ago: float = 60, detail: str = "", problem: str = "") -> Observation:
    return said(SUPERVISOR, seconds_ago, state, detail=detail, problem=problem)


RUNS = said(PROCESS, 60)
JUST_BEGAN = said(PROCESS, 2)
GONE = said(PROCESS, 60, AgentState.CRASHED)
PERMISSION, QUESTION = WaitingFor.PERMISSION, WaitingFor.QUESTION

CASES: dict[str, tuple[Sequence[Observation], AgentState, WaitingFor | None, Source, Confidence]] = {
    # Both agree.
    "idle": ([said(HOOK, 9, IDLE), said(STATUS, 9, IDLE), RUNS, ours(IDLE)], IDLE, None, HOOK, HIGH),
    "busy": ([said(HOOK, 1, BUSY), said(STATUS, 9, BUSY), RUNS, ours(BUSY)], BUSY, None, HOOK, HIGH),
    "permission, held": (
        [said(HOOK, 9, WAITING, PERMISSION, held=True), said(STATUS, 9, WAITING, PERMISSION), RUNS, ours(WAITING)],
        WAITING, PERMISSION, HOOK, HIGH,
    ),
    "AskUserQuestion": (
        [said(HOOK, 9, WAITING, QUESTION), said(STATUS, 9, WAITING, QUESTION), RUNS, ours(WAITING)],
        WAITING, QUESTION, HOOK, HIGH,
    ),
    "the end of a turn, whose work is still drawn": (
        [said(HOOK, 1, IDLE), said(STATUS, 9, BUSY), said(SCREEN, 0, BUSY), RUNS, ours(IDLE)],
        IDLE, None, HOOK, MEDIUM,
    ),
    "the end of a turn that went on": (
        [said(HOOK, 2.5, IDLE), said(STATUS, 9, BUSY), said(SCREEN, 0, BUSY), RUNS, ours(IDLE)],
        BUSY, None, STATUS, HIGH,
    ),
    "ExitPlanMode, of which the session file says less": (
        [said(HOOK, 9, WAITING, QUESTION), said(STATUS, 9, WAITING, PERMISSION), RUNS, ours(WAITING)],
        WAITING, QUESTION, HOOK, HIGH,
    ),
    "an API error ended the turn": (
        [said(HOOK, 2, IDLE, detail="API Error: 529"), said(STATUS, 2, IDLE), RUNS, ours(IDLE)],
        IDLE, None, HOOK, HIGH,
    ),
    # Background work after Stop.
    "a background task, told by Stop and session file": (
        [said(HOOK, 5, BUSY), said(STATUS, 5, BUSY), RUNS, said(SCREEN, 1, IDLE), ours(BUSY)],
        BUSY, None, HOOK, HIGH,
    ),
    "a background shell that Stop did not tell": (
        [said(HOOK, 5, IDLE), said(STATUS, 4.9, BUSY), said(SCREEN, 1, BUSY), RUNS, ours(IDLE)],
        BUSY, None, STATUS, HIGH,
    ),
    # Esc: no hook tells.
    "Esc, just now": ([said(HOOK, 9, BUSY), said(STATUS, 0.2, IDLE), RUNS, ours(BUSY)], BUSY, None, HOOK, LOW),
    "Esc, the screen agrees": (
        [said(HOOK, 9, BUSY), said(STATUS, 0.3, IDLE), said(SCREEN, 0, IDLE), RUNS, ours(BUSY)],
        IDLE, None, STATUS, HIGH,
    ),
    "Esc, the screen cannot be read": (
        [said(HOOK, 9, BUSY), said(STATUS, 0.6, IDLE), said(SCREEN, 0), RUNS, ours(BUSY)], IDLE, None, STATUS, MEDIUM,
    ),
    "Esc in a dialog": (
        [said(HOOK, 9, WAITING, QUESTION), said(STATUS, 0.6, IDLE), RUNS, ours(WAITING)], IDLE, None, STATUS, MEDIUM,
    ),
    "Esc in a dialog whose hook is held": (
        [said(HOOK, 9, WAITING, PERMISSION, held=True), said(STATUS, 1.5, IDLE), RUNS, ours(WAITING)],
        IDLE, None, STATUS, HIGH,
    ),
    # Dialogs answered in the pane.
    "answered in the pane, the hook still held": (
        [said(HOOK, 9, WAITING, PERMISSION, held=True), said(STATUS, 0.4, BUSY), RUNS, ours(WAITING)],
        WAITING, PERMISSION, HOOK, HIGH,
    ),
    "answered in the pane, a second ago": (
        [said(HOOK, 9, WAITING, PERMISSION, held=True), said(STATUS, 1.1, BUSY), RUNS, ours(WAITING)],
        BUSY, None, STATUS, HIGH,
    ),
    "an old dialog answered in the pane": (
        [said(HOOK, 900, WAITING, PERMISSION), said(STATUS, 2, BUSY), RUNS, ours(WAITING)], BUSY, None, STATUS, MEDIUM,
    ),
    "an old dialog that is still open on the screen": (
        [
            said(HOOK, 900, WAITING, PERMISSION),
            said(STATUS, 2, BUSY),
            said(SCREEN, 0, WAITING, PERMISSION),
            RUNS,
            ours(WAITING),
        ],
        WAITING, PERMISSION, HOOK, MEDIUM,
    ),
    # A hook that is newer is not fought.
    "the session file lags behind a prompt": (
        [said(HOOK, 0.2, BUSY), said(STATUS, 9, IDLE), RUNS, ours(BUSY)], BUSY, None, HOOK, MEDIUM,
    ),
    "the session file lags behind Stop": (
        [said(HOOK, 0.2, IDLE), said(STATUS, 9, BUSY), RUNS, ours(IDLE)], IDLE, None, HOOK, MEDIUM,
    ),
    "a look from before the hook does not count": (
        [said(HOOK, 0.2, BUSY), said(STATUS, 9, IDLE), said(SCREEN, 1, IDLE), RUNS, ours(BUSY)],
        BUSY, None, HOOK, MEDIUM,
    ),
    "a session file that insists": (
        [said(HOOK, 3.5, BUSY), said(STATUS, 9, IDLE), RUNS, ours(BUSY)], IDLE, None, STATUS, MEDIUM,
    ),
    "a session file that insists against the screen": (
        [said(HOOK, 3.5, BUSY), said(STATUS, 9, IDLE), said(SCREEN, 0, BUSY), RUNS, ours(BUSY)], BUSY, None, HOOK, HIGH,
    ),
    "a session file that is wrong: the screen shows work": (
        [said(HOOK, 9, BUSY), said(STATUS, 2, IDLE), said(SCREEN, 0, BUSY), RUNS, ours(BUSY)],
        BUSY, None, HOOK, MEDIUM,
    ),
    # Hooks lost, as while the supervisor was down.
    "a turn of which no hook came": (
        [said(HOOK, 90, IDLE), said(STATUS, 5, BUSY), RUNS, ours(IDLE)], BUSY, None, STATUS, MEDIUM,
    ),
    "a request of which no hook came": (
        [said(HOOK, 90, BUSY), said(STATUS, 5, WAITING, PERMISSION), RUNS, ours(BUSY)],
        WAITING, PERMISSION, STATUS, MEDIUM,
    ),
    "an end of which no hook came": (
        [said(HOOK, 90, BUSY), said(STATUS, 5, IDLE), RUNS, ours(BUSY)], IDLE, None, STATUS, MEDIUM,
    ),
    "adopted: no hook was heard yet": ([said(STATUS, 500, BUSY), RUNS, ours(BUSY)], BUSY, None, STATUS, MEDIUM),
    "adopted, and its screen agrees": (
        [said(STATUS, 500, BUSY), said(SCREEN, 0, BUSY), RUNS, ours(BUSY)], BUSY, None, STATUS, HIGH,
    ),
    "no session file": ([said(HOOK, 5, BUSY), RUNS, ours(BUSY)], BUSY, None, HOOK, MEDIUM),
    "a dialog that neither told of": (
        [said(HOOK, 50, BUSY), said(STATUS, 50, BUSY), said(SCREEN, 0, WAITING, QUESTION), RUNS, ours(BUSY)],
        WAITING, QUESTION, SCREEN, MEDIUM,
    ),
    "that dialog, and then a hook": (
        [said(HOOK, 0, BUSY), said(STATUS, 50, BUSY), said(SCREEN, 1, WAITING, QUESTION), RUNS, ours(WAITING)],
        BUSY, None, HOOK, HIGH,
    ),
    # Start-up: neither hook nor session file.
    "it starts": ([JUST_BEGAN, ours(STARTING, 2)], STARTING, None, SUPERVISOR, LOW),
    "it starts, nothing on the screen": (
        [said(SCREEN, 0), JUST_BEGAN, ours(STARTING, 2)], STARTING, None, SCREEN, MEDIUM,
    ),
    **{
        f"{what.value} dialog": (
            [said(SCREEN, 0, WAITING, what), JUST_BEGAN, ours(STARTING, 2)], WAITING, what, SCREEN, HIGH,
        )
        for what in (WaitingFor.TRUST, WaitingFor.LOGIN, WaitingFor.RESUME, WaitingFor.QUESTION)
    },
    "a start-up dialog was answered": (
        [said(SCREEN, 0), JUST_BEGAN, ours(WAITING, 30)], STARTING, None, SCREEN, MEDIUM,
    ),
    "its prompt shows before its hook comes": (
        [said(SCREEN, 0, IDLE), JUST_BEGAN, ours(STARTING, 2)], IDLE, None, SCREEN, LOW,
    ),
    "its prompt shows and no hook ever comes": (
        [said(SCREEN, 0, IDLE), RUNS, ours(STARTING)], IDLE, None, SCREEN, MEDIUM,
    ),
    "it does not become ready, and its screen is not understood": (
        [said(SCREEN, 0), RUNS, ours(STARTING)], WAITING, QUESTION, PROCESS, MEDIUM,
    ),
    "logged out while it was idle": (
        [said(HOOK, 50, IDLE), said(STATUS, 50, IDLE), said(SCREEN, 0, WAITING, WaitingFor.LOGIN), RUNS, ours(IDLE)],
        WAITING, WaitingFor.LOGIN, SCREEN, MEDIUM,
    ),
    # The process.
    "killed, its session file still says busy": (
        [said(HOOK, 5, BUSY), said(STATUS, 5, BUSY), GONE, ours(BUSY)], AgentState.CRASHED, None, PROCESS, HIGH,
    ),
    "killed while its request was held": (
        [said(HOOK, 5, WAITING, PERMISSION, held=True), GONE, ours(WAITING)], AgentState.CRASHED, None, PROCESS, HIGH,
    ),
    "stopped by job control while it worked": (
        [said(HOOK, 5, BUSY), said(STATUS, 5, BUSY), said(PROCESS, 60, problem="it is stopped"), ours(BUSY)],
        BUSY, None, HOOK, HIGH,
    ),
    # What only we know.
    **{
        state.value: (
            [said(HOOK, 5, BUSY), said(STATUS, 5, BUSY), GONE, ours(state, 3, "killed by SIGKILL")],
            state, None, SUPERVISOR, HIGH,
        )
        for state in (AgentState.CRASHED, AgentState.RESTARTING, AgentState.FAILED, AgentState.STOPPED)
    },
    "its MCP server is not connected": (
        [said(HOOK, 30, IDLE), said(STATUS, 30, IDLE), RUNS, ours(IDLE, problem="its MCP server is not connected")],
        IDLE, None, HOOK, HIGH,
    ),
    # Next to nothing.
    "only the transcript": (
        [said(TRANSCRIPT, 5, BUSY), RUNS, ours(IDLE)], BUSY, None, TRANSCRIPT, LOW,
    ),
    "nothing at all": ([RUNS, ours(BUSY)], BUSY, None, SUPERVISOR, LOW),
}  # fmt: skip


def verdict(*observations: Observation) -> Verdict:
    return fuse(observations, NOW)


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str) -> None:
    observations, state, waiting_for, source, confidence = CASES[name]
    found = fuse(observations, NOW)
    assert (found.state, found.waiting_for, found.source, found.confidence) == (state, waiting_for, source, confidence)
    assert len(found.reasoning) == len(observations) + 1
    assert found.reasoning[-1].startswith(f"so {state.value}, by the {source.value}: ")


@pytest.mark.parametrize("name", CASES)
def test_the_order_of_what_is_said_does_not_matter(name: str) -> None:
    observations, *_ = CASES[name]
    assert fuse(list(reversed(observations)), NOW) == fuse(observations, NOW)


def test_every_state_is_among_the_cases() -> None:
    assert {case[1] for case in CASES.values()} == set(AgentState)
    assert {case[2] for case in CASES.values()} - {None} == set(WaitingFor)
    assert {case[3] for case in CASES.values()} == set(Source)


def test_a_verdict_tells_who_when_and_why() -> None:
    interrupted = said(TRANSCRIPT, 4, IDLE, detail="interrupted in the pane")
    words = [replace(said(HOOK, 150, BUSY), word="PreToolUse"), replace(said(STATUS, 4, IDLE), word="idle")]
    found = verdict(*words, interrupted, said(SCREEN, 0, IDLE), RUNS, ours(BUSY))
    assert (found.age_ms, found.reason) == (4_000, "interrupted in the pane")
    assert found.reasoning == (
        "hook, 2 min ago: busy (PreToolUse)",
        "session file, 4 s ago: idle (idle)",
        "transcript, 4 s ago: idle; interrupted in the pane",
        "screen, just now: idle",
        "process, 60 s ago",
        "supervisor, 60 s ago: busy",
        "so idle, by the session file: the session file is newer than the hook, and the screen agrees",
    )
    assert found.as_dict()["source"] == "session file"


def test_an_interruption_of_an_earlier_turn_is_not_this_one_s() -> None:
    words = [said(HOOK, 90, BUSY), said(STATUS, 4, IDLE), RUNS, ours(BUSY)]
    assert verdict(*words, said(TRANSCRIPT, 5, IDLE, detail="interrupted")).reason == "interrupted"
    assert verdict(*words, said(TRANSCRIPT, 95, IDLE, detail="interrupted")).reason == ""


def test_problems_are_named_whatever_the_state_is() -> None:
    stopped = said(PROCESS, 60, problem="its process is stopped")
    found = verdict(said(HOOK, 5, BUSY), said(STATUS, 5, BUSY), stopped, ours(BUSY, problem="no MCP server"))
    assert found.problem == "its process is stopped; no MCP server"
    assert found.reason == found.problem


def test_an_api_error_is_the_reason() -> None:
    found = verdict(said(HOOK, 5, IDLE, detail="API Error: 529 overloaded"), said(STATUS, 5, IDLE), RUNS, ours(IDLE))
    assert found.reason == "API Error: 529 overloaded"


def test_what_a_session_file_leaves_out_is_told_by_the_screen() -> None:
    look = said(SCREEN, 0, WAITING, PERMISSION, "Bash: touch a.txt")
    found = verdict(said(HOOK, 90, BUSY), said(STATUS, 5, WAITING, QUESTION), look, RUNS, ours(BUSY))
    assert (found.waiting_for, found.reason) == (PERMISSION, "Bash: touch a.txt")


class TestDoubt:
    """When a screen is looked at: never for settled agents."""

    @pytest.mark.parametrize("state", [IDLE, BUSY])
    def test_an_agent_of_which_hook_and_file_agree_is_not_looked_at(self, state: AgentState) -> None:
        assert doubt([said(HOOK, 9, state), said(STATUS, 9, state), RUNS, ours(state)], NOW) is None

    def test_an_idle_agent_is_not_looked_at_however_old_its_words_are(self) -> None:
        assert doubt([said(HOOK, 9_000, IDLE), said(STATUS, 9_000, IDLE), RUNS, ours(IDLE)], NOW) is None

    def test_a_request_in_words_is_not_looked_at(self) -> None:
        asks = said(HOOK, 900, WAITING, PERMISSION, "Bash: ls")
        assert doubt([asks, said(STATUS, 900, WAITING, PERMISSION), RUNS, ours(WAITING)], NOW) is None

    def test_a_request_that_is_not_known_in_words_is_looked_at_once(self) -> None:
        words = [said(STATUS, 5, WAITING, PERMISSION), RUNS, ours(WAITING)]
        assert doubt(words, NOW) is not None
        assert doubt([*words, said(SCREEN, 1, WAITING, PERMISSION, "Bash: ls")], NOW) is None

    @pytest.mark.parametrize("hook", [replace(said(HOOK, 9, IDLE), leaves_open=True), None])
    def test_a_start_and_a_failed_request_are_looked_at_once(self, hook: Observation | None) -> None:
        words = [*([hook] if hook else []), said(STATUS, 9, IDLE), RUNS, ours(IDLE)]
        assert doubt(words, NOW) is not None
        assert doubt([*words, said(SCREEN, 10, IDLE)], NOW) is not None
        assert doubt([*words, said(SCREEN, 8)], NOW) is None

    def test_a_start_is_looked_at(self) -> None:
        assert doubt([JUST_BEGAN, ours(STARTING, 2)], NOW) is not None
        assert doubt([said(SCREEN, 1), JUST_BEGAN, ours(STARTING, 2)], NOW) is not None

    def test_a_start_up_dialog_is_looked_at_until_it_is_answered(self) -> None:
        assert doubt([said(SCREEN, 1, WAITING, WaitingFor.TRUST), JUST_BEGAN, ours(WAITING)], NOW) is not None
        assert doubt([said(SCREEN, 6, WAITING, WaitingFor.TRUST), RUNS, ours(WAITING)], NOW) is not None

    def test_a_start_up_dialog_that_stays_open_is_looked_at_less_often(self) -> None:
        assert doubt([said(SCREEN, 4, WAITING, WaitingFor.TRUST), RUNS, ours(WAITING)], NOW) is None

    def test_an_adopted_agent_without_words_is_looked_at_once(self) -> None:
        assert doubt([RUNS, ours(IDLE)], NOW) is not None
        assert doubt([said(SCREEN, 9, IDLE), RUNS, ours(IDLE)], NOW) is None

    def test_a_contradiction_is_looked_at_until_the_screen_settles_it(self) -> None:
        words = [said(HOOK, 9, BUSY), said(STATUS, 2, IDLE), RUNS, ours(BUSY)]
        assert doubt(words, NOW) is not None
        assert doubt([*words, said(SCREEN, 1)], NOW) is not None
        assert doubt([*words, said(SCREEN, 3, IDLE)], NOW) is not None
        assert doubt([*words, said(SCREEN, 1, IDLE)], NOW) is None

    def test_a_dialog_that_only_the_screen_shows_to_be_open_is_looked_at_again(self) -> None:
        words = [said(HOOK, 90, WAITING, WaitingFor.LOGIN), said(STATUS, 89, IDLE), RUNS, ours(WAITING)]
        assert doubt([*words, said(SCREEN, 4, WAITING, WaitingFor.LOGIN)], NOW) is None
        assert doubt([*words, said(SCREEN, 6, WAITING, WaitingFor.LOGIN)], NOW) is not None

    def test_a_contradiction_that_no_look_settles_is_given_up(self) -> None:
        assert doubt([said(HOOK, 90, BUSY), said(STATUS, 61, IDLE), said(SCREEN, 0), RUNS, ours(IDLE)], NOW) is None

    def test_silent_work_is_looked_at_now_and_then(self) -> None:
        words = [said(HOOK, 31, BUSY), said(STATUS, 40, BUSY), RUNS, ours(BUSY)]
        assert doubt(words, NOW) is not None
        assert doubt([*words, said(SCREEN, 29, BUSY)], NOW) is None

    def test_a_dead_or_ended_agent_is_not_looked_at(self) -> None:
        assert doubt([GONE, ours(BUSY)], NOW) is None
        assert doubt([RUNS, ours(AgentState.FAILED)], NOW) is None
