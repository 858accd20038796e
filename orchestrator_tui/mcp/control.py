"""``/control/…``: what only the operator may do, over the same endpoint; never shown to agents."""

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orchestrator_tui.core.errors import Forbidden, OrchestratorError, UsageError
from orchestrator_tui.core.questions import Choice
from orchestrator_tui.mcp.backend import Backend
from orchestrator_tui.mcp.guard import caller_of
from orchestrator_tui.mcp.hooks import error_response, internal_error, read_object
from orchestrator_tui.mcp.traffic import Traffic

_CHOICES = TypeAdapter(list[Choice])

Answer = Callable[[Request], Awaitable[Mapping[str, Any]]]


class Control:
    """Take-over, health, usage, the inbox, and typing into, approving for and attaching to an agent."""

    def __init__(self, backend: Backend, traffic: Traffic) -> None:
        self._backend = backend
        self._traffic = traffic

    def routes(self) -> list[Route]:
        """One route an operation."""
        return [
            _route("GET", "health", self._health),
            _route("GET", "attach", self._attach),
            _route("GET", "usage", self._usage),
            _route("POST", "release", self._release),
            _route("POST", "send", self._send),
            _route("POST", "approve", self._approve),
            _route("GET", "inbox", self._inbox),
            _route("POST", "answer", self._answer),
            _route("GET", "quota", self._quota),
            _route("POST", "quota", self._release_quota),
        ]

    async def _health(self, _request: Request) -> Mapping[str, Any]:
        return {"ok": True, "pid": os.getpid(), "clients": self._traffic.clients}

    async def _attach(self, request: Request) -> Mapping[str, Any]:
        agent_id = _agent_id(request.query_params.get("agent_id"))
        return {"argv": list(await self._backend.attach_argv(agent_id))}

    async def _usage(self, request: Request) -> Mapping[str, Any]:
        return await self._backend.usage(request.query_params.get("day"))

    async def _release(self, _request: Request) -> Mapping[str, Any]:
        await self._backend.release()
        return {"released": True}

    async def _send(self, request: Request) -> Mapping[str, Any]:
        data = await read_object(request)
        agent_id, text = _agent_id(data.get("agent_id")), data.get("text")
        if not isinstance(text, str):
            raise UsageError("`text` is required.", remedy="Say what to type.", field="text")
        await self._backend.send(agent_id, text)
        return {"agent_id": agent_id, "sent": True}

    async def _approve(self, request: Request) -> Mapping[str, Any]:
        data = await read_object(request)
        agent_id, allow = _agent_id(data.get("agent_id")), data.get("allow")
        if not isinstance(allow, bool):
            raise UsageError("`allow` is required.", remedy="Say true or false.", field="allow")
        await self._backend.approve(agent_id, allow)
        return {"agent_id": agent_id, "allow": allow}

    async def _inbox(self, _request: Request) -> Mapping[str, Any]:
        return {"items": [item.as_dict() for item in await self._backend.inbox()]}

    async def _answer(self, request: Request) -> Mapping[str, Any]:
        data = await read_object(request)
        item_id, allow, message = data.get("id"), data.get("allow"), data.get("message", "")
        if not isinstance(item_id, str):
            raise UsageError("`id` is required.", remedy="Give an id of `agent inbox`.", field="id")
        if "choices" in data:
            await self._backend.choose(item_id, _choices(data["choices"]))
            return {"id": item_id, "answered": True}
        if not isinstance(allow, bool):
            raise UsageError("`allow` is required.", remedy="Say true or false.", field="allow")
        if not isinstance(message, str):
            raise UsageError("`message` is not a text.", remedy="Send a text.", field="message")
        await self._backend.answer(item_id, allow, message)
        return {"id": item_id, "allow": allow}

    async def _quota(self, _request: Request) -> Mapping[str, Any]:
        return {"accounts": [asdict(view) for view in self._backend.quotas()]}

    async def _release_quota(self, _request: Request) -> Mapping[str, Any]:
        return {"released": await self._backend.release_quota()}


def _route(method: str, name: str, operation: Answer) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            if not caller_of(request.scope).is_operator:
                raise Forbidden("Only the operator may do this.", remedy="Ask the person who runs the session.")
            return JSONResponse(dict(await operation(request)))
        except OrchestratorError as error:
            return error_response(error)
        except Exception:
            return internal_error(f"/control/{name}")

    return Route(f"/control/{name}", endpoint, methods=[method])


def _choices(value: object) -> list[Choice]:
    """The answers to an item's questions: ``[{"options": [2], "text": ""}, …]``."""
    try:
        return _CHOICES.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in ("choices", *first["loc"]))
        raise UsageError(
            f"`{where}`: {first['msg']}.",
            remedy='Send one object a question: {"options": [2]} or {"text": "…"}.',
            field="choices",
        ) from None


def _agent_id(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,15}", value):
        return int(value)
    raise UsageError(
        "`agent_id` is not an agent's number.", remedy="Give a number as in `agent status`.", field="agent_id"
    )
