"""What a session file says, and when it is not believed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.agents.providers.base import SessionStatus
from orchestrator_tui.agents.providers.session_file import is_alive, process_start, read_session_status, sessions_of
from orchestrator_tui.core.models import AgentState, WaitingFor

PID = 4711


def write(folder: Path, **fields: object) -> None:
    data = {"pid": PID, "sessionId": "abc", "procStart": "99", "statusUpdatedAt": 1_700_000_000_123} | fields
    (folder / f"{PID}.json").write_text(json.dumps(data))


def read(folder: Path, *, alive: bool = True, started: str | None = "99") -> SessionStatus | None:
    return read_session_status(folder, PID, alive=lambda _pid: alive, started=lambda _pid: started)


@pytest.mark.parametrize(
    ("status", "state"),
    [("idle", AgentState.IDLE), ("busy", AgentState.BUSY), ("shell", AgentState.BUSY)],
)
def test_a_status_is_a_state(tmp_path: Path, status: str, state: AgentState) -> None:
    write(tmp_path, status=status, waitingFor="permission prompt")
    assert read(tmp_path) == SessionStatus(state, None, "abc", 1_700_000_000_123)


@pytest.mark.parametrize(
    ("text", "waiting_for"),
    [
        ("permission prompt", WaitingFor.PERMISSION),
        ("sandbox request", WaitingFor.PERMISSION),
        ("input needed", WaitingFor.QUESTION),
        ("dialog open", WaitingFor.QUESTION),
        ("something new", WaitingFor.QUESTION),
        (None, WaitingFor.QUESTION),
    ],
)
def test_a_waiting_program_says_what_for(tmp_path: Path, text: str | None, waiting_for: WaitingFor) -> None:
    write(tmp_path, status="waiting", waitingFor=text)
    status = read(tmp_path)
    assert status is not None
    assert (status.state, status.waiting_for) == (AgentState.WAITING, waiting_for)


def test_nothing_is_said_without_a_file(tmp_path: Path) -> None:
    assert read(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"status": "new word"}', "{}", "[" * 3_000])
def test_a_file_that_cannot_be_understood_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / f"{PID}.json").write_text(content)
    assert read(tmp_path) is None
    assert sessions_of(tmp_path, "") == []


def test_a_dead_program_s_file_says_nothing(tmp_path: Path) -> None:
    write(tmp_path, status="busy")
    assert read(tmp_path, alive=False) is None


def test_the_file_of_an_earlier_process_with_the_same_id_says_nothing(tmp_path: Path) -> None:
    write(tmp_path, status="busy")
    assert read(tmp_path, started="100") is None


def test_a_start_time_may_be_a_number_or_unknown(tmp_path: Path) -> None:
    write(tmp_path, status="busy", procStart=99)
    assert read(tmp_path) is not None
    assert read(tmp_path, started=None) is not None


def test_this_process_is_alive_and_an_ended_one_is_not() -> None:
    ended = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    ended.wait()
    assert is_alive(os.getpid())
    assert not is_alive(ended.pid)
    assert process_start(ended.pid) is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_start_times_tell_processes_apart() -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        start = process_start(child.pid)
        assert start is not None
        assert start.isdigit()
        assert start != process_start(os.getppid())
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("updated", [float("inf"), float("nan"), 10**30])
def test_a_time_that_is_none_is_left_out(tmp_path: Path, updated: float) -> None:
    write(tmp_path, status="idle", statusUpdatedAt=updated)
    status = read(tmp_path)
    assert status is not None
    assert status.updated_at is None
