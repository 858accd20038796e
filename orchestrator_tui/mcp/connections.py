"""Connections that do not get to the point: who says nothing, or not all of a request's head, is closed in time."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from orchestrator_tui.core.patience import Patience

_SAID = b"The head of the request did not come in time. Send it at once."
_ANSWER = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b"
) % (len(_SAID), _SAID)


def http_protocol(patience: Patience) -> type[H11Protocol]:
    """HTTP/1.1 for uvicorn that waits for the head of a request only as long as ``patience`` says.

    The time runs from the connection's beginning for its first request, from the first byte for every later one:
    how long a connection may rest between two requests is uvicorn's own limit. Half a head is answered with 408.
    When too many are waited for, the one that began first is cut off.
    """
    waiting: dict[H11Protocol, asyncio.TimerHandle] = {}

    class Punctual(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()

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
            elif self not in waiting and not self.transport.is_closing():
                self._wait()

        def _wait(self) -> None:
            waiting[self] = self.loop.call_later(patience.head_within_s, self._give_up)
            if len(waiting) > patience.most_waiting:
                first = next(iter(waiting))
                waiting.pop(first).cancel()
                first.transport.abort()

        def _stop_waiting(self) -> None:
            timer = waiting.pop(self, None)
            if timer is not None:
                timer.cancel()

        def _give_up(self) -> None:
            del waiting[self]
            if self.conn.trailing_data[0]:
                self.transport.write(_ANSWER)
            self.transport.close()

    return Punctual
