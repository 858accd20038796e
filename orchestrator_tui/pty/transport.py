"""Ways to reach a tmux server: what they have in common, and the slow one that always works."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import libtmux
from libtmux.exc import LibTmuxException

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


class LibtmuxTransport:
    """One tmux process a command, through libtmux, off the event loop."""

    def __init__(self, server: libtmux.Server) -> None:
        self._server = server

    async def batch(self, commands: Sequence[Command]) -> list[Reply]:
        """Runs ``commands`` one after the other.

        Raises TransportLost when tmux cannot be started or its server is gone.
        """
        return await asyncio.to_thread(self._run, commands)

    def _run(self, commands: Sequence[Command]) -> list[Reply]:
        replies: list[Reply] = []
        for command in commands:
            try:
                result = self._server.cmd(command[0], *(process_argument(argument) for argument in command[1:]))
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
