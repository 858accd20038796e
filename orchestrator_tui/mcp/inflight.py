"""Requests under way, so that stopping never waits for a stream or a slow call and never leaks one."""

import asyncio

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator_tui.mcp.guard import answer

_LAST_WORD_S = 0.05


class InFlight:
    """ASGI middleware that can end what it let in: a 503 for what has no answer yet, a clean end for streams."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._scopes: set[anyio.CancelScope] = set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs one request inside a scope of its own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_started = is_complete = False

        async def watched(message: Message) -> None:
            nonlocal is_started, is_complete
            # A cut inside of this send must not begin a second response.
            is_started = True
            await send(message)
            is_complete = message["type"] == "http.response.body" and not message.get("more_body", False)

        cancelling = anyio.CancelScope()
        self._scopes.add(cancelling)
        self._is_empty.clear()
        try:
            with cancelling:
                await self._app(scope, receive, watched)
        finally:
            self._scopes.discard(cancelling)
            if not self._scopes:
                self._is_empty.set()
        if cancelling.cancelled_caught and not is_complete:
            # Somebody who does not read must not hold up the end.
            with anyio.move_on_after(_LAST_WORD_S):
                if is_started:
                    await send({"type": "http.response.body", "body": b""})
                else:
                    await answer(send, 503, {"error": {"kind": "NoSupervisor", "message": "The supervisor stops."}})

    async def end(self, grace_s: float) -> None:
        """Lets requests finish for ``grace_s`` seconds, then ends the rest."""
        with anyio.move_on_after(grace_s):
            await self._is_empty.wait()
        for scope in list(self._scopes):
            scope.cancel()
