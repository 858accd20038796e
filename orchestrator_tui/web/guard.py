"""Who may see the page: this machine's own host names, no foreign page, and whoever gave the operator's token."""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import parse_qs

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self' {sockets}; form-action 'self'; frame-ancestors 'none'"
)


class WebGuard:
    """aiohttp middleware, and the login that it asks for.

    A login makes a random cookie that counts until this process ends; the token itself is never kept in the browser.
    """

    def __init__(self, token: str, port: int, login_page: str) -> None:
        """``login_page`` is HTML with ``{message}`` in it."""
        self._token = token
        self._login_page = login_page
        # Cookies do not know ports: two sessions in one browser must not log each other out.
        self._cookie = f"orchestrator-{port}"
        self._admitted: set[str] = set()
        self._hosts: Collection[str] = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._policy = _POLICY.format(sockets=" ".join(f"ws://{host}" for host in self._hosts))

    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers 421 and 403 to strangers, the login page to who is not logged in, and passes the rest on."""
        hosts, origins = request.headers.getall("Host", []), request.headers.getall("Origin", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return web.Response(status=421, text="This host name does not lead here.")
        if any(origin not in self._origins for origin in origins):
            return web.Response(status=403, text="Other pages may not come in.")
        if request.path == "/login" and request.method == "POST":
            return self._login(_token_in(await request.read()))
        if request.cookies.get(self._cookie, "") not in self._admitted:
            return self._ask("", 401)
        response = await handler(request)
        if not response.prepared:
            self._protect(response)
        return response

    def _login(self, token: str) -> web.Response:
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return self._ask("That is not the operator's token.", 403)
        ticket = secrets.token_urlsafe(32)
        self._admitted.add(ticket)
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(self._cookie, ticket, httponly=True, samesite="Strict", path="/")
        self._protect(response)
        return response

    def _ask(self, message: str, status: int) -> web.Response:
        response = web.Response(
            status=status, text=self._login_page.replace("{message}", message), content_type="text/html"
        )
        self._protect(response)
        return response

    def _protect(self, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = self._policy
        # With "no-referrer" a browser would send our own login form with the origin "null".
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"


def _token_in(form: bytes) -> str:
    return parse_qs(form.decode(errors="replace")).get("token", [""])[0].strip()
