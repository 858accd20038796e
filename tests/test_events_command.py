"""``events``: the event log from a shell, without a supervisor."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator_tui.commands.events import events
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.missions.event_lines import line_of
from orchestrator_tui.session import Session

NOW_MS = round(time.time() * 1000)
LOGGED = [
    Event(EventType.SPAWN, NOW_MS - 7_200_000, agent_id=1, seq=1),
    Event(EventType.TASK_START, NOW_MS - 60_000, agent_id=1, mission_id="m-1", seq=2),
    Event(EventType.CRASH, NOW_MS - 30_000, agent_id=2, data={"reason": "killed by SIGKILL"}, seq=3),
]


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("ORCHESTRATOR_STATE_DIR", str(tmp_path))
    made = Session(tmp_path, "s")
    made.create()
    made.events.write_bytes(b"".join(map(line_of, LOGGED)))
    return made


def printed(*arguments: str) -> str:
    return CliRunner().invoke(events, ["--session", "s", *arguments], catch_exceptions=False).output


@pytest.mark.usefixtures("session")
class TestPrinting:
    @pytest.mark.parametrize(
        ("arguments", "numbers"),
        [
            ((), [1, 2, 3]),
            (("--agent", "1"), [1, 2]),
            (("--mission", "m-1"), [2]),
            (("--type", "crash,spawn"), [1, 3]),
            (("--since", "1h"), [2, 3]),
            (("--last", "2"), [2, 3]),
            (("--last", "1", "--agent", "1"), [2]),
            (("SIGKILL",), [3]),
            (("--", "-SIGKILL"), [1, 2]),
        ],
    )
    def test_only_what_is_asked_for(self, arguments: tuple[str, ...], numbers: list[int]) -> None:
        assert [json.loads(line)["seq"] for line in printed("--json", *arguments).splitlines()] == numbers

    def test_people_read_sentences_and_spreadsheets_a_table(self) -> None:
        assert printed("--type", "crash").endswith("crash                agent 2 crashed: killed by SIGKILL\n")
        rows = list(csv.DictReader(printed("--csv").splitlines()))
        assert [row["type"] for row in rows] == ["spawn", "task_start", "crash"]

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (("--type", "crsh"), "Did you mean `crash`"),
            (("--since", "soon"), "Write 90s"),
            (("--json", "--csv"), "exclude each other"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, arguments: tuple[str, ...], problem: str) -> None:
        with pytest.raises(UsageError, match=problem):
            printed(*arguments)

    def test_a_session_that_is_not_there_is_named(self) -> None:
        with pytest.raises(UsageError, match="no session elsewhere"):
            CliRunner().invoke(events, ["--session", "elsewhere"], catch_exceptions=False)


def test_following_shows_what_comes_until_ctrl_c(session: Session) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestrator_tui", "events", "--follow", "--json", "--session", "s"],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        shown = [json.loads(process.stdout.readline())["seq"] for _ in LOGGED]
        with session.events.open("ab") as file:
            file.write(line_of(Event(EventType.KILL, NOW_MS, agent_id=1, seq=4)))
        shown.append(json.loads(process.stdout.readline())["seq"])
        assert shown == [1, 2, 3, 4]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, "")
    finally:
        process.kill()
        process.communicate()
