"""Restarts of the real Claude CLI: its conversation goes on as far as it can, and nobody else's is taken."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.models import LaunchSpec
from tests.acceptance.crash_resume import CrashResume, show
from tests.acceptance.survival import tmux as tmux_command
from tests.conftest import Program, wait_until
from tests.e2e.claude_cli import ClaudeHome
from tests.e2e.private_tmux import PrivateTmux
from tests.e2e.stub import MessagesStub

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(240)]

PATIENCE_S = 60
WORD = "Zwetschge"


@pytest.fixture
def program(home: ClaudeHome, tmp_path: Path) -> Iterator[Program]:
    work = tmp_path / "work"
    work.mkdir()
    home.trust(work)
    made = Program(work)
    made.extra.update(home.environ())
    yield made
    made.close()


class Served:
    """A supervisor with one agent that is in the middle of an answer which takes a minute."""

    def __init__(self, program: Program, home: ClaudeHome) -> None:
        self._program = program
        self._projects = home.home / ".claude" / "projects"
        program.sessions.add("s")
        process = program.start("serve", "--session", "s", "--provider", "claude")
        wait_until(
            lambda: (info := program.session("s").endpoint()) is not None and info.pid == process.pid, "serve answers"
        )
        program.json("agent", "spawn", "--session", "s")
        text = f"Remember the word {WORD}. [[SILENT]] [[SLOW 600]]"
        program.json("mission", "distribute", text, "--id", "m", "--session", "s")
        wait_until(lambda: self.mission()["status"] == "running", "the mission runs", PATIENCE_S)
        wait_until(lambda: len(self.transcripts()) == 1, "the conversation is written down", PATIENCE_S)
        wait_until(lambda: WORD in next(iter(self.transcripts().values())), "so is the mission", PATIENCE_S)
        (self.conversation,) = self.transcripts()

    def agent(self) -> dict[str, Any]:
        found: dict[str, Any] = self._program.json("agent", "status", "--session", "s")["agents"][0]
        return found

    def mission(self) -> dict[str, Any]:
        answer = self._program.json("mission", "status", "--mission-id", "m", "--session", "s")
        found: dict[str, Any] = answer["missions"][0]
        return found

    def transcripts(self) -> dict[str, str]:
        return {path.stem: path.read_text() for path in self._projects.rglob("*.jsonl")}

    def path(self) -> Path:
        return next(self._projects.rglob(f"{self.conversation}.jsonl"))

    def events(self, kind: str) -> list[dict[str, Any]]:
        lines = self._program.session("s").events.read_text().splitlines()
        return [event["data"] for event in map(json.loads, lines) if event["type"] == kind]

    def told(self) -> list[str]:
        """Why the conversation did not simply go on."""
        return [str(data["reason"]) for data in self.events("status") if "conversation_id" in data]

    def new_conversation(self) -> str:
        """The one conversation that was begun since; the CLI writes it down up to a second after its prompt."""
        wait_until(lambda: len(self.transcripts()) > 1, "the new conversation is written down", PATIENCE_S)
        (new,) = self.transcripts().keys() - {self.conversation}
        return new

    def crash(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Kills the CLI, and returns when the second attempt runs."""
        os.kill(self.agent()["pid"], signal.SIGKILL)
        meanwhile()
        wait_until(
            lambda: (found := self.mission())["attempts"] == 2 and found["status"] == "running",
            "the second attempt runs",
            PATIENCE_S,
        )


def test_a_cli_killed_in_the_middle_of_a_tool_call_goes_on(
    program: Program, home: ClaudeHome, stub: MessagesStub
) -> None:
    lines: list[str] = []
    assert show(CrashResume(program, home, stub).run(), lines.append), "\n".join(lines)


def test_a_conversation_that_the_cli_does_not_find_begins_anew(
    program: Program, home: ClaudeHome, stub: MessagesStub
) -> None:
    served = Served(program, home)
    # Looks like something that was said, and is no line that the CLI can read.
    served.crash(lambda: served.path().write_text('{"type":"user" torn\n'))
    assert [data["exit_status"] for data in served.events("crash")] == [None, 1]
    (why,) = served.told()
    assert f"No conversation found with session ID: {served.conversation}" in why
    new = served.new_conversation()
    wait_until(lambda: WORD in served.transcripts()[new], "the whole mission is told", PATIENCE_S)
    assert "You were restarted" not in served.transcripts()[new]


