"""The way to the tmux server: the control client, and libtmux while the control client is away."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from orchestrator_tui.core.command_log import COMMANDS
from orchestrator_tui.core.errors import TmuxUnavailable
from orchestrator_tui.pty.control import ControlClient
from orchestrator_tui.pty.protocol import Command, Reply
from orchestrator_tui.pty.server import TmuxServer
from orchestrator_tui.pty.transport import LibtmuxTransport, TmuxError, TransportLost

_RECONNECT_DELAYS_S = (0.05, 0.2, 0.5, 1.0)
_BEAT_S = 0.5


class TmuxLink:
    """Sends commands to our server; ``on_server_lost`` is called when the server itself has ended.

    A control client that stops answering is given up within 2 s, also while nobody asks anything. ``on_change`` is
    called whenever ``error`` has changed.
    """

    def __init__(
        self,
        server: TmuxServer,
        environment: Mapping[str, str],
        on_server_lost: Callable[[], None],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._server = server
        self._environment = environment
        self._on_server_lost = on_server_lost
        self._client: ControlClient | None = None
        self._fallback: LibtmuxTransport | None = None
        self._reconnecting: asyncio.Task[None] | None = None
        self._on_change = on_change
        self._beat: asyncio.TimerHandle | None = None
        self._error: str | None = None

    @property
    def client_pid(self) -> int | None:
        """The control client's process id."""
        return self._client.pid if self._client else None

    @property
    def error(self) -> str | None:
        """What is wrong with the control client; None when all is well."""
        return self._error

    @property
    def is_silent(self) -> bool:
        """Whether the server runs but answers nobody."""
        return self._fallback is not None and self._fallback.is_silent

    async def open(self) -> None:
        """Connects to the running server; a control client that does not come up is tried again in the background."""
        await self.close()
        self._fallback = self._server.fallback()
        try:
            await self._connect()
        except TransportLost as lost:
            self._lost(str(lost))

    async def batch(self, commands: Sequence[Command], *, repeatable: bool = True) -> list[Reply]:
        """Runs ``commands`` in order; ``repeatable`` ones are sent again the other way when the first way breaks.

        Raises TmuxUnavailable when the server is gone, or when it is unknown whether other commands ran.
        """
        begun = time.perf_counter_ns()
        try:
            replies = await self._batch(commands, repeatable)
        except TransportLost as lost:
            COMMANDS.record("tmux", commands, begun, str(lost))
            raise TmuxUnavailable(f"tmux cannot be reached: {lost}.", remedy="Try again in a moment.") from lost
        refusals = [reply.error for reply in replies if reply.error]
        COMMANDS.record("tmux", commands, begun, refusals[0] if refusals else None)
        return replies

    async def run(self, *command: str, repeatable: bool = True) -> tuple[bytes, ...]:
        """Runs one command and returns its lines.

        Raises TmuxError when tmux refuses it, TmuxUnavailable as ``batch`` does.
        """
        reply = (await self.batch([command], repeatable=repeatable))[0]
        if reply.error is not None:
            raise TmuxError(f"tmux refused `{command[0]}`: {reply.error}.")
        return reply.lines

    async def close(self) -> None:
        """Lets go of the server."""
        reconnecting, self._reconnecting = self._reconnecting, None
        if reconnecting is not None and reconnecting is not asyncio.current_task():
            reconnecting.cancel()
            await asyncio.wait({reconnecting})
        client, self._client, self._fallback = self._client, None, None
        self._stop_beating()
        if client is not None:
            await client.close()
        self._error = None

    async def _batch(self, commands: Sequence[Command], repeatable: bool) -> list[Reply]:
        if self._client is not None:
            try:
                return await self._client.batch(commands)
            except TransportLost:
                if not repeatable:
                    raise
        if self._fallback is None or not self._server.is_alive():
            raise TransportLost("the tmux server is gone")
        return await self._fallback.batch(commands)

    async def _connect(self) -> None:
        argv, begun = self._server.control_argv(), time.perf_counter_ns()
        client = ControlClient(argv, self._environment, self._lost)
        await client.start()
        COMMANDS.record("tmux", [argv[1:]], begun)
        self._client = client
        self._keep_beating(client)
        self._tell(None)

    def _lost(self, reason: str) -> None:
        self._client = None
        self._stop_beating()
        self._tell(f"{reason}; reconnecting")
        if self._reconnecting is None or self._reconnecting.done():
            self._reconnecting = asyncio.create_task(self._reconnect())

    async def _reconnect(self) -> None:
        attempt = 0
        while True:
            await asyncio.sleep(_RECONNECT_DELAYS_S[min(attempt, len(_RECONNECT_DELAYS_S) - 1)])
            attempt += 1
            if not self._server.is_alive():
                self._tell("the tmux server ended")
                self._on_server_lost()
                return
            try:
                await self._connect()
            except TransportLost as lost:
                self._tell(f"{lost}; reconnecting")
            else:
                return

    def _tell(self, error: str | None) -> None:
        if error != self._error:
            self._error = error
            self._on_change()

    def _keep_beating(self, client: ControlClient) -> None:
        # A client that is stopped or stuck shows only when it is asked something.
        if not client.is_waiting:
            client.ask()
        self._beat = asyncio.get_running_loop().call_later(_BEAT_S, self._keep_beating, client)

    def _stop_beating(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None
