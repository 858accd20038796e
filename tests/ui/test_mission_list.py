"""The order of many missions, kept by what changes."""

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator_tui.core.models import MissionState, Priority
from orchestrator_tui.core.usage import Spent
from orchestrator_tui.core.views import MissionView
from orchestrator_tui.ui import mission_list
from orchestrator_tui.ui.filters import mission_test
from orchestrator_tui.ui.mission_list import MissionList, Passes, mission_order
from tests.ui.fake_client import mission


def mission_matcher(query: str) -> Passes:
    test = mission_test(query)
    return lambda one: test is None or test(one, 0)


QUERIES = ("", "ready", "running|done", "odd failed", "nothing")


@st.composite
def missions(draw: st.DrawFn) -> MissionView:
    number = draw(st.integers(1, 12))
    state = draw(st.sampled_from(MissionState))
    made = mission(number, "odd" if number % 2 else "even", state, 0, priority=draw(st.sampled_from(Priority)))
    return replace(made, ended_at=draw(st.integers(1, 4)) if state.is_ended else None)


Step = list[MissionView] | str | int
STEPS = st.lists(st.one_of(st.lists(missions(), max_size=5), st.sampled_from(QUERIES), st.integers(1, 12)), max_size=20)


@given(loaded=st.lists(missions(), max_size=12, unique_by=lambda one: one.id), steps=STEPS)
@settings(max_examples=200, deadline=None, database=None)
def test_the_order_is_that_of_a_full_sort_after_any_changes(loaded: list[MissionView], steps: list[Step]) -> None:
    listed = MissionList(mission_matcher)
    listed.load(loaded)
    known = {one.id: one for one in loaded}
    query = ""
    for step in [*steps, ""]:
        if isinstance(step, str):
            query = step
        elif isinstance(step, int):
            listed.trim(step)
            ended = sorted((one for one in known.values() if one.state.is_ended), key=mission_order, reverse=True)
            for one in ended[: max(0, len(known) - step)]:
                del known[one.id]
        else:
            listed.put(step)
            known |= {one.id: one for one in step}
        passes = mission_matcher(query)
        expected = [one.id for one in sorted(known.values(), key=mission_order) if passes(one)]
        assert list(listed.shown(query)) == expected
        assert listed.views == known
        assert all(listed.is_shown(one, query) == (one in expected) for one in [*known, "unknown"])


def test_a_flood_of_changes_is_sorted_once_and_right() -> None:
    numbers = list(range(1, 1_000))
    random.Random(7).shuffle(numbers)
    listed = MissionList(mission_matcher)
    listed.put(mission(number, "x", MissionState.PENDING, 0) for number in numbers[:500])
    assert len(numbers[500:]) > mission_list._SORT_ANEW_FROM  # pyright: ignore[reportPrivateUsage]
    listed.put(mission(number, "x", MissionState.PENDING, 0) for number in numbers[500:])
    assert listed.shown("") == tuple(f"m-{number:03}" for number in range(1, 1_000))


def test_what_moves_nothing_leaves_the_very_same_rows() -> None:
    listed = MissionList(mission_matcher)
    listed.load(mission(number, "x", MissionState.PENDING, 0) for number in range(1, 50))
    before = listed.shown("ready")
    listed.put([mission(7, "another title", MissionState.PENDING, 0)])
    assert listed.shown("ready") is before
    listed.put([mission(7, "another title", MissionState.RUNNING, 0)])
    assert "m-007" not in listed.shown("ready")


def test_a_filter_asks_only_for_what_changed() -> None:
    asked: list[str] = []

    def matcher(query: str) -> mission_list.Passes:
        def passes(one: MissionView) -> bool:
            asked.append(one.id)
            return query in one.title

        return passes

    listed = MissionList(matcher)
    listed.load(mission(number, "x", MissionState.PENDING, 0) for number in range(1, 50))
    listed.shown("x")
    asked.clear()
    listed.put([mission(7, "y", MissionState.PENDING, 0)])
    assert "m-007" not in listed.shown("x")
    assert asked == ["m-007"]


def test_costs_are_known_without_looking_at_all() -> None:
    listed = MissionList(mission_matcher)
    listed.load([mission(1, "x", MissionState.PENDING, 0)])
    assert not listed.has_costs
    listed.put([replace(mission(1, "x", MissionState.COMPLETED, 0), spent=Spent(1, 1, 0, 0, 0.1))])
    assert listed.has_costs
    listed.trim(0)
    assert not listed.has_costs
