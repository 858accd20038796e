"""One run of a person's command beside the screen: a process group of its own, its output, and its end."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence

from orchestrator_tui.core.command_log import COMMANDS
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.ui.command_output import Output

GRACE_S = 1.0
"""How long a command that is told to end may take."""

DRAIN_S = 0.3
"""How long after its end more of its output is waited for: what it left behind may hold the stream open for ever."""


class CommandRun:
    """Runs ``argv`` in ``folder``. ``changed`` is called whenever there is more to show; ``status`` None while it runs.

    It has no terminal and nothing to read. ``is_watched`` while its output is on the screen.
    """

    def __init__(self, name: str, argv: Sequence[str], folder: str) -> None:
        self.name = name
        self.argv = tuple(argv)
        self.folder = folder
        self.output = Output()
        self.status: int | None = None
        self.took_s = 0.0
        self.is_watched = False
        self.changed: Callable[[], None] = lambda: None
        self._transport: asyncio.SubprocessTransport | None = None
        self._protocol = _Streams(self._take)
        self._begun_ns = time.perf_counter_ns()

    @property
    def seconds(self) -> float:
        """How long it has run, or ran."""
        return self.took_s if self.status is not None else (time.perf_counter_ns() - self._begun_ns) / 1e9

    async def start(self) -> None:
        """Raises CannotRun where the program cannot be started."""
        loop = asyncio.get_running_loop()
        self._begun_ns = time.perf_counter_ns()
        try:
            self._transport, _ = await loop.subprocess_exec(
                lambda: self._protocol,
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                cwd=self.folder,
                # A group of its own can be ended whole, and without our terminal it cannot draw on the screen.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            record(self.argv, self.folder, self._begun_ns, f"could not be started: {reason}")
            raise CannotRun(
                f"`{self.argv[0]}` could not be started: {reason}.", remedy="Check that it is installed."
            ) from error

    async def follow(self) -> int:
        """Its exit status, negative for a signal; when it is cancelled, the command is ended."""
        assert self._transport is not None, "started before"
        try:
            await self._protocol.exited.wait()
        except asyncio.CancelledError:
            self._signal(signal.SIGTERM)
            raise
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._protocol.closed.wait(), DRAIN_S)
        self.output.end()
        status = self._transport.get_returncode()
        assert status is not None, "it has exited"
        self.took_s = self.seconds
        self.status = status
        record(self.argv, self.folder, self._begun_ns, None if status == 0 else self.ending)
        self.changed()
        return status

    @property
    def ending(self) -> str:
        """How it ended, in words, with the last line of its errors."""
        why = f": {self.output.last_error}" if self.status and self.output.last_error else ""
        return status_words(self.status or 0) + why

    def stop(self) -> None:
        """Tells it to end, and makes it after a while."""
        self._signal(signal.SIGTERM)
        asyncio.get_running_loop().call_later(GRACE_S, self._signal, signal.SIGKILL)

    async def aclose(self) -> None:
        """Ends it, at the latest by force, and lets go of its streams."""
        if self._transport is None:
            return
        if not self._protocol.exited.is_set():
            self._signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._protocol.exited.wait(), GRACE_S)
            except TimeoutError:
                self._signal(signal.SIGKILL)
                await self._protocol.exited.wait()
        self._transport.close()

    def _signal(self, number: signal.Signals) -> None:
        # Once it was reaped, its number may be another's.
        if self._transport is not None and self._transport.get_returncode() is None:
            try:
                os.killpg(self._transport.get_pid(), number)
            except ProcessLookupError:
                return

    def _take(self, stream: int, data: bytes) -> None:
        self.output.take(stream, data)
        self.changed()


def status_words(status: int) -> str:
    """How a program ended: ``exit 1``, or by which signal."""
    if status >= 0:
        return f"exit {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def record(argv: Sequence[str], folder: str, begun_ns: int, error: str | None) -> None:
    """Writes the command into the log of all that this process runs; ``begun_ns`` is of ``time.perf_counter_ns``."""
    COMMANDS.record("own", [tuple(argv)], begun_ns, error, folder)


class _Streams(asyncio.SubprocessProtocol):
    """Hands on what comes on the streams; events for the process's end and the streams'."""

    def __init__(self, take: Callable[[int, bytes], None]) -> None:
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()
        self._take = take

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._take(fd, data)

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
