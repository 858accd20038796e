"""A persistent tmux control-mode client over asyncio pipes: many commands, no process a command."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from orchestrator_tui.pty.pipes import ProcessPipes
from orchestrator_tui.pty.protocol import Command, ControlParser, Reply, encode
from orchestrator_tui.pty.transport import TransportLost

_SECOND_LOOK_S = 0.1


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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pipes: ProcessPipes | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._progress_at = 0.0
        self._closing = False
        self.lost: str | None = None

    @property
    def pid(self) -> int | None:
        """The client's process id."""
        return self._pipes.pid if self._pipes else None

    @property
    def is_waiting(self) -> bool:
        """Whether a command has no answer yet."""
        return bool(self._pending)

    async def start(self) -> None:
        """Starts the client and waits until the server answers it.

        Raises TransportLost when it does not.
        """
        self._loop = asyncio.get_running_loop()
        self._pipes = ProcessPipes(self._receive, lambda: self._lose("the tmux control client ended"))
        try:
            await self._start(self._pipes)
        except BaseException:
            await self.close()
            raise

    async def _start(self, pipes: ProcessPipes) -> None:
        try:
            await pipes.start(self._argv, self._environment)
        except OSError as error:
            raise TransportLost(f"tmux cannot be started: {error.strerror}") from error
        await self.batch([("display-message", "-p", "ready")])

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
        loop, pipes = self._loop, self._pipes
        if self.lost is not None or loop is None or pipes is None or not pipes.is_open:
            raise TransportLost(self.lost or "the control client is not started")
        futures: list[asyncio.Future[Reply]] = [loop.create_future() for _ in commands]
        data = encode(commands)
        if not self._pending:
            self._progress_at = loop.time()
        self._pending.extend(futures)
        pipes.write(data)
        if self._watchdog is None:
            self._watchdog = loop.call_later(self._answer_within_s, self._look, loop, False)
        return futures

    async def close(self) -> None:
        """Lets go of the server without calling ``on_lost``."""
        self._closing = True
        self._lose("the control client was closed")
        if self._pipes is not None:
            await self._pipes.close()

    def _receive(self, data: bytes) -> None:
        if self._loop is not None:
            self._progress_at = self._loop.time()
        for item in self._parser.feed(data):
            if isinstance(item, Reply) and self._pending:
                future = self._pending.popleft()
                if not future.done():
                    future.set_result(item)

    def _look(self, loop: asyncio.AbstractEventLoop, is_second: bool) -> None:
        self._watchdog = None
        if not self._pending:
            return
        overdue = loop.time() - self._progress_at >= self._answer_within_s
        if overdue and is_second:
            self._lose(f"tmux did not answer within {self._answer_within_s:g} s")
            if self._pipes is not None:
                self._pipes.kill()
        else:
            # A stalled event loop looks like a silent server: read what is there before the verdict.
            delay = _SECOND_LOOK_S if overdue else self._progress_at + self._answer_within_s - loop.time()
            self._watchdog = loop.call_later(delay, self._look, loop, overdue)

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


def _forget(answer: "asyncio.Future[Reply]") -> None:
    if not answer.cancelled():
        answer.exception()
