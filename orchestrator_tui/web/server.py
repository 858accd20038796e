"""textual-serve on loopback behind our own guard, with a page that fetches nothing from elsewhere."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from textual_serve.server import Server

from orchestrator_tui.web.guard import Handler, WebGuard

HOST = "127.0.0.1"
_PAGES = Path(__file__).parent / "templates"


class WebServer(Server):
    """Runs ``command`` for every tab; ``before_tab`` is awaited first, so that there is a supervisor to view."""

    def __init__(self, command: str, port: int, token: str, before_tab: Callable[[], Awaitable[None]]) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType] (its os.PathLike has no parameter)
            command,
            host=HOST,
            port=port,
            title="orchestrator_tui",
            public_url=f"http://{HOST}:{port}",
            templates_path=_PAGES,
        )
        self._guard = WebGuard(token, port, (_PAGES / "login.html").read_text())
        self._before_tab = before_tab

    async def application(self) -> web.Application:
        """The guarded application."""
        application = await self._make_app()

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guard.check(request, handler)

        application.middlewares.append(guarded)
        return application

    async def on_startup(self, app: web.Application) -> None:
        """Says nothing: whoever starts this says what to open."""

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One tab."""
        await self._before_tab()
        return await super().handle_websocket(request)
