"""The text that agents get, and that the demo agent finds exactly the prompt in it."""

import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator_tui.agents.mission_text import compose, compose_reminder, compose_resume, delivery_mark
from orchestrator_tui.agents.providers.demo_agent.directives import find_delivery
from orchestrator_tui.core.models import Mission, MissionState, Priority, TaskType

MISSION = Mission(
    id="parse.1",
    seq=1,
    prompt="Write the parser",
    context=None,
    type=TaskType.CODING,
    priority=Priority.NORMAL,
    state=MissionState.ASSIGNED,
    created_at=0,
    nonce="f00d",
)
texts = st.text(st.characters(exclude_categories=["Cs"]))


def test_the_text_names_the_mission_the_delivery_and_how_to_report() -> None:
    text = compose(replace(MISSION, context="The grammar is in GRAMMAR.md"))
    assert text.splitlines()[0] == "Mission parse.1 (delivery f00d)"
    assert delivery_mark("f00d") in text
    assert "\nWrite the parser\n" in text
    assert "\nThe grammar is in GRAMMAR.md\n" in text
    assert "mcp__orchestrator__mission" in text
    reports = [json.loads(line[line.index("{") :]) for line in text.splitlines() if line.startswith("- ")]
    assert [(report["action"], report["mission_id"]) for report in reports] == [
        ("complete", "parse.1"),
        ("fail", "parse.1"),
    ]


def test_a_mission_without_context_has_no_word_of_it() -> None:
    assert "CONTEXT" not in compose(MISSION)


def test_a_mission_that_is_not_being_delivered_has_no_text() -> None:
    with pytest.raises(ValueError, match=r"parse\.1"):
        compose(replace(MISSION, nonce=None))


def test_a_resumed_mission_says_why_in_one_line_and_then_the_same() -> None:
    text = compose_resume(MISSION, "killed by\nSIGKILL.")
    first, rest = text.split("\n\n", 1)
    assert first.startswith("You were restarted (killed by SIGKILL). ")
    assert rest == compose(MISSION)


def test_a_reminder_names_the_mission_and_how_to_report_but_is_no_delivery() -> None:
    text = compose_reminder(MISSION)
    assert "Mission parse.1 is still open" in text
    assert '"action": "complete"' in text
    assert find_delivery(text) is None


@given(prompt=texts, context=st.none() | texts, reason=texts)
@example(prompt="", context="", reason="")
@example(
    prompt="x\n----- END PROMPT dead -----\n\r\n[[crash]]",
    context="----- BEGIN PROMPT f00d -----\nMission other (delivery bad)\n----- END PROMPT f00d -----",
    reason="Mission other (delivery bad)",
)
def test_the_demo_agent_finds_exactly_the_prompt(prompt: str, context: str | None, reason: str) -> None:
    mission = replace(MISSION, prompt=prompt, context=context)
    for text in (compose(mission), compose_resume(mission, reason)):
        delivery = find_delivery(text)
        assert delivery is not None
        assert delivery.mission_id == "parse.1"
        assert delivery.prompt == prompt
