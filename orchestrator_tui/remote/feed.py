"""A feed from another process that outlives that process: it comes back with everything anew."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import h11

from orchestrator_tui.core.errors import NoSupervisor, OrchestratorError
from orchestrator_tui.core.views import ConnectionChanged, Resynced, Snapshot, Update
from orchestrator_tui.mcp.codec import Hello, decode_item
from orchestrator_tui.remote.http import Connection, Target, refusal

BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Pauses between attempts to connect again; the last one repeats."""

SILENT_S = 15.0
"""An open feed says something at least every five seconds."""

LOST = "connection lost, trying again"


class Stream:
    """One connected feed: hello and the snapshot are read, the rest is to come."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lines = _lines(connection)
        self.hello = Hello(0, {})
        self.snapshot = Snapshot("", "")

    @classmethod
    async def open(cls, target: Target) -> "Stream":
        """Connects and reads the first words. Raises OSError, ValueError, or what the supervisor raised."""
        connection = await Connection.open(target)
        try:
            async with asyncio.timeout(SILENT_S):
                status = await connection.send("GET", "/screen/feed", b"")
                if status != 200:
                    raise refusal(status, b"".join([piece async for piece in connection.data()]))
                stream = cls(connection)
                await stream._read_start()
        except BaseException:
            connection.close()
            raise
        return stream

    async def _read_start(self) -> None:
        match await anext(self._lines, None), await anext(self._lines, None):
            case Hello() as hello, Resynced(snapshot):
                self.hello, self.snapshot = hello, snapshot
            case None, _:
                raise ConnectionResetError("the feed broke off at once")
            case _:
                raise ValueError("the feed does not begin with everything")

    async def updates(self) -> AsyncGenerator[Update, None]:
        """What follows, until it ends; raises OSError where it breaks off."""
        async for item in self._lines:
            if not isinstance(item, Hello):
                yield item

    def close(self) -> None:
        """Ends it at once."""
        self._connection.close()


class RemoteFeed:
    """A snapshot, then updates; a lost connection is told, and made again until ``close``.

    ``connect`` makes one attempt; its snapshots say whose they are.
    """

    def __init__(self, stream: Stream, connect: Callable[[], Awaitable[Stream]]) -> None:
        self._stream: Stream | None = stream
        self._snapshot = stream.snapshot
        self._connect = connect
        self._closed = asyncio.Event()

    @property
    def snapshot(self) -> Snapshot:
        """The state when the feed was opened."""
        return self._snapshot

    async def __aiter__(self) -> AsyncIterator[Update]:
        while self._stream is not None:
            last_word: str | None = None
            async with aclosing(_until_broken(self._stream)) as updates:
                async for update in updates:
                    if isinstance(update, ConnectionChanged):
                        last_word = update.problem
                    yield update
            self._stream.close()
            if self._closed.is_set():
                return
            if last_word is None:
                yield ConnectionChanged(LOST)
            self._stream = await self._again()
            if self._stream is not None:
                yield Resynced(self._stream.snapshot)
                yield ConnectionChanged(None)

    def close(self) -> None:
        """Ends the iteration."""
        self._closed.set()
        if self._stream is not None:
            self._stream.close()

    async def _again(self) -> Stream | None:
        attempt = 0
        while not await self._is_closed_within(BACK_OFF_S[min(attempt, len(BACK_OFF_S) - 1)]):
            attempt += 1
            try:
                return await self._connect()
            except OrchestratorError:
                continue
        return None

    async def _is_closed_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._closed.wait()
        except TimeoutError:
            return False
        return True


async def attempt(target: Target) -> Stream:
    """Opens a stream. Raises NoSupervisor where there is none, or what the supervisor raised."""
    try:
        return await Stream.open(target)
    except (OSError, h11.RemoteProtocolError) as error:
        raise NoSupervisor(
            f"No supervisor answers at {target.url}.", remedy="Start one with `orchestrator-tui`."
        ) from error
    except ValueError as error:
        raise NoSupervisor(
            f"The supervisor at {target.url} is of another version.",
            remedy="Quit it with `q` and `k` (agents live on), and start it again.",
        ) from error


async def _until_broken(stream: Stream) -> AsyncGenerator[Update, None]:
    try:
        async for update in stream.updates():
            yield update
    except (OSError, ValueError, h11.RemoteProtocolError):
        return


async def _lines(connection: Connection) -> AsyncIterator[Hello | Update]:
    rest = b""
    pieces = aiter(connection.data())
    while True:
        try:
            async with asyncio.timeout(SILENT_S):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line:
                yield decode_item(line)
