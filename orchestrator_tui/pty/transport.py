"""Ways to reach a tmux server: what they have in common, and the slow one that always works."""

import asyncio
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import libtmux
from libtmux.common import tmux_cmd
from libtmux.exc import LibTmuxException, TmuxCommandNotFound

from orchestrator_tui.core.errors import TmuxUnavailable
from orchestrator_tui.pty.protocol import Command, Reply


class TransportLost(ConnectionError):
    """The way to the server broke; whether the commands ran is unknown."""


class TmuxError(TmuxUnavailable):
    """tmux refused a command."""


class Transport(Protocol):
    """Sends commands in order and returns one reply each."""

    async def batch(self, commands: Sequence[Command]) -> list[Reply]:
        """Runs ``commands`` in order.

        Raises TransportLost when the way to the server breaks.
        """
        ...


def process_argument(argument: str) -> str:
    """An argument for tmux's command line, where a trailing semicolon would separate commands."""
    return f"{argument[:-1]}\\;" if argument.endswith(";") else argument


class TmuxSilent(LibTmuxException):
    """The tmux server is there and does not answer."""


class BoundedServer(libtmux.Server):
    """libtmux's server whose commands wait ``patience_s`` seconds at most, since a stopped server answers none."""

    def __init__(self, *, socket: Path, config: Path, binary: str, patience_s: float) -> None:
        super().__init__(socket_path=str(socket), config_file=str(config), tmux_bin=binary)
        self._before = (binary, f"-f{config}", f"-S{socket}")
        self._patience_s = patience_s

    def cmd(self, cmd: str, *args: Any, target: str | int | None = None) -> tmux_cmd:
        """Runs one command as libtmux does.

        Raises TmuxSilent after the patience, TmuxCommandNotFound.
        """
        where = () if target is None else ("-t", str(target))
        argv = [*self._before, cmd, *where, *(str(argument) for argument in args)]
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="backslashreplace",
                timeout=self._patience_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TmuxSilent(f"tmux did not answer within {self._patience_s:g} s") from error
        except FileNotFoundError as error:
            raise TmuxCommandNotFound from error
        answer = tmux_cmd.__new__(tmux_cmd)
        answer.cmd, answer.returncode = argv, done.returncode
        answer.stdout = done.stdout.rstrip("\n").split("\n") if done.stdout.rstrip("\n") else []
        answer.stderr = [line for line in done.stderr.split("\n") if line]
        return answer


class LibtmuxTransport:
    """One tmux process a command, through libtmux, off the event loop and one after the other.

    Once the server was silent, every command fails at once for ``pause_s`` seconds: none may pile up.
    """

    def __init__(self, server: libtmux.Server, pause_s: float = 0.5) -> None:
        self._server = server
        self._pause_s = pause_s
        self._turn = asyncio.Lock()
        self._silent_until = 0.0
        self.is_silent = False
        """Whether the newest command got no answer."""

    async def batch(self, commands: Sequence[Command]) -> list[Reply]:
        """Runs ``commands`` one after the other.

        Raises TransportLost when tmux cannot be started, its server is gone or does not answer.
        """
        self._refuse_while_silent()
        async with self._turn:
            self._refuse_while_silent()
            try:
                replies = await asyncio.to_thread(self._run, commands)
            except TmuxSilent as error:
                self.is_silent = True
                self._silent_until = asyncio.get_running_loop().time() + self._pause_s
                raise TransportLost(str(error)) from error
            self.is_silent = False
            return replies

    def _refuse_while_silent(self) -> None:
        if asyncio.get_running_loop().time() < self._silent_until:
            raise TransportLost("tmux does not answer")

    def _run(self, commands: Sequence[Command]) -> list[Reply]:
        replies: list[Reply] = []
        for command in commands:
            try:
                result = self._server.cmd(command[0], *(process_argument(argument) for argument in command[1:]))
            except TmuxSilent:
                raise
            except (LibTmuxException, OSError) as error:
                raise TransportLost(str(error)) from error
            if result.returncode != 0:
                message = "\n".join(result.stderr) or "tmux refused the command"
                if message.startswith(("no server running", "error connecting", "lost server", "server exited")):
                    raise TransportLost(message)
                replies.append(Reply((), message))
            else:
                replies.append(Reply(tuple(line.encode("utf-8", "surrogateescape") for line in result.stdout)))
        return replies
