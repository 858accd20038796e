"""What agents that are the real Claude CLI do is shown within two seconds, with the source that says so."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.pty.socket import socket_name
from tests.conftest import Program, wait_until
from tests.e2e.claude_cli import ClaudeHome

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(150)]

SESSION = "state"
QUESTION = (
    '[[USE AskUserQuestion {"questions": [{"question": "Which colour?", "header": "Colour", "multiSelect": false, '
    '"options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}]}]}]]'
)
SHELL = '[[USE Bash {"command": "sleep 12", "run_in_background": true, "description": "waits"}]]'


@pytest.fixture
def program(home: ClaudeHome, tmp_path: Path) -> Iterator[Program]:
    """A folder that the CLI trusts, and a CLI that asks for every command."""
    work = tmp_path / "work"
    work.mkdir()
    home.trust(work)
    made = Program(work)
    made.extra.update({**home.environ(), "ORCHESTRATOR_PERMISSION_MODE": "manual"})
    yield made
    made.close()


def serve(program: Program) -> None:
    program.sessions.add(SESSION)
    process = program.start("serve", "--session", SESSION, "--provider", "claude")
    wait_until(
        lambda: (info := program.session(SESSION).endpoint()) is not None and info.pid == process.pid,
        "serve answers",
        60,
    )


def tmux(program: Program, *command: str) -> str:
    """A command to the session's own tmux server."""
    name = socket_name(program.session(SESSION).folder, SESSION)
    argv = ["tmux", "-L", name, *command]
    return subprocess.run(argv, env=program.environ, capture_output=True, text=True, check=False).stdout


def until_shown(program: Program, text: str) -> int:
    """When the agent's screen first shows ``text``, in milliseconds since the epoch."""
    wait_until(lambda: text in tmux(program, "capture-pane", "-p", "-t", "=agents:=a1"), f"{text!r} on the screen", 60)
    return now_ms()


def press(program: Program, key: str) -> int:
    """Presses a key in the agent's pane; when, in milliseconds since the epoch."""
    tmux(program, "send-keys", "-t", "=agents:=a1", key)
    return now_ms()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def within_ms() -> int:
    """What is promised, on a machine that has nothing else to do."""
    return round(2_000 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))


def changes(program: Program, state: str, since: int = 0) -> list[dict[str, Any]]:
    """When the agent's state became this one, and on whose word: the events' data and their time ``at``."""
    events = [json.loads(line) for line in program.session(SESSION).events.read_text().splitlines()]
    return [
        {"at": event["at"], **event["data"]}
        for event in events
        if event["type"] == "status" and event["data"].get("state") == state and event["at"] >= since
    ]


def until_changed(program: Program, state: str, since: int = 0) -> dict[str, Any]:
    """The first change to this state after ``since``."""
    found: list[dict[str, Any]] = wait_until(lambda: changes(program, state, since), f"the agent is {state}", 60)
    return found[0]


def spawn(program: Program) -> None:
    serve(program)
    program.json("agent", "spawn", "--session", SESSION)


def say(program: Program, text: str) -> None:
    """A turn of a person's own, begun once the CLI is ready."""
    until_changed(program, "idle")
    program.json("agent", "send", "1", text, "--session", SESSION)


def give(program: Program, text: str) -> None:
    """A mission; what is long goes best this way."""
    program.json("mission", "distribute", text, "--session", SESSION)


def why(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = program.json("agent", "status", "1", "--why", "--session", SESSION)["agents"][0]["why"]
    return found


def test_esc_in_a_running_turn_shows_idle_and_who_says_so(program: Program) -> None:
    spawn(program)
    say(program, "Talk on. [[SLOW 60]]")
    until_shown(program, "word word")
    pressed = press(program, "Escape")
    idle = until_changed(program, "idle", pressed)
    assert idle["at"] - pressed <= within_ms()
    # The CLI marks the interruption in its transcript a moment later than its session file tells of the idleness.
    assert idle["reason"] in ("interrupted in the pane", "by its session file: no hook told")
    verdict = why(program)
    assert (verdict["state"], verdict["source"], verdict["confidence"]) == ("idle", "session file", "high")
    text = program.run("agent", "status", "1", "--why", "--session", SESSION).stdout
    assert text.startswith("agent-1 is idle: said by the session file, ")
    assert "  - hook, " in text
    assert "so idle, by the session file: the session file is newer than the hook, and the screen agrees" in text


def test_a_trust_dialog_without_a_mission_needs_you(program: Program, home: ClaudeHome) -> None:
    home.trust(program.root / "elsewhere")
    spawn(program)
    shown = until_shown(program, "Accessing workspace")
    waiting = until_changed(program, "waiting")
    assert waiting["at"] - shown <= within_ms()
    assert (waiting["waiting_for"], waiting["source"]) == ("trust", "screen")
    (item,) = program.json("agent", "inbox", "--session", SESSION)["items"]
    assert item["kind"] == "trust"
    assert str(program.root) in item["text"]
    press(program, "Up")
    answered = press(program, "Enter")
    until_changed(program, "idle", answered)
    assert program.json("agent", "inbox", "--session", SESSION)["items"] == []


def test_a_question_of_the_agent_s_own_needs_you(program: Program) -> None:
    spawn(program)
    give(program, f"Ask me. {QUESTION}")
    shown = until_shown(program, "Enter to select")
    waiting = until_changed(program, "waiting")
    assert waiting["at"] - shown <= within_ms()
    assert waiting["waiting_for"] == "question"
    verdict = why(program)
    assert (verdict["state"], verdict["waiting_for"], verdict["confidence"]) == ("waiting", "question", "high")
    answered = press(program, "Enter")
    until_changed(program, "idle", answered)


def test_an_agent_stays_busy_while_a_background_shell_runs(program: Program) -> None:
    spawn(program)
    give(program, f"Start it. {SHELL}")
    until_shown(program, "1 shell still running")
    busy = changes(program, "busy")
    verdict = why(program)
    assert verdict["state"] == "busy"
    assert any(line.startswith("session file, ") and "(shell)" in line for line in verdict["reasoning"])
    assert changes(program, "idle", busy[0]["at"]) == []
    ended = until_shown(program, "completed (exit code 0)")
    idle = until_changed(program, "idle", busy[0]["at"])
    assert idle["at"] >= ended - within_ms()
