"""The supervisor's side of an agent, played by a test: ``/hooks`` and an MCP server with the tool ``mission``."""

import json
import time
from collections.abc import Callable
from typing import Any

from mcp.server import MCPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.e2e.loopback import LoopbackServer


class Sink:
    """Notes hooks and tool calls, each with the Authorization header it came with."""

    def __init__(self) -> None:
        self.hooks: list[tuple[str, dict[str, Any]]] = []
        self.calls: list[dict[str, Any]] = []
        self.mcp_tokens: set[str] = set()
        server = MCPServer("orchestrator", log_level="CRITICAL")

        @server.tool()
        def mission(action: str, mission_id: str, output: str = "") -> dict[str, str]:
            """Reports on a mission."""
            self.calls.append({"action": action, "mission_id": mission_id, "output": output})
            return {"mission_id": mission_id, "status": "completed"}

        assert mission
        app = server.streamable_http_app(stateless_http=True, json_response=True)
        app.router.routes.append(Route("/hooks", self._hook, methods=["POST"]))
        self._server = LoopbackServer(self._noting_tokens(app), has_lifespan=True)
        self.url = self._server.url

    def __enter__(self) -> "Sink":
        self._server.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._server.__exit__(*details)

    def named(self, event: str) -> list[dict[str, Any]]:
        """The payloads of one kind of hook, oldest first."""
        return [payload for _, payload in list(self.hooks) if payload["hook_event_name"] == event]

    async def _hook(self, request: Request) -> Response:
        self.hooks.append((request.headers.get("authorization", ""), json.loads(await request.body())))
        return JSONResponse({})

    def _noting_tokens(self, app: Starlette) -> ASGIApp:
        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"] == "/mcp":
                self.mcp_tokens.add(dict(scope["headers"]).get(b"authorization", b"").decode())
            await app(scope, receive, send)

        return wrapped


def eventually(condition: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Waits until a foreign program has done something that nobody announces; ``what`` goes into the failure."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:g} s"
        time.sleep(0.02)
