"""The endpoint: one loopback port for MCP, hooks and control, inside an event loop that belongs to somebody else."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Generator

import uvicorn
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator_tui.agents.credentials import Credentials
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.patience import Patience
from orchestrator_tui.core.views import SupervisorClient
from orchestrator_tui.mcp.backend import Backend
from orchestrator_tui.mcp.connections import http_protocol
from orchestrator_tui.mcp.control import Control
from orchestrator_tui.mcp.guard import BODY_LIMIT, HOOKS_BODY_LIMIT, LOGS_BODY_LIMIT, Guard, answer
from orchestrator_tui.mcp.hooks import Hooks
from orchestrator_tui.mcp.inflight import InFlight
from orchestrator_tui.mcp.protocol import Protocol
from orchestrator_tui.mcp.rates import Rates
from orchestrator_tui.mcp.screens import LIMITS, Screens
from orchestrator_tui.mcp.telemetry import Telemetry
from orchestrator_tui.mcp.traffic import Traffic

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
MCP_PATH, HOOKS_PATH, LOGS_PATH = "/mcp", "/hooks", "/v1/logs"
_QUEUED = 2048
_ACCEPTED_AT_ONCE = 64
_GRACE_S = 0.1
_TURNS_UNTIL_LISTED = 5
_VERSION = "1"


class _Embedded(uvicorn.Server):
    """Uvicorn as a guest: no signal handlers, and no polling between start and end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_serving = asyncio.Event()
        self.is_ending = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def main_loop(self) -> None:
        await self.on_tick(0)
        self.is_serving.set()
        await self.is_ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        # A connection that was accepted a moment ago is not listed yet, and unlisted ones would be waited for.
        for _ in range(_TURNS_UNTIL_LISTED):
            await asyncio.sleep(0)
        await super().shutdown(sockets)


class Endpoint:
    """Serves until stopped.

    ``port`` 0 takes any free one and is the real one after ``start``; ``error`` says why nothing is served, or None;
    ``traffic`` counts who has called, ``rates`` bound how often. Screens elsewhere are served from ``screens``, if
    there is one. ``patience`` bounds connections that do not complete a request.
    """

    def __init__(
        self,
        backend: Backend,
        credentials: Credentials,
        port: int = 0,
        screens: SupervisorClient | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.port = port
        self.error: str | None = None
        self.traffic = Traffic()
        self.rates = Rates()
        self._backend = backend
        self._screens = screens
        self._patience = patience or Patience()
        self._credentials = credentials
        self._events = InMemorySubscriptionBus()
        self._listen = ListenHandler(self._events)
        self._in_flight: InFlight | None = None
        self._uvicorn: _Embedded | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where MCP is spoken."""
        return f"http://{HOST}:{self.port}{MCP_PATH}"

    @property
    def hooks_url(self) -> str:
        """Where hooks are sent."""
        return f"http://{HOST}:{self.port}{HOOKS_PATH}"

    async def start(self) -> None:
        """Binds the port and answers from then on.

        Raises CannotRun, naming the port, when it is taken; another ``port`` may then be set and tried.
        """
        try:
            listener = _bind(self.port)
        except OSError as error:
            self.error = f"Port {self.port} of {HOST} cannot be used: {error.strerror}."
            raise CannotRun(
                self.error, remedy="End the program that uses it, or let another port be chosen."
            ) from error
        self.port = listener.getsockname()[1]
        self._in_flight = InFlight(self._application())
        config = uvicorn.Config(
            self._in_flight,
            lifespan="on",
            http=http_protocol(self._patience),
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            backlog=_ACCEPTED_AT_ONCE,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        self._uvicorn = _Embedded(config)
        self._serving = asyncio.create_task(self._serve(self._uvicorn, listener), name="endpoint")
        ready = asyncio.create_task(self._uvicorn.is_serving.wait(), name="endpoint is ready")
        await asyncio.wait((self._serving, ready), return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._serving.done():
            raise CannotRun(self.error or "The endpoint did not start.", remedy="See the session's log.")
        # Asyncio has one number for how many may queue and how many it accepts before it looks at any of them.
        listener.listen(_QUEUED)

    async def stop(self) -> None:
        """Ends open streams cleanly, cuts off what is not done within 0.1 s, and frees the port."""
        server, in_flight, serving = self._uvicorn, self._in_flight, self._serving
        if server is None or in_flight is None or serving is None:
            return
        self._uvicorn = self._in_flight = self._serving = None
        self._listen.close()
        server.is_ending.set()
        await in_flight.end(_GRACE_S)
        await serving

    async def resource_changed(self, uri: str) -> None:
        """Tells those who listen that a resource should be read again."""
        await self._events.publish(ResourceUpdated(uri=uri))

    async def _serve(self, server: _Embedded, listener: socket.socket) -> None:
        self.error = None
        try:
            await server.serve(sockets=[listener])
        except SystemExit as error:
            # Uvicorn exits the whole program when it cannot start, and we are a guest in it.
            self.error = f"The endpoint did not start ({error.code})."
        except Exception as error:
            log.exception("the endpoint ended")
            self.error = f"The endpoint ended: {error}."
        finally:
            listener.close()
            # Whoever connected while the end was on its way is not in uvicorn's own round of goodbyes.
            for connection in list(server.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)

    def _application(self) -> ASGIApp:
        hosts = (f"{HOST}:{self.port}", f"localhost:{self.port}")
        protocol = Protocol(self._backend, self.traffic)
        routes = [
            Route(HOOKS_PATH, Hooks(self._backend, self.traffic).__call__, methods=["POST"]),
            Route(LOGS_PATH, Telemetry(self._backend, self.traffic).__call__, methods=["POST"]),
            *Control(self._backend, self.traffic).routes(),
            *(Screens(self._screens).routes() if self._screens is not None else ()),
        ]
        server = protocol.server(_VERSION, self._listen)
        application = server.streamable_http_app(
            streamable_http_path=MCP_PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=BODY_LIMIT,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            custom_starlette_routes=routes,
        )
        limits = {HOOKS_PATH: HOOKS_BODY_LIMIT, LOGS_PATH: LOGS_BODY_LIMIT, **LIMITS}
        return Guard(
            _Calls(server.session_manager.handle_request, application), self._credentials, hosts, limits, self.rates
        )


class _Calls:
    """Leads MCP past the routing of all else, which would be a fiftieth of a call.

    The standing GET stream is refused: it could carry nothing here and would hold one socket an agent.
    """

    def __init__(self, mcp: ASGIApp, others: ASGIApp) -> None:
        self._mcp = mcp
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != MCP_PATH:
            await self._others(scope, receive, send)
        elif scope["method"] == "POST":
            await self._mcp(scope, receive, send)
        else:
            refusal = {"error": {"kind": "UsageError", "message": "Only POST is answered here."}}
            await answer(send, 405, refusal, [(b"allow", b"POST")])


def _bind(port: int) -> socket.socket:
    # Without the explicit protocol number asyncio does not set TCP_NODELAY, and every call waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        # Binding alone does not fail when somebody listens on the same port later.
        listener.listen(_QUEUED)
    except OSError:
        listener.close()
        raise
    return listener
