"""Attaching in a real terminal: the agent's screen, the loop alive meanwhile, the dashboard back afterwards."""

import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.tmux, pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")]


class Server:
    """A tmux server on its own socket, without a configuration."""

    def __init__(self, socket: Path) -> None:
        self.socket = str(socket)

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self.socket, "-f", "/dev/null", *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=20,
        )
        return done.stdout

    def screen(self) -> str:
        return self("capture-pane", "-p")

    def stop(self) -> None:
        self("kill-server")
        Path(self.socket).unlink(missing_ok=True)


@pytest.fixture
def sockets() -> Iterator[Path]:
    # Sockets need shorter paths than pytest's own directories have.
    with tempfile.TemporaryDirectory(prefix="ot-") as directory:
        yield Path(directory)


@pytest.fixture
def agents(sockets: Path) -> Iterator[Server]:
    server = Server(sockets / "a")
    server("new-session", "-d", "-s", "agents", "-x", "100", "-y", "30", "echo THE-AGENT; cat")
    server("bind-key", "-n", "C-q", "detach-client")
    yield server
    server.stop()


@pytest.fixture
def terminal(tmp_path: Path, sockets: Path, agents: Server) -> Iterator[Server]:
    server = Server(sockets / "t")
    attach = ["tmux", "-S", agents.socket, "attach", "-t", "agents"]
    program = [sys.executable, "-m", "tests.ui.attach_probe", str(tmp_path / "ticks"), *attach]
    root = Path(__file__).parents[2]
    server("new-session", "-d", "-x", "120", "-y", "36", "-c", str(root), shlex.join(program))
    yield server
    server.stop()


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def ticks(directory: Path) -> int:
    # The file may be empty for the moment in which it is written.
    return int((directory / "ticks").read_text() or 0)


def test_attach_shows_the_agent_and_comes_back(terminal: Server, tmp_path: Path) -> None:
    until(lambda: "1 Agents" in terminal.screen(), "the dashboard did not come")
    terminal("send-keys", "Enter")
    until(lambda: "THE-AGENT" in terminal.screen(), "the agent's screen did not come")
    before = ticks(tmp_path)
    until(lambda: ticks(tmp_path) > before + 100, "the loop stands still while attached")
    terminal("send-keys", "C-q")
    until(lambda: "1 Agents" in terminal.screen(), "the dashboard did not come back")
    terminal("send-keys", "j")
    until(lambda: "▌◆ docs-fix" in terminal.screen(), "the dashboard does not take keys")
    terminal("send-keys", "Enter")
    until(lambda: "TMUX=[]" in terminal.screen(), "the outer tmux is known inside")
    terminal("send-keys", "Enter")
    until(lambda: "ended with 3" in terminal.screen(), "a bad end is not told")
    terminal("send-keys", "G")
    until(lambda: "▌■ scratch" in terminal.screen(), "the dashboard does not take keys after a bad end")
    terminal("send-keys", "f")
    until(lambda: "find agent" in terminal.screen(), "no line for a name")
    terminal("send-keys", "m", "i", "g")
    until(lambda: "▌● db-migrate" in terminal.screen(), "the cursor did not move")
    terminal("send-keys", "Enter")
    until(lambda: "find agent" not in terminal.screen(), "the line is still open")
    terminal("send-keys", "Enter")
    until(lambda: "no-such-program-here" in terminal.screen(), "a failed attach is not told")
    terminal("send-keys", "q")
    until(lambda: "keep working" in terminal.screen(), "the dashboard is dead after a failed attach")
    terminal("send-keys", "k")
    until(lambda: (tmp_path / "ticks.end").exists(), "it did not end")
    assert (tmp_path / "ticks.end").read_text() == "keep"
