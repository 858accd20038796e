"""What benchmarks share: a bare control client as the floor, private servers, sleepers, and ending what was started."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from pathlib import Path

from orchestrator_tui.pty.manager import PTYManager
from orchestrator_tui.pty.procs import ProcessId, system_processes
from orchestrator_tui.pty.protocol import encode
from orchestrator_tui.pty.socket import socket_path

SLEEPER = ("sleep", "86400")
PROCESSES = system_processes()
DEADLINE_S = 60.0


@contextlib.contextmanager
def short_folder() -> Generator[Path]:
    """A private folder whose path is short enough for a tmux socket."""
    folder = Path(tempfile.mkdtemp(prefix="ob-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def pane_manager() -> AsyncGenerator[tuple[PTYManager, Path]]:
    """A manager on a server of its own, and its socket; the server is ended afterwards."""
    with short_folder() as folder:
        environment = {"TMUX_TMPDIR": str(folder)}
        manager = PTYManager("bench", socket_name="s", tmux_env=environment)
        try:
            await manager.open()
            yield manager, socket_path("s", environment)
        finally:
            await manager.stop_server()
            await manager.aclose()


class BareControl:
    """The floor of every tmux figure: a control-mode client over blocking pipes that only waits for the answers."""

    def __init__(self, socket: Path, session: str) -> None:
        self._process = subprocess.Popen(
            ["tmux", "-u", "-S", str(socket), "-C", "attach-session", "-t", session, "-f", "no-output,ignore-size"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        # Attaching is answered by a block of its own, which its flags tell from ours.
        self.run([("display-message", "-p", "ready")])

    def run(self, commands: Sequence[tuple[str, ...]]) -> None:
        """Sends all, then reads until the last answer has ended."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(encode(commands))
        process.stdin.flush()
        left = len(commands)
        while left:
            line = process.stdout.readline()
            if not line:
                raise ConnectionError("the bare control client ended")
            if line.startswith((b"%end ", b"%error ")) and line.rstrip().endswith(b" 1"):
                left -= 1

    def close(self) -> None:
        """Lets go of the server."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


@contextlib.contextmanager
def bare_control(socket: Path, session: str) -> Generator[BareControl]:
    """A bare client that is let go of afterwards."""
    client = BareControl(socket, session)
    try:
        yield client
    finally:
        client.close()


@contextlib.contextmanager
def bare_server(folder: Path, *command: str, size: tuple[int, int] = (120, 30)) -> Generator[Path]:
    """A tmux server of its own without configuration, session ``bare``; the socket. It is ended afterwards."""
    socket = folder / "bare"
    width, height = size
    begin = ["new-session", "-d", "-s", "bare", "-x", str(width), "-y", str(height), *command]
    tmux(socket, *begin)
    server = int(tmux(socket, "display-message", "-p", "#{pid}"))
    identity = PROCESSES.identify(server)
    try:
        yield socket
    finally:
        tmux(socket, "kill-server", check=False)
        if identity is not None:
            until(lambda: not PROCESSES.is_running(identity), "the bare tmux server ends")


def tmux(socket: Path, *arguments: str, check: bool = True) -> str:
    """What one tmux process prints."""
    done = subprocess.run(
        ["tmux", "-u", "-f", "/dev/null", "-S", str(socket), *arguments],
        capture_output=True,
        text=True,
        check=check,
        env={name: value for name, value in os.environ.items() if name not in ("TMUX", "TMUX_PANE")},
    )
    return done.stdout.strip()


def until(holds: Callable[[], bool], what: str, pause_s: float = 0.02) -> None:
    """Polls; raises TimeoutError naming ``what``."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {DEADLINE_S:g} s: {what}")
        time.sleep(pause_s)


def end(process: ProcessId) -> None:
    """Kills a process that a benchmark started and waits until it is gone."""
    if PROCESSES.is_running(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        until(lambda: not PROCESSES.is_running(process), f"process {process.pid} ends")


def elapsed_ms(since: float) -> float:
    """Milliseconds since a ``perf_counter`` value."""
    return (time.perf_counter() - since) * 1000
