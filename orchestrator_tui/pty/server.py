"""Our own tmux server: started, found and ended through libtmux."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import libtmux
from libtmux.common import get_version, has_gte_version, tmux_cmd
from libtmux.exc import LibTmuxException

from orchestrator_tui.core.command_log import COMMANDS
from orchestrator_tui.core.errors import TmuxUnavailable
from orchestrator_tui.pty.procs import Processes, ProcessId
from orchestrator_tui.pty.socket import prepare_socket_folder
from orchestrator_tui.pty.transport import BoundedServer, LibtmuxTransport, TmuxSilent

TMUX_SESSION = "agents"
_CONFIG = Path(__file__).with_name("tmux.conf")
_INSTALL = "Install it: `apt-get install tmux` or `brew install tmux`."
_START_ATTEMPTS = 20
_FALLBACK_PATIENCE_S = 1.5
_OWN_PATIENCE_S = 5.0


class TmuxServer:
    """One server on one socket, with one tmux session that holds a window an agent."""

    def __init__(self, socket: Path, environment: Mapping[str, str], processes: Processes) -> None:
        self.socket = socket
        self._environment = environment
        self._processes = processes
        self._libtmux: libtmux.Server | None = None
        self._binary = ""
        self.process: ProcessId | None = None

    @property
    def binary(self) -> str:
        """The path of the tmux program.

        Raises TmuxUnavailable when there is none.
        """
        if not self._binary:
            found = shutil.which("tmux")
            if found is None:
                raise TmuxUnavailable("tmux is not installed.", remedy=_INSTALL)
            self._binary = found
        return self._binary

    def is_alive(self) -> bool:
        """Whether the server that ``start`` found or made still runs."""
        return self.process is not None and self._processes.is_running(self.process)

    def fallback(self) -> LibtmuxTransport:
        """The way to the server that needs no control client."""
        return LibtmuxTransport(self._bounded(_FALLBACK_PATIENCE_S))

    def control_argv(self) -> tuple[str, ...]:
        """The argv of a control client; ``-u`` because a C locale would garble its answers."""
        target = ("attach-session", "-t", f"={TMUX_SESSION}", "-f", "no-output,ignore-size")
        return (self.binary, "-u", "-S", str(self.socket), "-C", *target)

    async def start(self) -> bool:
        """Finds the server or starts it; True when it is new.

        Raises TmuxUnavailable when tmux is missing, older than 3.2 or does not start.
        """
        return await asyncio.to_thread(self._start)

    async def stop(self) -> None:
        """Ends the server and waits until it is gone."""
        await asyncio.to_thread(self._stop)

    def _server(self) -> libtmux.Server:
        if self._libtmux is None:
            self._libtmux = self._bounded(_OWN_PATIENCE_S)
        return self._libtmux

    def _bounded(self, patience_s: float) -> BoundedServer:
        return BoundedServer(socket=self.socket, config=_CONFIG, binary=self.binary, patience_s=patience_s)

    def _start(self) -> bool:
        self._check_version()
        prepare_socket_folder(self.socket)
        server = self._server()
        problem = ""
        for _ in range(_START_ATTEMPTS):
            try:
                answer = self._ask(server)
                is_new = answer.returncode != 0
                if is_new:
                    # The keeper's pane is dead at once and stays: it holds the session open without a process.
                    begun = time.perf_counter_ns()
                    server.new_session(
                        session_name=TMUX_SESSION, window_name="keeper", window_command="true", x=120, y=30
                    )
                    COMMANDS.record("tmux", [("new-session", "-d", "-s", TMUX_SESSION, "-n", "keeper")], begun)
                    self._apply_environment(server)
                    answer = self._ask(server)
                self.process = self._processes.identify(int(answer.stdout[0]))
                if self.process is not None:
                    return is_new
            except TmuxSilent as error:
                raise TmuxUnavailable(
                    f"The tmux server does not answer: {error}.",
                    remedy=f"Continue or end the process that listens on {self.socket}.",
                ) from error
            except (LibTmuxException, OSError, IndexError, ValueError) as error:
                problem = str(error)
            # A server that is just ending refuses a new one on its socket for a moment.
            time.sleep(0.05)
        raise TmuxUnavailable(
            f"The tmux server does not start: {problem or 'no answer'}.",
            remedy=f"Look at `tmux -S {self.socket} list-sessions`.",
        )

    def _ask(self, server: libtmux.Server) -> tmux_cmd:
        """The server's pid; fails when there is no server, or our session is not there."""
        return _run(server, "has-session", "-t", f"={TMUX_SESSION}", ";", "display-message", "-p", "#{pid}")

    def _apply_environment(self, server: libtmux.Server) -> None:
        for name, value in self._environment.items():
            _run(server, "set-environment", "-g", name, value)

    def _check_version(self) -> None:
        try:
            version = get_version(self.binary)
            is_enough = has_gte_version("3.2", self.binary)
        except LibTmuxException as error:
            raise TmuxUnavailable(f"tmux does not tell its version: {error}.", remedy=_INSTALL) from error
        if not is_enough:
            raise TmuxUnavailable(f"tmux {version} is too old: 3.2 or later is needed.", remedy=_INSTALL)

    def _stop(self) -> None:
        process = self.process
        deadline = time.monotonic() + 5
        try:
            _run(self._server(), "kill-server")
        except TmuxSilent:
            deadline = time.monotonic()
        except (LibTmuxException, OSError) as error:
            raise TmuxUnavailable(f"The tmux server does not end: {error}.") from error
        while process is not None and self._processes.is_running(process) and time.monotonic() < deadline:
            time.sleep(0.01)
        if process is not None and self._processes.is_running(process):
            # A stopped server does not answer, and a control client that nobody reads any more keeps kill-server from
            # finishing (seen with tmux 3.3a).
            os.kill(process.pid, signal.SIGKILL)
        # tmux leaves its socket lying about.
        self.socket.unlink(missing_ok=True)
        self.process = None


def _run(server: libtmux.Server, *command: str) -> tmux_cmd:
    begun = time.perf_counter_ns()
    result = server.cmd(*command)
    COMMANDS.record("tmux", [command], begun, "\n".join(result.stderr) if result.returncode else None)
    return result
