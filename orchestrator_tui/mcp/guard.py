"""What every request must pass, whatever its path: right host, no foreign origin, known token, rate, bounded body.

The SDK guards only its own path, so its checks stay off and these stand in front of everything.
"""

import asyncio
import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator_tui.agents.credentials import Caller, Credentials
from orchestrator_tui.mcp.rates import Rates

BODY_LIMIT = 256 * 1024
HOOKS_BODY_LIMIT = 16 * 1024 * 1024
LOGS_BODY_LIMIT = 4 * 1024 * 1024
BODY_WITHIN_S = 30.0
_DISCARD_LIMIT = 64 * 1024 * 1024
_DISCARDED_AT_ONCE = 64
_STRANGERS = (421, 403, 401)
_CALLER = "orchestrator_caller"


def caller_of(scope: Mapping[str, Any]) -> Caller:
    """Who makes the request that ``scope`` belongs to; only behind the guard."""
    caller = scope["state"][_CALLER]
    assert isinstance(caller, Caller)
    return caller


class _Body:
    """One request's body as it comes in."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_read = False

    async def whole(self, declared: Sequence[str], limit: int) -> bytes | None:
        """All of it, or None when it is larger than ``limit`` bytes."""
        if declared and declared[0].isdigit() and int(declared[0]) > limit:
            return None
        body = bytearray()
        while not self.is_read:
            body += await self._part()
            if len(body) > limit:
                return None
        return bytes(body)

    async def discard(self) -> None:
        """Reads it away, as far as anybody is followed."""
        left = _DISCARD_LIMIT
        while left > 0 and not self.is_read:
            left -= len(await self._part())

    async def _part(self) -> bytes:
        message = await self._receive()
        self.is_read = not message.get("more_body", False)
        return message.get("body", b"")


class Guard:
    """ASGI middleware; refuses with 421, 403, 401, 429, 408 or 413, in this order."""

    def __init__(
        self,
        app: ASGIApp,
        credentials: Credentials,
        hosts: Collection[str],
        limits: Mapping[str, int],
        rates: Rates,
        body_within_s: float = BODY_WITHIN_S,
    ) -> None:
        """``hosts`` are the only accepted ``Host`` values; ``limits`` are body sizes in bytes by path."""
        self._rates = rates
        self._discarding = 0
        self._body_within_s = body_within_s
        self._app = app
        self._credentials = credentials
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"http://{host}" for host in hosts)
        self._limits = dict(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes lifespan messages and good requests on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive)
        hosts, origins = _headers(scope, b"host"), _headers(scope, b"origin")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            await self._refuse(body, send, 421, "This host name does not lead here.")
            return
        if any(origin not in self._origins for origin in origins):
            await self._refuse(body, send, 403, "Requests from web pages are not accepted.")
            return
        caller = self._identify(scope)
        if caller is None:
            challenge = [(b"www-authenticate", b'Bearer realm="orchestrator"')]
            await self._refuse(body, send, 401, "A bearer token of this session is needed.", challenge)
            return
        wait_s = self._rates.take(caller.agent_id)
        if wait_s > 0:
            later = [(b"retry-after", str(math.ceil(wait_s)).encode())]
            most = f"at most {self._rates.per_second:g} calls a second, for long"
            await self._refuse(body, send, 429, f"This agent calls too often: {most}. Wait a second.", later)
            return
        limit = self._limits.get(scope["path"], BODY_LIMIT)
        try:
            async with asyncio.timeout(self._body_within_s):
                content = await body.whole(_headers(scope, b"content-length"), limit)
        except TimeoutError:
            refusal = {"error": {"kind": "Forbidden", "message": "The body did not come in time. Send it at once."}}
            await answer(send, 408, refusal, [(b"connection", b"close")])
            return
        if content is None:
            await self._refuse(body, send, 413, f"The body is larger than {limit // 1024} KiB.")
            return
        scope.setdefault("state", {})[_CALLER] = caller
        await self._app(scope, _replay(content, receive), send)

    async def _refuse(
        self, body: _Body, send: Send, status: int, message: str, headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        if self._discarding < _DISCARDED_AT_ONCE:
            await self._discard(body)
        # A stranger's connection is not kept: as many as one likes could rest here.
        ending = () if body.is_read and status not in _STRANGERS else ((b"connection", b"close"),)
        await answer(send, status, {"error": {"kind": "Forbidden", "message": message}}, [*headers, *ending])

    async def _discard(self, body: _Body) -> None:
        # A connection that is closed on unread data is reset, and the client never sees why.
        self._discarding += 1
        try:
            async with asyncio.timeout(self._body_within_s):
                await body.discard()
        except TimeoutError:
            pass
        finally:
            self._discarding -= 1

    def _identify(self, scope: Scope) -> Caller | None:
        given = _headers(scope, b"authorization")
        if len(given) != 1:
            return None
        scheme, _, token = given[0].partition(" ")
        return self._credentials.identify(token.strip()) if scheme.lower() == "bearer" else None


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _replay(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def answer(send: Send, status: int, data: Mapping[str, Any], headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
    """Sends a complete JSON response."""
    body = json.dumps(data).encode()
    described = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*described, *headers]})
    await send({"type": "http.response.body", "body": body})
