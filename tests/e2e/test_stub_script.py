"""The stand-in for the model follows its script."""

from typing import Any

import pytest

from orchestrator_tui.agents.mission_text import compose, compose_reminder, compose_resume
from orchestrator_tui.core.models import Mission, MissionState, Priority, TaskType
from tests.e2e.stub_script import MISSION_TOOL, Answer, Refuse, Say, Use, answer


def mission(prompt: str) -> Mission:
    return Mission("m-7", 1, prompt, None, TaskType.CODING, Priority.NORMAL, MissionState.ASSIGNED, 0, nonce="n1")


def ask(*turns: str | Use, tools: bool = True) -> Answer:
    messages: list[dict[str, Any]] = []
    for turn in turns:
        if isinstance(turn, str):
            messages.append({"role": "user", "content": [{"type": "text", "text": turn}]})
        else:
            call = {"type": "tool_use", "id": "t", "name": turn.tool, "input": turn.arguments}
            messages.append({"role": "assistant", "content": [call]})
            messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]})
    return answer({"messages": messages, "tools": [{"name": "Bash"}] if tools else []})


DONE = Use(MISSION_TOOL, {"action": "complete", "mission_id": "m-7", "output": "done m-7"})


def test_a_mission_is_completed_once() -> None:
    text = compose(mission("write it"))
    assert ask(text) == DONE
    assert ask(text, DONE) == Say("reported")


def test_steps_come_in_the_order_written() -> None:
    text = compose(mission("[[BASH ls]] [[READ /x]] [[OUTPUT all good]]"))
    first, second = ask(text), ask(text, Use("Bash", {}))
    third = ask(text, Use("Bash", {}), Use("Read", {}))
    assert isinstance(first, Use) and isinstance(second, Use) and isinstance(third, Use)
    assert [first.tool, second.tool, third.arguments["output"]] == ["Bash", "Read", "all good"]


def test_failure_and_error() -> None:
    failed = ask(compose(mission("[[FAIL no_disk it is full]]")))
    assert isinstance(failed, Use)
    assert (failed.arguments["error_code"], failed.arguments["message"]) == ("no_disk", "it is full")
    assert ask(compose(mission("[[ERR 529]]"))) == Refuse(529)


def test_a_silent_one_stays_silent_when_reminded() -> None:
    silent, loud = mission("[[SILENT]]"), mission("x")
    assert isinstance(ask(compose(silent)), Say)
    assert isinstance(ask(compose(silent), compose_reminder(silent)), Say)
    assert ask(compose(loud), compose_reminder(loud)) == DONE


def test_after_a_restart_only_the_newest_text_counts() -> None:
    text = f"{compose(mission('[[SLOW 9]]'))}\n{compose_resume(mission('[[OUTPUT again]]'), 'it crashed')}"
    resumed = ask(text)
    assert isinstance(resumed, Use)
    assert resumed.arguments["output"] == "again"


@pytest.mark.parametrize("tools", [True, False])
def test_anything_else_is_echoed(tools: bool) -> None:
    assert ask("hello", tools=tools) == Say("echo: hello")
