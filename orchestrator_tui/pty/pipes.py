"""A child process behind two pipes, whose output is handed on as it comes: no task and no queue between."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import cast

_END_WITHIN_S = 1.0
_STDIN = 0


class ProcessPipes:
    """Talks to one process; ``on_data`` gets its output, ``on_end`` is called once, when no more can come."""

    def __init__(self, on_data: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._output = _Output(on_data, self._ended)
        self._process = _Process(self._loop.create_future())
        self._on_end = on_end
        self._transport: asyncio.SubprocessTransport | None = None
        self._stdin: asyncio.WriteTransport | None = None
        self._stdout: asyncio.ReadTransport | None = None

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._transport.get_pid() if self._transport is not None else None

    @property
    def is_open(self) -> bool:
        """Whether something can be written."""
        return self._stdin is not None and not self._stdin.is_closing()

    async def start(self, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        """Starts the process in a session of its own, so that a Ctrl+C in the person's terminal does not reach it.

        Raises OSError.
        """
        # asyncio hands on the output of a pipe that it made itself one turn of the loop later than it could.
        reading, writing = os.pipe()
        try:
            self._stdout, _ = await self._loop.connect_read_pipe(
                lambda: self._output, os.fdopen(reading, "rb", buffering=0)
            )
            self._transport, _ = await self._loop.subprocess_exec(
                lambda: self._process,
                *argv,
                env=dict(environment),
                stdin=asyncio.subprocess.PIPE,
                stdout=writing,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
            self._stdin = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(_STDIN))
        finally:
            os.close(writing)

    def write(self, data: bytes) -> None:
        """Writes to the process, now as far as the pipe takes it, the rest in the background."""
        assert self._stdin is not None
        self._stdin.write(data)

    async def close(self) -> None:
        """Ends what the process reads and waits until it is gone; one that does not end soon is killed."""
        if self._stdin is not None:
            self._stdin.close()
        if self._transport is not None:
            done, _ = await asyncio.wait({self._process.over}, timeout=_END_WITHIN_S)
            if not done:
                self.kill()
                await asyncio.wait({self._process.over})
        if self._stdout is not None:
            self._stdout.close()
            await self._output.over

    def kill(self) -> None:
        """Kills the process and lets go of the pipes."""
        if self._transport is not None and self._transport.get_returncode() is None:
            with contextlib.suppress(ProcessLookupError):
                self._transport.kill()
        # The process may have handed them to another, which holds them open while it is stopped (tmux to its server).
        for pipe in (self._stdin, self._stdout):
            if pipe is not None:
                pipe.close()

    def _ended(self) -> None:
        self._on_end()
        if self._stdin is not None:
            self._stdin.close()
        # Killing what has just ended by itself would take its status away from asyncio: wait first.
        deadline = self._loop.call_later(_END_WITHIN_S, self.kill)
        self._process.over.add_done_callback(lambda _: deadline.cancel())


class _Output(asyncio.Protocol):
    def __init__(self, on_data: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._on_data = on_data
        self._on_end = on_end
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self._on_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_end()
        self.over.set_result(None)


class _Process(asyncio.SubprocessProtocol):
    def __init__(self, over: "asyncio.Future[None]") -> None:
        self.over = over
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._transport.close()
        if not self.over.done():
            self.over.set_result(None)
