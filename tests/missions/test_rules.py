"""Decisions about missions, without a store."""

import pytest

from orchestrator_tui.core.models import MissionState
from orchestrator_tui.missions.rules import (
    Failure,
    Verdict,
    after_failure,
    failed_roots,
    find_cycle,
    is_retried_fence,
    may_claim,
    retry_budget,
    state_when_open,
    stronger_fence,
)

S = MissionState


@pytest.mark.parametrize(("unmet", "state"), [(0, S.PENDING), (1, S.BLOCKED), (7, S.BLOCKED)])
def test_a_mission_waits_while_a_dependency_is_unmet(unmet: int, state: MissionState):
    assert state_when_open(unmet) is state


@pytest.mark.parametrize(
    ("recoverable", "budget", "used", "delay_ms", "verdict"),
    [
        (True, 3, 1, None, Verdict(S.RETRYING, 1_000)),
        (True, 3, 2, None, Verdict(S.RETRYING, 2_000)),
        (True, 3, 3, None, Verdict(S.RETRYING, 4_000)),
        (True, 3, 4, None, Verdict(S.FAILED)),
        (True, 0, 1, None, Verdict(S.FAILED)),
        (False, 3, 1, None, Verdict(S.FAILED)),
        (True, 99, 20, None, Verdict(S.RETRYING, 60_000)),
        (True, 3, 1, 0, Verdict(S.RETRYING, 0)),
        (True, 3, 1, -5, Verdict(S.RETRYING, 0)),
    ],
)
def test_a_failure_is_retried_inside_the_budget(
    recoverable: bool, budget: int, used: int, delay_ms: int | None, verdict: Verdict
):
    assert after_failure(Failure("code", "why", recoverable, budget, delay_ms=delay_ms), used) == verdict


@pytest.mark.parametrize(
    ("own", "agents", "default", "budget"), [(0, 5, 3, 0), (None, 5, 3, 5), (None, 0, 3, 0), (None, None, 3, 3)]
)
def test_the_budget_is_the_missions_then_the_agents_then_the_default(
    own: int | None, agents: int | None, default: int, budget: int
):
    assert retry_budget(own, agents, default) == budget


@pytest.mark.parametrize("state", list(MissionState))
@pytest.mark.parametrize("reserved_for", [None, 1, 2])
def test_only_pending_missions_and_own_reservations_can_be_claimed(state: MissionState, reserved_for: int | None):
    expected = (state is S.PENDING and reserved_for != 2) or (state is S.RETRYING and reserved_for == 1)
    assert may_claim(state, reserved_for, 1) is expected


@pytest.mark.parametrize(
    ("present", "wanted", "stays"),
    [
        (None, "timeout", "timeout"),
        (None, "cancelled", "cancelled"),
        ("timeout", "cancelled", "cancelled"),
        ("cancelled", "timeout", "cancelled"),
        ("run_timeout", "cancelled", "run_timeout"),
    ],
)
def test_a_cancel_outlasts_a_timeout(present: str | None, wanted: str, stays: str):
    assert stronger_fence(present, wanted) == stays


def test_only_a_timeout_is_tried_again():
    assert is_retried_fence("timeout")
    assert not is_retried_fence("cancelled")
    assert not is_retried_fence("run_timeout")


@pytest.mark.parametrize(
    ("affected", "parents", "roots", "known", "expected"),
    [
        pytest.param([2], {2: [1]}, [1], {}, {2: {1}}, id="a direct child"),
        pytest.param([3, 2], {2: [1], 3: [2]}, [1], {}, {2: {1}, 3: {1}}, id="a grandchild, in any order"),
        pytest.param([3], {3: [1, 2]}, [1, 2], {}, {3: {1, 2}}, id="two roots"),
        pytest.param([3], {3: [2], 2: [1]}, [2, 1], {}, {3: {2}}, id="nothing through a root"),
        pytest.param([3], {3: [2]}, [], {2: [9]}, {3: {9}}, id="what blocks a parent outside"),
        pytest.param([2, 3], {2: [1], 3: [2]}, [], {}, {2: set[int](), 3: set[int]()}, id="nothing any more"),
        pytest.param([4], {4: [2, 3], 2: [1], 3: [1]}, [1], {2: [1], 3: [1]}, {4: {1}}, id="a diamond"),
    ],
)
def test_failed_missions_block_what_is_below(
    affected: list[int],
    parents: dict[int, list[int]],
    roots: list[int],
    known: dict[int, list[int]],
    expected: dict[int, set[int]],
):
    assert failed_roots(affected, parents, roots, known) == expected


def test_a_long_chain_is_no_recursion():
    chain = {number: [number - 1] for number in range(1, 20_000)}
    assert failed_roots(list(chain), chain, [0], {})[19_999] == {0}


@pytest.mark.parametrize(
    ("graph", "cycle"),
    [
        ({}, None),
        ({"a": (), "b": ("a",)}, None),
        ({"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": ()}, None),
        ({"a": ("elsewhere",)}, None),
        ({"a": ("a",)}, ("a", "a")),
        ({"a": ("b",), "b": ("a",)}, ("a", "b", "a")),
        ({"x": ("a",), "a": ("b",), "b": ("c",), "c": ("a",)}, ("a", "b", "c", "a")),
    ],
)
def test_cycles_are_named(graph: dict[str, tuple[str, ...]], cycle: tuple[str, ...] | None):
    assert find_cycle(graph) == cycle
