"""Connections that do not get to the point: who says nothing, or not all of a request's head, is closed in time."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_WITHIN_S = 10.0
_SAID = b"The head of the request did not come in time. Send it at once."
_ANSWER = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b"
) % (len(_SAID), _SAID)


def http_protocol(head_within_s: float) -> type[H11Protocol]:
    """HTTP/1.1 for uvicorn whose connections have ``head_within_s`` seconds to complete each request's head.

    The time runs from the connection's beginning for its first request, from the first byte for every later one:
    how long a connection may rest between two requests is uvicorn's own limit. Half a head is answered with 408.
    """

    class Punctual(H11Protocol):
        _head_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._head_timer = self.loop.call_later(head_within_s, self._give_up)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._look()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._look()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _look(self) -> None:
            if self.conn.their_state is not h11.IDLE or not self.conn.trailing_data[0]:
                self._stop_waiting()
            elif self._head_timer is None and not self.transport.is_closing():
                self._head_timer = self.loop.call_later(head_within_s, self._give_up)

        def _stop_waiting(self) -> None:
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None

        def _give_up(self) -> None:
            self._head_timer = None
            if self.conn.trailing_data[0]:
                self.transport.write(_ANSWER)
            self.transport.close()

    return Punctual
