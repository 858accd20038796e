"""``POST /hooks``: what an agent's program tells about its turns; the answer goes back to the program."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from orchestrator_tui.core.errors import Forbidden, OrchestratorError, UsageError
from orchestrator_tui.core.foreign import read_json
from orchestrator_tui.mcp.backend import Backend
from orchestrator_tui.mcp.guard import caller_of
from orchestrator_tui.mcp.traffic import Traffic
from orchestrator_tui.mcp.wire_errors import describe

log = logging.getLogger(__name__)


def error_response(error: OrchestratorError) -> Response:
    """An expected error as JSON: 400 for bad input, 403 for what the caller may not do, 409 for the rest."""
    status = 403 if isinstance(error, Forbidden) else 400 if isinstance(error, UsageError) else 409
    return JSONResponse({"error": describe(error)}, status_code=status)


def internal_error(what: str) -> Response:
    """An answer for a failure that nobody expected; the log has the details."""
    log.exception("%s failed", what)
    error = OrchestratorError("The supervisor failed inside.", remedy="See the session's log.")
    return JSONResponse({"error": describe(error)}, status_code=500)


async def read_object(request: Request) -> dict[str, Any]:
    """The request's JSON object. Raises UsageError."""
    try:
        data = read_json(await request.body() or b"{}")
    except ValueError:
        raise UsageError("The body is not JSON.", remedy="Send one JSON object.") from None
    if not isinstance(data, dict):
        raise UsageError("The body is not a JSON object.", remedy="Send one JSON object.")
    return cast("dict[str, Any]", data)


class Hooks:
    """Hands hooks to the backend under the agent that its token names."""

    def __init__(self, backend: Backend, traffic: Traffic) -> None:
        self._backend = backend
        self._traffic = traffic

    async def __call__(self, request: Request) -> Response:
        """One hook."""
        caller = caller_of(request.scope)
        self._traffic.count(caller, "/hooks")
        try:
            if caller.agent_id is None:
                raise Forbidden("Hooks are an agent's own words.", remedy="Send them with that agent's token.")
            payload = await read_object(request)
            if payload.get("hook_event_name") == "PermissionRequest":
                reply = await self._held(request, caller.agent_id, payload)
            else:
                reply = await self._backend.hook(caller.agent_id, payload)
        except OrchestratorError as error:
            return error_response(error)
        except Exception:
            return internal_error("a hook")
        return JSONResponse(dict(reply))

    async def _held(self, request: Request, agent_id: int, payload: Mapping[str, object]) -> Mapping[str, object]:
        """A hook whose reply may take as long as a person does; given up when the program closes the connection."""
        answer = asyncio.ensure_future(self._backend.hook(agent_id, payload))
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait((answer, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not answer.done():
                answer.cancel()
        try:
            return await answer
        except asyncio.CancelledError:
            if gone.cancelled() or not gone.done():
                raise
            return {}


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
