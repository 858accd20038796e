"""What the real CLI does at its account's limit, and what becomes of the others."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator_tui.pty.socket import socket_name
from orchestrator_tui.session import Session
from tests.e2e.claude_cli import ROOT, SUBSCRIPTION, ClaudeHome
from tests.e2e.stub import MessagesStub

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(180)]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    socket = socket_name(Session(tmp_path / "state", "accounts").folder, "accounts")
    subprocess.run(["tmux", "-L", socket, "kill-server"], check=False, capture_output=True)


def test_the_limit_of_one_account_does_not_stop_the_other(
    home: ClaudeHome, stub: MessagesStub, tmp_path: Path, state: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    home.trust(work)
    second = tmp_path / "second"
    second.mkdir()
    (second / ".claude.json").write_text((home.home / ".claude.json").read_text())
    stub.limit_after(0, 300, SUBSCRIPTION)
    worker = [sys.executable, "-m", "tests.e2e.two_accounts", str(state), str(second), "another-token"]
    environ = {**home.with_subscription(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        worker,
        env=environ,
        cwd=work,
        text=True,
        capture_output=True,
        timeout=150,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["done"] == {"m1": 2, "m2": 2, "m3": 2}
    assert list(seen["waits"]) == ["m0"]
    assert seen["waits"]["m0"].startswith("waits for quota until ")
    assert seen["limited"] == [[1]]
    # One request met the limit, and nothing was asked of that account again, not by the start that closed the dialog.
    refused = [one for one in stub.exchanges if one.credential == SUBSCRIPTION]
    assert [one.status for one in refused] == [429]
    assert {one.status for one in stub.exchanges if one.credential == "another-token"} == {200}
    assert seen["states"]["1"] == "idle"
    assert "What do you want to do?" not in seen["panes"]["1"]
    assert "You've hit your 5-hour limit" in seen["panes"]["1"]
