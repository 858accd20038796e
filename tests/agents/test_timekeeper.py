"""Which time counts against a mission."""

from dataclasses import replace

from orchestrator_tui.agents.timekeeper import Timekeeper
from orchestrator_tui.core.models import Mission, MissionState, Priority, TaskType

RUNNING = Mission(
    id="m",
    seq=1,
    prompt="p",
    context=None,
    type=TaskType.GENERAL,
    priority=Priority.NORMAL,
    state=MissionState.RUNNING,
    created_at=0,
    attempts=1,
    timeout_ms=10_000,
)


def test_a_mission_is_overdue_when_its_counted_time_is_over() -> None:
    keeper = Timekeeper()
    assert keeper.tick([RUNNING], 9_000, lambda _: True, lambda _: None) == []
    assert keeper.tick([RUNNING], 1_000, lambda _: True, lambda _: None) == [RUNNING]


def test_time_that_does_not_count_is_free() -> None:
    keeper = Timekeeper()
    assert keeper.tick([RUNNING], 60_000, lambda _: False, lambda _: None) == []


def test_time_of_an_earlier_supervisor_counts() -> None:
    keeper = Timekeeper()
    started = replace(RUNNING, spent_ms=9_500)
    assert keeper.tick([started], 500, lambda _: True, lambda _: None) == [started]


def test_a_new_attempt_begins_at_zero() -> None:
    keeper = Timekeeper()
    keeper.tick([RUNNING], 9_000, lambda _: True, lambda _: None)
    assert keeper.tick([replace(RUNNING, attempts=2)], 9_000, lambda _: True, lambda _: None) == []


def test_the_agents_limit_counts_when_the_mission_has_none() -> None:
    keeper = Timekeeper()
    unlimited = replace(RUNNING, timeout_ms=None)
    assert keeper.tick([unlimited], 700, lambda _: True, lambda _: 500) == [unlimited]


def test_counted_time_is_handed_out_once_for_storing() -> None:
    keeper = Timekeeper()
    keeper.tick([RUNNING], 1_000, lambda _: True, lambda _: None)
    assert keeper.take_pending() == {}
    assert keeper.take_pending(now=True) == {"m": 1_000}
    assert keeper.take_pending(now=True) == {}
