"""Which verdicts move an agent, and which do not."""

import pytest

from orchestrator_tui.agents.moves import Hold, Move, move_for
from orchestrator_tui.core.models import AgentRecord, AgentState, ModelTier, Role, WaitingFor
from orchestrator_tui.core.verdict import Confidence, Source, Verdict

NOW = 1_000_000
STARTING, IDLE, BUSY, WAITING = AgentState.STARTING, AgentState.IDLE, AgentState.BUSY, AgentState.WAITING
TRUST, PERMISSION = WaitingFor.TRUST, WaitingFor.PERMISSION
NONE, SHOW, END_TURN = Move.NONE, Move.SHOW, Move.END_TURN
FREE, DELIVERS, CLAIMS, RUNS = Hold(), Hold(is_delivering=True), Hold(has_claims=True), Hold(has_claims=True, runs=True)


def record(state: AgentState, waiting_for: WaitingFor | None = None, reason: str | None = None) -> AgentRecord:
    return AgentRecord(
        id=1,
        name="one",
        role=Role.CODER,
        model=ModelTier.SONNET,
        provider="claude",
        config={},
        state=state,
        created_at=0,
        state_since=NOW - 5_000,
        waiting_for=waiting_for,
        reason=reason,
    )


def verdict(
    state: AgentState,
    source: Source = Source.STATUS,
    confidence: Confidence = Confidence.HIGH,
    waiting_for: WaitingFor | None = None,
    reason: str = "",
    age_ms: int = 4_000,
) -> Verdict:
    return Verdict(state, waiting_for, reason, source, age_ms, confidence)


@pytest.mark.parametrize(
    ("before", "after", "hold", "move"),
    [
        (BUSY, verdict(IDLE), RUNS, END_TURN),
        (WAITING, verdict(IDLE), FREE, END_TURN),
        (IDLE, verdict(IDLE), RUNS, END_TURN),
        (IDLE, verdict(IDLE), CLAIMS, NONE),
        (STARTING, verdict(IDLE), FREE, END_TURN),
        (STARTING, verdict(IDLE, age_ms=1_000), FREE, NONE),
        (STARTING, verdict(IDLE), CLAIMS, NONE),
        (IDLE, verdict(BUSY), FREE, SHOW),
        (WAITING, verdict(BUSY), FREE, SHOW),
        (STARTING, verdict(BUSY), FREE, NONE),
        (BUSY, verdict(BUSY), FREE, NONE),
        (BUSY, verdict(WAITING, waiting_for=PERMISSION), FREE, SHOW),
        (STARTING, verdict(WAITING, Source.SCREEN, waiting_for=TRUST), FREE, SHOW),
        (STARTING, verdict(WAITING, Source.SCREEN, waiting_for=TRUST), DELIVERS, SHOW),
        (WAITING, verdict(STARTING, Source.SCREEN), FREE, SHOW),
        (WAITING, verdict(STARTING, Source.SCREEN), DELIVERS, SHOW),
        (BUSY, verdict(STARTING, Source.SCREEN), FREE, NONE),
        (BUSY, verdict(AgentState.CRASHED, Source.PROCESS), FREE, NONE),
    ],
)
def test_a_move(before: AgentState, after: Verdict, hold: Hold, move: Move) -> None:
    assert move_for(record(before), after, hold, NOW) is move


@pytest.mark.parametrize("state", [IDLE, BUSY, WAITING])
def test_nothing_is_moved_on_a_guess(state: AgentState) -> None:
    for before in (STARTING, IDLE, BUSY, WAITING):
        assert move_for(record(before), verdict(state, confidence=Confidence.LOW), RUNS, NOW) is NONE


@pytest.mark.parametrize("state", [IDLE, BUSY, WAITING, STARTING])
def test_nothing_is_moved_while_the_agent_is_being_stopped(state: AgentState) -> None:
    for before in (STARTING, IDLE, BUSY, WAITING):
        assert move_for(record(before), verdict(state), Hold(is_fencing=True, runs=True), NOW) is NONE


@pytest.mark.parametrize("state", [IDLE, BUSY])
def test_a_delivery_is_left_to_end_by_itself(state: AgentState) -> None:
    for before in (STARTING, IDLE, BUSY):
        assert move_for(record(before), verdict(state), DELIVERS, NOW) is NONE


@pytest.mark.parametrize("state", sorted(set(AgentState) - {STARTING, IDLE, BUSY, WAITING}))
def test_an_agent_that_does_not_run_is_not_moved(state: AgentState) -> None:
    assert move_for(record(state), verdict(IDLE), FREE, NOW) is NONE


def test_the_end_of_a_turn_that_a_hook_tells_is_left_to_the_hook() -> None:
    told = verdict(IDLE, Source.HOOK, age_ms=100)
    assert move_for(record(BUSY), told, RUNS, NOW) is NONE
    assert move_for(record(BUSY), verdict(IDLE, Source.HOOK), RUNS, NOW) is END_TURN


def test_what_is_waited_for_is_shown_once_it_is_known_in_words() -> None:
    asks = verdict(WAITING, Source.SCREEN, waiting_for=PERMISSION, reason="Bash: ls")
    assert move_for(record(WAITING, PERMISSION), asks, FREE, NOW) is SHOW
    assert move_for(record(WAITING, PERMISSION, "Bash: ls"), asks, FREE, NOW) is NONE
    assert move_for(record(WAITING, TRUST, "Bash: ls"), asks, FREE, NOW) is SHOW


def test_a_hook_s_words_are_kept() -> None:
    asks = verdict(WAITING, waiting_for=PERMISSION, reason="permission prompt")
    assert move_for(record(WAITING, PERMISSION, "Bash: ls"), asks, FREE, NOW) is NONE
