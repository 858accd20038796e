"""HTTP to the session's endpoint: connections that are kept for the next command, and one stream of lines."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import h11

from orchestrator_tui.core.errors import NoSupervisor
from orchestrator_tui.core.foreign import read_json
from orchestrator_tui.mcp.client import error_of

IDLE_S = 30.0
"""A connection that rested longer is not used again: the endpoint closes them after 75 s."""

_BLOCK = 262_144
_REMEDY = "It is tried again by itself; `orchestrator-tui doctor` says what runs."


@dataclass(frozen=True, slots=True)
class Target:
    """Where a supervisor listens; ``url`` is the endpoint's own, for MCP."""

    url: str
    token: str


class Connection:
    """One connection to the endpoint; one request at a time."""

    def __init__(self, target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._target = target
        self._reader = reader
        self._writer = writer
        self._state = h11.Connection(h11.CLIENT)
        self._used_at = 0.0

    @classmethod
    async def open(cls, target: Target) -> "Connection":
        """Connects. Raises OSError."""
        parts = urlsplit(target.url)
        reader, writer = await asyncio.open_connection(parts.hostname or "", parts.port or 80)
        return cls(target, reader, writer)

    @property
    def is_fresh(self) -> bool:
        """Whether another request may be sent."""
        rested = asyncio.get_running_loop().time() - self._used_at
        is_ready = self._state.our_state is h11.IDLE and self._state.their_state is h11.IDLE
        return is_ready and rested < IDLE_S and not self._reader.at_eof()

    async def send(self, method: str, path: str, body: bytes) -> int:
        """Sends a request; the answer's status."""
        host = urlsplit(self._target.url).netloc
        headers = [
            ("Host", host),
            ("Authorization", f"Bearer {self._target.token}"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ]
        request = h11.Request(method=method, target=path, headers=headers)
        sent = (self._state.send(event) for event in (request, h11.Data(body), h11.EndOfMessage()))
        self._writer.write(b"".join(part for part in sent if part))
        await self._writer.drain()
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                return event.status_code

    async def data(self) -> AsyncIterator[bytes]:
        """The answer's body, piece by piece."""
        while not isinstance(event := await self._event(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)
        if self._state.our_state is h11.DONE and self._state.their_state is h11.DONE:
            self._state.start_next_cycle()
            self._used_at = asyncio.get_running_loop().time()

    def close(self) -> None:
        """Ends it at once."""
        self._writer.transport.abort()

    async def _event(self) -> object:
        while (event := self._state.next_event()) is h11.NEED_DATA:
            self._state.receive_data(await self._reader.read(_BLOCK))
        if isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            raise ConnectionResetError("the answer was cut off")
        return event


class Connections:
    """As many connections as there are commands at once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._free: list[Connection] = []

    async def post(self, path: str, body: bytes, timeout_s: float) -> bytes:
        """Sends a command; the body of its answer.

        Raises the error that the supervisor raised, or NoSupervisor when it cannot be reached within ``timeout_s``.
        """
        try:
            async with asyncio.timeout(timeout_s):
                status, answer = await self._exchange(path, body)
        except TimeoutError:
            raise NoSupervisor(f"The supervisor did not answer within {timeout_s:g} s.", remedy=_REMEDY) from None
        except (OSError, h11.RemoteProtocolError):
            raise NoSupervisor("The connection to the supervisor is lost.", remedy=_REMEDY) from None
        if status != 200:
            raise refusal(status, answer)
        return answer

    def close(self) -> None:
        """Ends those that rest."""
        while self._free:
            self._free.pop().close()

    async def _exchange(self, path: str, body: bytes) -> tuple[int, bytes]:
        connection = await self._take()
        try:
            status = await connection.send("POST", path, body)
            answer = b"".join([piece async for piece in connection.data()])
        except BaseException:
            connection.close()
            raise
        self._free.append(connection)
        return status, answer

    async def _take(self) -> Connection:
        while self._free:
            connection = self._free.pop()
            if connection.is_fresh:
                return connection
            connection.close()
        return await Connection.open(self._target)


def refusal(status: int, answer: bytes) -> Exception:
    """The error that an answer other than 200 tells of."""
    try:
        data = read_json(answer)
    except ValueError:
        data = None
    error = cast("dict[str, Any]", data).get("error") if isinstance(data, dict) else None
    if error is None:
        return NoSupervisor(f"What answers is not a supervisor of this version (HTTP {status}).", remedy=_REMEDY)
    return error_of(status, error)
