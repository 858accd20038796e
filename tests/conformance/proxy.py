"""A loopback proxy that adds a bearer token: the suite cannot send one, and the endpoint cannot do without."""

import asyncio
import contextlib
from types import TracebackType

HOST = "127.0.0.1"
_HEAD_LIMIT = 64 * 1024


def translate(head: bytes, port: int, target: int, token: str) -> bytes:
    """The head of a request to ``port`` as one to ``target``, with the token and for one request only.

    Only the proxy's own address is replaced, in ``Host`` and ``Origin``; every other byte stays, so that what the
    suite malforms arrives malformed.
    """
    first, *rest = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    own, meant = f":{port}".encode(), f":{target}".encode()
    lines = [first]
    for line in rest:
        name = line.partition(b":")[0].strip().lower()
        if name == b"connection":
            continue
        if name in (b"host", b"origin") and line.rstrip().endswith(own):
            line = line.rstrip().removesuffix(own) + meant
        lines.append(line)
    lines += [f"Authorization: Bearer {token}".encode(), b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


class TokenProxy:
    """Serves while entered; ``url`` leads to the path ``/mcp`` of ``target``, a port of this machine."""

    def __init__(self, target: int, token: str) -> None:
        self._target = target
        self._token = token
        self.port = 0
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """What the suite is told."""
        return f"http://{HOST}:{self.port}/mcp"

    async def __aenter__(self) -> "TokenProxy":
        self._server = await asyncio.start_server(self._accept, HOST, 0, limit=_HEAD_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._connect(reader, writer), name="connection of the suite")
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with contextlib.AsyncExitStack() as ending:
            ending.callback(writer.close)
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                answers, requests = await asyncio.open_connection(HOST, self._target)
                ending.callback(requests.close)
                requests.write(translate(head, self.port, self._target, self._token))
                sending = asyncio.create_task(_pump(reader, requests))
                ending.callback(sending.cancel)
                await _pump(answers, writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_HEAD_LIMIT):
            writer.write(data)
            await writer.drain()
