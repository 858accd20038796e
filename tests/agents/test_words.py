"""What hooks, requests, session files and processes say, in the words that are fused."""

import pytest

from orchestrator_tui.agents.hook_meaning import read_hook
from orchestrator_tui.agents.providers.base import SessionStatus
from orchestrator_tui.agents.words import word_of_ask, word_of_hook, word_of_process, word_of_status
from orchestrator_tui.core.attention import Ask
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.verdict import Observation, Source
from orchestrator_tui.pty.procs import ProcessInfo

STARTING, IDLE, BUSY, WAITING = AgentState.STARTING, AgentState.IDLE, AgentState.BUSY, AgentState.WAITING
SHELL = {"id": "b1", "type": "shell", "status": "running"}


def heard(name: str, **fields: object) -> Observation | None:
    return word_of_hook(read_hook({"hook_event_name": name, **fields}), name, 7)


@pytest.mark.parametrize(
    ("name", "fields", "state", "waiting_for", "detail"),
    [
        ("SessionStart", {"source": "startup"}, IDLE, None, ""),
        ("UserPromptSubmit", {"prompt": "hi"}, BUSY, None, ""),
        ("PreToolUse", {}, BUSY, None, ""),
        ("PostToolUse", {}, BUSY, None, ""),
        (
            "PermissionRequest",
            {"tool_name": "Bash", "tool_input": {"command": "ls"}},
            WAITING,
            WaitingFor.PERMISSION,
            "Bash: ls",
        ),
        ("PermissionRequest", {"tool_name": "AskUserQuestion"}, WAITING, WaitingFor.QUESTION, "AskUserQuestion"),
        ("PermissionRequest", {"tool_name": "ExitPlanMode"}, WAITING, WaitingFor.QUESTION, "ExitPlanMode"),
        ("Stop", {"background_tasks": []}, IDLE, None, ""),
        ("Stop", {"background_tasks": [SHELL]}, BUSY, None, "a background task goes on"),
        ("StopFailure", {"error": "rate_limit"}, IDLE, None, "API error rate_limit"),
        (
            "StopFailure",
            {"error": "authentication_failed", "last_assistant_message": "Please run /login"},
            WAITING,
            WaitingFor.LOGIN,
            "API error authentication_failed: Please run /login",
        ),
        (
            "StopFailure",
            {"error": "server_error", "last_assistant_message": "API Error: 529\noverloaded"},
            IDLE,
            None,
            "API Error: 529 overloaded (server_error)",
        ),
    ],
)
def test_a_hook(
    name: str, fields: dict[str, object], state: AgentState, waiting_for: WaitingFor | None, detail: str
) -> None:
    leaves_open = name in ("SessionStart", "StopFailure")
    word = Observation(Source.HOOK, 7, state, waiting_for, name, detail, leaves_open=leaves_open)
    assert heard(name, **fields) == word


def test_a_session_that_begins_with_a_mission_is_not_idle() -> None:
    word = word_of_hook(read_hook({"hook_event_name": "SessionStart"}), "SessionStart", 7, begins_mission=True)
    assert word is not None
    assert word.state is STARTING


@pytest.mark.parametrize("name", ["SubagentStop", "SessionEnd", "PreCompact"])
def test_a_hook_that_says_nothing_of_a_turn(name: str) -> None:
    assert heard(name) is None


def test_a_request_is_held_until_it_is_answered() -> None:
    word = word_of_ask(Ask("ask-1", 1, 5, "Bash", {"command": "touch  a\nb"}))
    assert word == Observation(
        Source.HOOK, 5, WAITING, WaitingFor.PERMISSION, "PermissionRequest", "Bash: touch a b", is_held=True
    )


def test_a_question_is_none_of_permission() -> None:
    word = word_of_ask(Ask("ask-1", 1, 5, "AskUserQuestion", {}, is_held=False))
    assert (word.waiting_for, word.is_held) == (WaitingFor.QUESTION, False)


def test_a_session_file_speaks_at_its_own_time() -> None:
    assert word_of_status(SessionStatus(BUSY, None, "c", 900, word="shell"), 5) == Observation(
        Source.STATUS, 900, BUSY, word="shell"
    )
    assert word_of_status(SessionStatus(BUSY, None, "c", None), 5).at == 5


def test_a_process_is_gone_runs_or_is_stopped() -> None:
    def seen(state: str) -> ProcessInfo:
        return ProcessInfo(pid=42, ppid=1, started=1, rss_bytes=0, cpu_ms=0, state=state)

    assert word_of_process(None, 42, 5).state is AgentState.CRASHED
    assert word_of_process(seen("S"), 42, 5, 2) == Observation(Source.PROCESS, 5, word="pid 42 runs, 2 below it")
    stopped = word_of_process(seen("T"), 42, 5)
    assert stopped.state is None
    assert stopped.problem == "its process is stopped: `kill -CONT 42` lets it go on"
