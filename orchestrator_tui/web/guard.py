"""Who may see the page: this machine's own host names, no foreign page, and whoever gave the operator's token."""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import parse_qs

from aiohttp import web

from orchestrator_tui.web.connections import Porch

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self' {sockets}; form-action 'self'; frame-ancestors 'none'"
)


class WebGuard:
    """aiohttp middleware, and the login that it asks for.

    A login makes a random cookie that counts until this process ends; the token itself is never kept in the browser.
    """

    def __init__(self, token: str, port: int, login_page: str, porch: Porch, within_s: float) -> None:
        """``login_page`` is HTML with ``{message}`` in it; a login's form must come ``within_s``.

        ``porch`` is told who asked, and who may come in.
        """
        self._token = token
        self._login_page = login_page
        self._porch = porch
        self._within_s = within_s
        # Cookies do not know ports: two sessions in one browser must not log each other out.
        self._cookie = f"orchestrator-{port}"
        self._admitted: set[str] = set()
        self._hosts: Collection[str] = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._policy = _POLICY.format(sockets=" ".join(f"ws://{host}" for host in self._hosts))

    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers 421 and 403 to strangers, the login page to who is not logged in, and passes the rest on.

        Whoever was refused has to connect anew: as many as one likes could rest here.
        """
        self._porch.heard(request)
        hosts, origins = request.headers.getall("Host", []), request.headers.getall("Origin", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return _refusal(421, "This host name does not lead here.")
        if any(origin not in self._origins for origin in origins):
            return _refusal(403, "Other pages may not come in.")
        if request.path == "/login" and request.method == "POST":
            return await self._log_in(request)
        if request.cookies.get(self._cookie, "") not in self._admitted:
            return self._ask("", 401)
        self._porch.let_in(request)
        response = await handler(request)
        if not response.prepared:
            self._protect(response)
        return response

    async def _log_in(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(self._within_s):
                token = _token_in(await request.read())
        except TimeoutError:
            return _refusal(408, "The form did not come in time. Send it at once.")
        except ConnectionError:
            # Whoever left in the middle does not hear it, and gets no place in the log.
            return _refusal(400, "The form broke off.")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return self._ask("That is not the operator's token.", 403)
        ticket = secrets.token_urlsafe(32)
        self._admitted.add(ticket)
        self._porch.let_in(request)
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(self._cookie, ticket, httponly=True, samesite="Strict", path="/")
        self._protect(response)
        return response

    def _ask(self, message: str, status: int) -> web.Response:
        response = web.Response(
            status=status, text=self._login_page.replace("{message}", message), content_type="text/html"
        )
        response.force_close()
        self._protect(response)
        return response

    def _protect(self, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = self._policy
        # With "no-referrer" a browser would send our own login form with the origin "null".
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"


def _refusal(status: int, text: str) -> web.Response:
    response = web.Response(status=status, text=text)
    response.force_close()
    return response


def _token_in(form: bytes) -> str:
    return parse_qs(form.decode(errors="replace")).get("token", [""])[0].strip()
