"""textual-serve on loopback behind our own guard, with a page that fetches nothing from elsewhere."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from socket import socket as Socket

import aiohttp_jinja2
from aiohttp import WSCloseCode, web
from textual_serve.server import Server, to_int

from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.patience import Patience
from orchestrator_tui.web.connections import Porch
from orchestrator_tui.web.guard import Handler, WebGuard
from orchestrator_tui.web.tab import Tab

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_PAGES = Path(__file__).parent / "templates"
_FONT_PX, _COLS, _ROWS = 16, 80, 24
_HEARTBEAT_S = 15.0


class WebServer(Server):
    """Runs ``viewer`` (argv) for every tab of a session's page.

    ``prepare`` is awaited before a page is given out, so that there is a supervisor to view; its CannotRun is what the
    page then says. ``patience`` bounds connections that do not complete a request, and those that rest between two.
    """

    def __init__(
        self,
        viewer: Sequence[str],
        port: int,
        token: str,
        session: str,
        prepare: Callable[[], Awaitable[object]],
        *,
        patience: Patience | None = None,
    ) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType] (its os.PathLike has no parameter)
            viewer[0], host=HOST, port=port, title=session, templates_path=_PAGES
        )
        self._viewer = tuple(viewer)
        login = (_PAGES / "login.html").read_text().replace("{session}", escape(session))
        self._patience = patience or Patience()
        self._porch = Porch(self._patience)
        self._guard = WebGuard(token, port, login, self._porch, self._patience.head_within_s)
        self._prepare = prepare
        self._sockets: set[web.WebSocketResponse] = set()

    @asynccontextmanager
    async def serving(self, listener: Socket) -> AsyncGenerator[None]:
        """Serves on ``listener``; every tab is ended when it is left."""
        application = await self._application()
        within_s = self._patience.head_within_s
        # Within the first a later head has to come, within the second what is left of the body of who was refused.
        runner = web.AppRunner(application, access_log=None, keepalive_timeout=within_s, lingering_time=within_s)
        await runner.setup()
        try:
            assert runner.server is not None, "set up before"
            protocol = self._porch.protocol(runner.server)
            async with await asyncio.get_running_loop().create_server(protocol, sock=listener):
                yield
        finally:
            await runner.cleanup()

    async def _application(self) -> web.Application:
        application = await self._make_app()
        application.router.add_get("/page.js", _script)

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guard.check(request, handler)

        application.middlewares.append(guarded)
        return application

    async def on_startup(self, app: web.Application) -> None:
        """Says nothing: whoever starts this says what to open."""

    async def on_shutdown(self, app: web.Application) -> None:
        """Ends every tab, and with it its viewer."""
        for socket in tuple(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page, or why there is nothing to see."""
        try:
            await self._prepare()
        except CannotRun as error:
            page = (_PAGES / "trouble.html").read_text().replace("{message}", escape(str(error)))
            return web.Response(status=503, text=page, content_type="text/html")
        return aiohttp_jinja2.render_template(
            "app_index.html",
            request,
            {
                "title": self.title,
                "font_size": to_int(request.query.get("fontsize", ""), _FONT_PX),
                # The guard knows this host as one of ours, and only it gets the cookie.
                "socket_url": f"ws://{request.host}/ws",
            },
        )

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One tab, until it or its viewer goes."""
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S)
        await socket.prepare(request)
        self._sockets.add(socket)
        tab = Tab(self._viewer, socket, self.download_manager)
        try:
            await tab.start(
                to_int(request.query.get("width", ""), _COLS), to_int(request.query.get("height", ""), _ROWS)
            )
            await self._process_messages(socket, tab)
        except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
            _log.warning("a tab sent what cannot be read: %r", error)
        finally:
            self._sockets.discard(socket)
            await tab.stop()
            await socket.close()
        return socket


async def _script(request: web.Request) -> web.FileResponse:
    return web.FileResponse(_PAGES / "page.js")
