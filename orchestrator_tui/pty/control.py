"""A persistent tmux control-mode client over asyncio pipes: many commands, no process a command."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from orchestrator_tui.pty.protocol import Command, ControlParser, Reply, encode
from orchestrator_tui.pty.transport import TransportLost

_CHUNK = 1 << 18
_SECOND_LOOK_S = 0.1
_END_WITHIN_S = 1.0


class ControlClient:
    """Talks to one tmux server; ``on_lost`` is called once, with the reason, unless ``close`` was called.

    A client that leaves a command unanswered for ``answer_within_s`` seconds is given up.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        on_lost: Callable[[str], None],
        answer_within_s: float = 1.2,
    ) -> None:
        self._argv = tuple(argv)
        self._environment = dict(environment)
        self._on_lost = on_lost
        self._answer_within_s = answer_within_s
        self._parser = ControlParser()
        self._pending: deque[asyncio.Future[Reply]] = deque()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._progress_at = 0.0
        self._closing = False
        self.lost: str | None = None

    @property
    def pid(self) -> int | None:
        """The client's process id."""
        return self._process.pid if self._process else None

    @property
    def is_waiting(self) -> bool:
        """Whether a command has no answer yet."""
        return bool(self._pending)

    async def start(self) -> None:
        """Starts the client and waits until the server answers it.

        Raises TransportLost when it does not.
        """
        try:
            # Its own session: a Ctrl+C in the person's terminal must not reach it.
            self._process = await asyncio.create_subprocess_exec(
                *self._argv,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise TransportLost(f"tmux cannot be started: {error.strerror}") from error
        self._reader = asyncio.create_task(self._read(self._process))
        try:
            await self.batch([("display-message", "-p", "ready")])
        except BaseException:
            await self.close()
            raise

    async def batch(self, commands: Sequence[Command]) -> list[Reply]:
        """Runs ``commands`` in order, all sent at once.

        Raises TransportLost when the client goes before the last answer.
        """
        if not commands:
            return []
        futures = self._send(commands)
        # Answers come in the order of the commands.
        await futures[-1]
        return [future.result() for future in futures]

    def ask(self) -> None:
        """Asks for a sign of life, and leaves the verdict to the watch over answers."""
        with contextlib.suppress(TransportLost):
            self._send([("display-message", "-p", "alive")])[0].add_done_callback(_forget)

    def _send(self, commands: Sequence[Command]) -> "list[asyncio.Future[Reply]]":
        process = self._process
        if self.lost is not None or process is None or process.stdin is None or process.stdin.is_closing():
            raise TransportLost(self.lost or "the control client is not started")
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Reply]] = [loop.create_future() for _ in commands]
        data = encode(commands)
        if not self._pending:
            self._progress_at = loop.time()
        self._pending.extend(futures)
        process.stdin.write(data)
        self._watch()
        return futures

    async def close(self) -> None:
        """Lets go of the server without calling ``on_lost``."""
        self._closing = True
        self._lose("the control client was closed")
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._reader is not None:
            done, _ = await asyncio.wait({self._reader}, timeout=_END_WITHIN_S)
            if not done:
                self._kill()
                await asyncio.wait({self._reader})

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with contextlib.suppress(ConnectionError):
            while data := await process.stdout.read(_CHUNK):
                self._receive(data)
        self._lose("the tmux control client ended")
        # Killing what has just ended by itself would take its status away from asyncio: wait first.
        try:
            await asyncio.wait_for(process.wait(), _END_WITHIN_S)
        except TimeoutError:
            self._kill()
            await process.wait()
        if process.stdin is not None:
            process.stdin.close()
            with contextlib.suppress(ConnectionError):
                await process.stdin.wait_closed()

    def _receive(self, data: bytes) -> None:
        for item in self._parser.feed(data):
            if isinstance(item, Reply) and self._pending:
                self._progress_at = asyncio.get_running_loop().time()
                future = self._pending.popleft()
                if not future.done():
                    future.set_result(item)

    def _watch(self) -> None:
        if self._watchdog is None:
            loop = asyncio.get_running_loop()
            self._watchdog = loop.call_later(self._answer_within_s, self._look, False)

    def _look(self, is_second: bool) -> None:
        self._watchdog = None
        if not self._pending:
            return
        loop = asyncio.get_running_loop()
        overdue = loop.time() - self._progress_at >= self._answer_within_s
        if overdue and is_second:
            self._lose(f"tmux did not answer within {self._answer_within_s:g} s")
            self._kill()
        else:
            # A stalled event loop looks like a silent server: read what is there before the verdict.
            delay = _SECOND_LOOK_S if overdue else self._progress_at + self._answer_within_s - loop.time()
            self._watchdog = loop.call_later(delay, self._look, overdue)

    def _lose(self, reason: str) -> None:
        if self.lost is not None:
            return
        self.lost = reason
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None
        for future in self._pending:
            if not future.done():
                future.set_exception(TransportLost(reason))
                # Only the last of a batch is waited for: the others' errors must not be reported as forgotten.
                future.exception()
        self._pending.clear()
        if not self._closing:
            self._on_lost(reason)

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            # tmux hands these to its server, which holds them open while it is stopped.
            pipes = self._process._transport  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
            for pipe in (pipes.get_pipe_transport(0), pipes.get_pipe_transport(1)):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                if not pipe.is_closing():  # pyright: ignore[reportUnknownMemberType]
                    pipe.close()  # pyright: ignore[reportUnknownMemberType]


def _forget(answer: "asyncio.Future[Reply]") -> None:
    if not answer.cancelled():
        answer.exception()