def test_a_conversation_in_which_nothing_whole_is_left_begins_anew_at_once(program: Program, home: ClaudeHome) -> None:
    served = Served(program, home)
    served.crash(lambda: served.path().write_text("\0" * 4096))
    assert [data["exit_status"] for data in served.events("crash")] == [None]
    (why,) = served.told()
    assert "gone or damaged" in why
    served.new_conversation()


def test_a_conversation_that_a_person_has_open_is_copied_and_left_alone(
    program: Program, home: ClaudeHome, tmux: PrivateTmux
) -> None:
    served = Served(program, home)
    environ = home.environ()
    claude = str(Path(environ["PATH"].split(os.pathsep)[0]) / "claude")
    sessions = home.home / ".claude" / "sessions"
    person = tmux.start(LaunchSpec((claude, "--resume", served.conversation), {}, str(program.root)), environ)
    wait_until((sessions / f"{person}.json").exists, "the person's CLI has the conversation open", PATIENCE_S)
    served.crash()
    assert served.told() == [f"the conversation is open in process {person}: a copy of it goes on here"]
    new = served.new_conversation()
    wait_until(lambda: "You were restarted" in served.transcripts()[new], "the copy goes on", PATIENCE_S)
    assert served.transcripts()[new].count(WORD) > served.path().read_text().count(WORD) > 0
    assert "You were restarted" not in served.path().read_text()
    open_in = [json.loads(file.read_text())["sessionId"] for file in sessions.glob("[0-9]*.json")]
    assert open_in.count(served.conversation) <= 2, "the killed one's stale file and the person's"


def test_a_trust_question_keeps_its_mission_and_nobody_elses_start(
    program: Program, home: ClaudeHome, stub: MessagesStub
) -> None:
    asked, other = program.root / "asked", program.root / "other"
    asked.mkdir()
    other.mkdir()
    home.trust(asked, other)
    program.sessions.add("s")
    process = program.start("serve", "--session", "s", "--provider", "claude")
    wait_until(
        lambda: (info := program.session("s").endpoint()) is not None and info.pid == process.pid, "serve answers"
    )
    for role, folder in (("coder", asked), ("tester", other)):
        program.json("agent", "spawn", "--role", role, "--cwd", str(folder), "--session", "s")

    def states() -> list[str]:
        return [agent["status"] for agent in program.json("agent", "status", "--session", "s")["agents"]]

    def mission(name: str) -> dict[str, Any]:
        answer = program.json("mission", "status", "--mission-id", name, "--session", "s")
        found: dict[str, Any] = answer["missions"][0]
        return found

    wait_until(lambda: states() == ["idle", "idle"], "both are ready", PATIENCE_S)
    home.trust(other)
    program.json("mission", "distribute", "First.", "--id", "first", "--role", "coder", "--session", "s")
    wait_until(lambda: states()[0] == "waiting", "the question is seen", PATIENCE_S)
    program.json("mission", "distribute", "Second.", "--id", "second", "--role", "tester", "--session", "s")
    wait_until(lambda: mission("second")["status"] == "completed", "the other one starts and works", PATIENCE_S)
    assert (mission("first")["status"], states()[0]) == ("assigned", "waiting")
    pane = program.json("agent", "status", "--session", "s")["agents"][0]["pane_id"]
    assert "No, exit" in tmux_command(program, "s", "capture-pane", "-pt", pane).stdout
    # "Yes" stands above the preselected "No".
    tmux_command(program, "s", "send-keys", "-t", pane, "Up", "Enter")
    wait_until(lambda: mission("first")["status"] == "completed", "its mission runs once it is answered", PATIENCE_S)
    assert [attempt["code"] for attempt in mission("first")["attempt_log"]] == [None]
    said = " ".join(text for number in range(len(stub.requests)) for text in stub.user_texts(number))
    assert len(set(re.findall(r"Mission first \(delivery (\S+)\)", said))) == 1
