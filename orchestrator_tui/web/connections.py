"""Connections that have not shown yet that they may come in: each has little time, and there are not too many."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from orchestrator_tui.core.patience import Patience

_SAID = b"The head of the request did not come in time. Send it at once."
_ANSWER = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b"
) % (len(_SAID), _SAID)


class Porch:
    """Who is connected and not let in.

    A first head that does not come within ``patience.head_within_s`` is the end: with 408 where a part of it came.
    When more than ``patience.most_waiting`` stand here, the one that came first is cut off.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._here: dict[asyncio.BaseTransport, _Visit] = {}

    def protocol(self, server: web.Server) -> Callable[[], asyncio.Protocol]:
        """For ``loop.create_server``: every connection comes over this porch to ``server``."""
        return lambda: _Visit(server(), self)

    def heard(self, request: web.BaseRequest) -> None:
        """The head of a request has come."""
        visit = None if request.transport is None else self._here.get(request.transport)
        if visit is not None:
            visit.stop_waiting()

    def let_in(self, request: web.BaseRequest) -> None:
        """How long this connection may rest is the server's own limit from now on."""
        if request.transport is not None:
            self.leave(request.transport)

    def enter(self, transport: asyncio.Transport, visit: "_Visit") -> float:
        """Somebody connects; the seconds for the head."""
        self._here[transport] = visit
        if len(self._here) > self._patience.most_waiting:
            first = next(iter(self._here))
            self._here.pop(first).cut_off()
        return self._patience.head_within_s

    def leave(self, transport: asyncio.BaseTransport) -> None:
        """It is in, or gone."""
        visit = self._here.pop(transport, None)
        if visit is not None:
            visit.stop_waiting()


class _Visit(asyncio.Protocol):
    """Hands everything on to the server's own protocol, and watches the time until the first head is complete."""

    def __init__(self, inner: asyncio.Protocol, porch: Porch) -> None:
        self._inner = inner
        self._porch = porch
        self._has_spoken = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        within_s = self._porch.enter(transport, self)
        self._timer = asyncio.get_running_loop().call_later(within_s, self._give_up)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._has_spoken = True
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._porch.leave(self._transport)
        self._inner.connection_lost(exc)

    def stop_waiting(self) -> None:
        """The head has come."""
        self._timer.cancel()

    def cut_off(self) -> None:
        """Ends it at once."""
        self._timer.cancel()
        self._transport.abort()

    def _give_up(self) -> None:
        if self._has_spoken and not self._transport.is_closing():
            self._transport.write(_ANSWER)
        self._transport.close()
