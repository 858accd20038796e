"""Rows of missions are made anew only where something changed."""

from dataclasses import replace

from orchestrator_tui.agents.mission_rows import MissionRows
from orchestrator_tui.core.models import Mission, MissionState, Priority, QueueStats, TaskType
from orchestrator_tui.core.usage import Spent
from orchestrator_tui.core.waits import Waits, kind_of

S = MissionState


def mission(number: int, state: MissionState = S.PENDING, *, agent_id: int | None = None) -> Mission:
    return Mission(
        id=f"m{number}",
        seq=number,
        prompt="x",
        context=None,
        type=TaskType.GENERAL,
        priority=Priority.NORMAL,
        state=state,
        created_at=1,
        agent_id=agent_id,
        ended_at=number if state.is_ended else None,
    )


def test_only_what_says_something_else_is_told():
    rows = MissionRows(10)
    assert [view.id for view in rows.take([mission(1), mission(2)], {}, Waits())] == ["m1", "m2"]
    assert rows.take([replace(mission(1), lease="another")], {}, Waits()) == []
    assert [view.state for view in rows.take([mission(1, S.RUNNING)], {}, Waits())] == [S.RUNNING]
    assert {view.id: view.state for view in rows.views()} == {"m1": S.RUNNING, "m2": S.PENDING}


def test_another_reason_to_wait_or_name_outdates_the_rows_that_show_it():
    rows = MissionRows(10)
    names, waits = {1: "ada", 2: "ben"}, Waits({"m1": "no coder", "m9": "not shown"})
    rows.take([mission(1), mission(2, S.RUNNING, agent_id=1), mission(3, S.RUNNING, agent_id=2)], names, waits)
    assert rows.outdated(names, waits) == frozenset()
    assert rows.outdated(names, Waits({"m1": "no tester", "m9": "still not"})) == {"m1"}
    assert rows.outdated(names, Waits()) == {"m1"}
    assert rows.outdated({1: "eve", 2: "ben"}, waits) == {"m2"}


def test_another_reason_of_a_kind_outdates_the_rows_of_its_pending_missions():
    rows = MissionRows(10)
    waits = Waits(kinds={kind_of(mission(1)): "no agent"})
    urgent = replace(mission(3), priority=Priority.CRITICAL)
    told = rows.take([mission(1), mission(2, S.RUNNING), urgent], {}, waits)
    assert [view.next for view in told] == ["no agent", "", "next free agent"]
    assert rows.outdated({}, waits) == frozenset()
    assert rows.outdated({}, Waits(kinds={kind_of(mission(1)): "next free agent"})) == {"m1"}
    assert rows.outdated({}, Waits()) == {"m1"}


def test_the_oldest_ended_missions_make_room_and_open_ones_never_do():
    rows = MissionRows(4)
    rows.take([mission(number) for number in range(1, 4)], {}, Waits())
    rows.take([mission(number, S.COMPLETED) for number in range(10, 600)], {}, Waits())
    assert [view.id for view in rows.views()] == ["m1", "m2", "m3", "m599"]


def test_left_out_open_missions_are_missed_once_there_is_room():
    rows = MissionRows(10)
    rows.take([mission(number) for number in range(10)], {}, Waits())
    assert not rows.lacks_open(QueueStats(pending=50))
    rows.take([mission(number, S.COMPLETED) for number in range(6)], {}, Waits())
    assert rows.lacks_open(QueueStats(pending=44))
    assert not rows.lacks_open(QueueStats(pending=4))


def test_only_missions_that_may_need_a_person_are_looked_at_for_that():
    rows = MissionRows(10)
    costly = replace(mission(1, S.RUNNING), spent=Spent(1, 1, 0, 0, 0.5))
    rows.take([costly, replace(mission(2), undelivered=3), mission(3)], {}, Waits())
    assert [one.id for one in rows.may_wait()] == ["m1", "m2"]
    rows.take([replace(costly, state=S.COMPLETED, ended_at=1)], {}, Waits())
    assert [one.id for one in rows.may_wait()] == ["m2"]
