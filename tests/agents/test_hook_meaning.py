"""Hooks as Claude Code sends them, and what we make of them."""

import pytest

from orchestrator_tui.agents.hook_meaning import Meaning, read_hook
from orchestrator_tui.core.models import WaitingFor


def test_a_start_names_its_conversation() -> None:
    reading = read_hook({"hook_event_name": "SessionStart", "session_id": "c1", "source": "resume"})
    assert (reading.meaning, reading.conversation_id, reading.detail) == (Meaning.SESSION, "c1", "resume")


def test_a_delivered_mission_is_recognised_by_its_header_line() -> None:
    prompt = "You were restarted (x).\n\nMission m-1 (delivery abc123)\n\nMore"
    assert read_hook({"hook_event_name": "UserPromptSubmit", "prompt": prompt}).delivery == ("m-1", "abc123")


def test_a_header_inside_a_line_is_not_a_delivery() -> None:
    prompt = "please explain: Mission m-1 (delivery abc123)"
    assert read_hook({"hook_event_name": "UserPromptSubmit", "prompt": prompt}).delivery is None


def test_the_typed_prompt_names_what_it_fetches() -> None:
    reading = read_hook({"hook_event_name": "UserPromptSubmit", "prompt": "/mcp__orchestrator__mission m-2"})
    assert reading.fetches == "m-2"


@pytest.mark.parametrize(("tool", "waits"), [("Bash", WaitingFor.PERMISSION), ("AskUserQuestion", WaitingFor.QUESTION)])
def test_a_permission_request_waits_for_a_person(tool: str, waits: WaitingFor) -> None:
    reading = read_hook(
        {"hook_event_name": "PermissionRequest", "tool_name": tool, "tool_input": {"command": "rm -r x"}}
    )
    assert reading.waiting_for is waits
    assert reading.detail == f"{tool}: rm -r x"


def test_a_turn_with_background_work_goes_on() -> None:
    tasks = [{"id": "1", "type": "shell", "status": "running"}]
    assert read_hook({"hook_event_name": "Stop", "background_tasks": tasks}).works_on
    assert not read_hook({"hook_event_name": "Stop", "background_tasks": []}).works_on


@pytest.mark.parametrize("payload", [{}, {"hook_event_name": 7}, {"hook_event_name": "Later"}, {"prompt": None}])
def test_what_is_not_known_is_harmless(payload: dict[str, object]) -> None:
    assert read_hook(payload).meaning is Meaning.OTHER
