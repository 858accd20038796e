"""``/screen/…``: the supervisor for screens in other processes; only the operator's.

``GET /screen/feed`` streams one word a line: hello, everything, then what changes. ``POST /screen/METHOD`` takes a
method's arguments as a JSON array and answers with an array of its one result.
"""

import os
from collections.abc import Awaitable, Callable, Mapping

import anyio
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from orchestrator_tui.core.errors import Forbidden, OrchestratorError, UsageError
from orchestrator_tui.core.views import SupervisorClient
from orchestrator_tui.mcp.backlog import Backlog
from orchestrator_tui.mcp.codec import FACTS, METHODS, Hello, decode, encode, encode_item
from orchestrator_tui.mcp.frames import FrameChanges, FrameMemory
from orchestrator_tui.mcp.guard import caller_of
from orchestrator_tui.mcp.hooks import error_response, internal_error

BODY_LIMIT = 4 * 1024 * 1024
HEARTBEAT_S = 5.0
LIMITS: Mapping[str, int] = {f"/screen/{name}": BODY_LIMIT for name in METHODS}
"""Sizes of bodies in bytes by path: a person may paste much."""


class Screens:
    """Serves every method of the client to screens elsewhere."""

    def __init__(self, client: SupervisorClient) -> None:
        self._client = client
        self._frames = FrameMemory()

    def routes(self) -> list[Route]:
        """The feed, panes, and all other methods."""
        return [
            Route("/screen/feed", _operators(self._feed), methods=["GET"]),
            Route("/screen/pane_frame", _operators(self._pane_frame), methods=["POST"]),
            Route("/screen/{method}", _operators(self._call), methods=["POST"]),
        ]

    async def _feed(self, _request: Request) -> Response:
        backlog = Backlog(self._client.open_feed)
        await backlog.open()
        facts = {name: getattr(self._client, name)() for name in FACTS}
        return FeedResponse(Hello(os.getpid(), facts), backlog)

    async def _pane_frame(self, request: Request) -> Response:
        try:
            agent_id, since = decode(tuple[int, str | None], await request.body())
        except ValidationError:
            raise UsageError("Not a frame's request.", remedy="Send [agent_id, version or null].") from None
        frame = await self._client.pane_frame(agent_id)
        changes = None if frame is None else self._frames.changes(frame, since)
        return _json(encode(tuple[FrameChanges | None], (changes,)))

    async def _call(self, request: Request) -> Response:
        name = request.path_params["method"]
        method = METHODS.get(name)
        if method is None:
            raise UsageError(
                f"There is no {name!r}.", remedy="Both sides have to be of the same version.", field="method"
            )
        arguments = method.decode_call(await request.body())
        result = await getattr(self._client, name)(*arguments)
        return _json(encode(method.result, (result,)))


class FeedResponse(Response):
    """Sends a backlog as fast as the viewer reads, until one of the two ends."""

    def __init__(self, hello: Hello, backlog: Backlog) -> None:
        super().__init__(media_type="application/x-ndjson")
        del self.headers["content-length"]
        self._hello = hello
        self._backlog = backlog

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The stream."""
        del scope
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_cancel_when_gone, receive, group.cancel_scope)
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                await self._send_lines(send)
                group.cancel_scope.cancel()
        finally:
            self._backlog.close()

    async def _send_lines(self, send: Send) -> None:
        chunk = encode_item(self._hello)
        while True:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            try:
                with anyio.fail_after(HEARTBEAT_S):
                    updates = await self._backlog.take()
            except TimeoutError:
                chunk = b"\n"
                continue
            except OrchestratorError:
                # It cannot tell all anew now; the viewer comes back for that.
                updates = []
            if not updates:
                break
            chunk = b"".join(map(encode_item, updates))
        await send({"type": "http.response.body", "body": b""})


async def _cancel_when_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def _operators(operation: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            if not caller_of(request.scope).is_operator:
                raise Forbidden("Only the operator has screens.", remedy="Ask the person who runs the session.")
            return await operation(request)
        except OrchestratorError as error:
            return error_response(error)
        except Exception:
            return internal_error(request.url.path)

    return endpoint


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
