"""What waits for a person: one table of situations, oldest first."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.attention import Ask, AttentionKind, attention, overdue
from orchestrator_tui.core.models import (
    AgentRecord,
    AgentState,
    Mission,
    MissionState,
    ModelTier,
    Priority,
    Role,
    TaskType,
    WaitingFor,
)

AGENT = AgentRecord(
    id=3,
    name="agent-3",
    role=Role.CODER,
    model=ModelTier.HAIKU,
    provider="demo",
    config={},
    state=AgentState.IDLE,
    created_at=0,
    state_since=5_000,
)
MISSION = Mission(
    id="m",
    seq=1,
    prompt="Do it",
    context=None,
    type=TaskType.CODING,
    priority=Priority.NORMAL,
    state=MissionState.PENDING,
    created_at=1_000,
)
ASK = Ask("ask-1", 3, 6_000, "Bash", {"command": "ls\n-l"})
QUESTION = {"questions": [{"question": "Which?", "options": [{"label": "A"}, {"label": "B"}]}]}


@pytest.mark.parametrize(
    ("record", "asks", "expected"),
    [
        (AGENT, [], []),
        (replace(AGENT, state=AgentState.BUSY), [ASK], []),
        (replace(AGENT, state=AgentState.WAITING, waiting_for=WaitingFor.PERMISSION), [ASK], ["permission"]),
        (replace(AGENT, state=AgentState.WAITING, waiting_for=WaitingFor.PERMISSION), [], ["permission"]),
        (replace(AGENT, state=AgentState.WAITING, waiting_for=WaitingFor.TRUST), [], ["trust"]),
        (replace(AGENT, state=AgentState.WAITING, waiting_for=WaitingFor.LOGIN), [], ["login"]),
        (replace(AGENT, state=AgentState.WAITING, waiting_for=WaitingFor.RESUME), [], ["resume"]),
        (replace(AGENT, state=AgentState.WAITING, waiting_for=None), [], ["question"]),
        (replace(AGENT, state=AgentState.FAILED), [], ["failed"]),
        (replace(AGENT, state=AgentState.STOPPED), [], []),
        (replace(AGENT, state=AgentState.STOPPED, worktree="/w"), [], ["worktree"]),
    ],
)
def test_table(record: AgentRecord, asks: list[Ask], expected: list[str]) -> None:
    items = attention([record], [], asks, {3: "m-7"})
    assert [item.kind.value for item in items] == expected
    assert all(item.mission_id == "m-7" and item.agent_name == "agent-3" for item in items)


def test_a_request_names_tool_and_whole_input() -> None:
    waiting = replace(AGENT, state=AgentState.WAITING, waiting_for=WaitingFor.PERMISSION)
    (item,) = attention([waiting], [], [ASK], {})
    assert (item.id, item.text, item.tool_input) == ("ask-1", "Bash: ls -l", {"command": "ls\n-l"})
    assert (item.can_answer, item.can_explain) == (True, True)
    (item,) = attention([waiting], [], [replace(ASK, is_held=False)], {})
    assert (item.can_answer, item.can_explain) == (True, False)


def test_a_question_names_its_options_and_is_answered_in_the_pane() -> None:
    waiting = replace(AGENT, state=AgentState.WAITING, waiting_for=WaitingFor.QUESTION)
    (item,) = attention([waiting], [], [replace(ASK, tool="AskUserQuestion", tool_input=QUESTION)], {})
    assert (item.kind, item.text, item.options, item.can_answer) == (
        AttentionKind.QUESTION,
        "Which?",
        ("A", "B"),
        False,
    )


def test_another_prompt_has_another_id() -> None:
    first = replace(AGENT, state=AgentState.WAITING, waiting_for=WaitingFor.PERMISSION, reason="Bash: a")
    ids = {attention([one], [], [], {})[0].id for one in (first, replace(first, reason="Bash: b"))}
    assert len(ids) == 2


@pytest.mark.parametrize(("times", "state", "count"), [(2, "pending", 0), (3, "pending", 1), (3, "running", 0)])
def test_a_mission_that_cannot_be_delivered_waits_for_a_person(times: int, state: str, count: int) -> None:
    items = attention([], [replace(MISSION, undelivered=times, state=MissionState(state))], [], {})
    assert len(items) == count


def test_the_oldest_is_first() -> None:
    failed = replace(AGENT, id=4, state=AgentState.FAILED, state_since=9_000)
    items = attention([failed, replace(AGENT, state=AgentState.FAILED)], [replace(MISSION, undelivered=3)], [], {})
    assert [item.id for item in items] == ["undelivered-m", "failed-3", "failed-4"]


def test_only_what_waits_too_long_is_told_and_once() -> None:
    items = attention([replace(AGENT, state=AgentState.FAILED)], [], [], {})
    assert overdue(items, 14_999, 10, ()) == ()
    assert overdue(items, 15_000, 10, ()) == items
    assert overdue(items, 15_000, 10, {"failed-3"}) == ()
    assert overdue(items, 15_000, 0, ()) == ()
