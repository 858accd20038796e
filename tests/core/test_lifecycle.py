"""The transition tables, as the contract states them."""

import pytest

from orchestrator_tui.core.lifecycle import (
    AGENT_TRANSITIONS,
    MISSION_TRANSITIONS,
    agent_may_become,
    mission_may_become,
)
from orchestrator_tui.core.models import AgentState as A
from orchestrator_tui.core.models import MissionState as M


def test_every_state_has_a_row() -> None:
    assert set(AGENT_TRANSITIONS) == set(A)
    assert set(MISSION_TRANSITIONS) == set(M)


@pytest.mark.parametrize("state", [A.STARTING, A.IDLE, A.BUSY, A.WAITING])
def test_a_living_agent_may_crash_or_be_stopped(state: A) -> None:
    assert agent_may_become(state, A.CRASHED)
    assert agent_may_become(state, A.STOPPED)


@pytest.mark.parametrize(("before", "after"), [(A.STOPPED, A.IDLE), (A.FAILED, A.BUSY), (A.CRASHED, A.IDLE)])
def test_an_agent_without_a_program_does_not_work(before: A, after: A) -> None:
    assert not agent_may_become(before, after)


def test_only_a_start_brings_a_stopped_agent_back() -> None:
    assert AGENT_TRANSITIONS[A.STOPPED] == {A.STARTING}


def test_a_completed_mission_stays_completed() -> None:
    assert not any(mission_may_become(M.COMPLETED, state) for state in M)


def test_a_mission_is_never_completed_without_having_run() -> None:
    completing = {state for state in M if mission_may_become(state, M.COMPLETED)}
    assert completing == {M.RUNNING}


def test_an_undelivered_or_postponed_mission_goes_back() -> None:
    assert mission_may_become(M.ASSIGNED, M.PENDING)
    assert mission_may_become(M.RUNNING, M.PENDING)
    assert not mission_may_become(M.RUNNING, M.BLOCKED)
