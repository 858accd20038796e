"""A loopback stand-in for the Messages API; see ``stub_script`` for what steers it."""

import asyncio
import json
import math
import re
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.e2e.loopback import LoopbackServer
from tests.e2e.stub_script import Answer, Refuse, Say, Use, answer, mission_of, texts_of

_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: when it came (seconds since the epoch), for which mission, how long its conversation was."""

    at: float
    credential: str
    mission_id: str | None
    messages: int
    status: int


Usage = Mapping[str, int]
CONSTANT: Usage = {"input_tokens": 11, "output_tokens": 7}


@dataclass(frozen=True, slots=True)
class Bill:
    """What one answered request counted, and the request."""

    request_id: str
    usage: Usage
    body: Mapping[str, Any]


class MessagesStub:
    """Notes every request; ``url`` is the API's base while it runs.

    ``usage`` says what the request with this number, from 0, counts; ``bills`` are those that were answered.
    ``limit_after`` puts an account (its key or token; None is every one) at its limit once that many of its requests
    were answered: 429 with the headers of a five-hour limit until the reset, which is ``limits[…]``.
    """

    def __init__(
        self,
        answer: Callable[[Mapping[str, Any]], Answer] = answer,
        usage: Callable[[int], Usage] = lambda _number: CONSTANT,
    ) -> None:
        self._answer = answer
        self.requests: list[dict[str, Any]] = []
        self.bills: list[Bill] = []
        self._usage = usage
        self.exchanges: list[Exchange] = []
        self.limits: dict[str | None, int] = {}
        self._planned: dict[str | None, tuple[int, float]] = {}
        self.strays: list[str] = []
        routes = [
            Route("/v1/messages", self._messages, methods=["POST"]),
            Route("/{path:path}", self._stray, methods=["GET", "POST", "HEAD"]),
        ]
        self._server = LoopbackServer(Starlette(routes=routes))
        self.url = self._server.url

    def __enter__(self) -> "MessagesStub":
        self._server.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._server.__exit__(*details)

    def limit_after(self, requests: int, seconds: float, credential: str | None = None) -> None:
        """Plans a limit that lasts ``seconds``, rounded up to a whole one."""
        self._planned[credential] = (requests, seconds)

    def user_texts(self, number: int = -1) -> list[str]:
        """What the user said in one request, oldest first."""
        messages: list[dict[str, Any]] = self.requests[number]["messages"]
        return [texts_of(message) for message in messages if message["role"] == "user"]

    async def _messages(self, request: Request) -> Response:
        body: dict[str, Any] = json.loads(await request.body())
        self.requests.append(body)
        step = self._answer(body)
        request_id = f"req_{uuid.uuid4().hex[:12]}"
        credential = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix(
            "Bearer "
        )
        reset = self._reset_for(credential)
        status = 429 if reset else step.status if isinstance(step, Refuse) else 200
        self.exchanges.append(Exchange(time.time(), credential, mission_of(body), len(body["messages"]), status))
        if reset:
            return _limited(reset)
        headers = {"request-id": request_id}
        if isinstance(step, Refuse):
            kind = _ERRORS.get(step.status, "api_error")
            error = {"type": "error", "error": {"type": kind, "message": step.message or f"stub {kind}"}}
            return JSONResponse(error, status_code=step.status, headers={**headers, **step.headers})
        usage = self._usage(len(self.bills))
        self.bills.append(Bill(request_id, usage, body))
        message = _message(body, step, usage)
        if not body.get("stream"):
            return JSONResponse(message, headers=headers)
        pause_s = step.pause_s if isinstance(step, Say) else 0.0
        return StreamingResponse(_stream(message, pause_s), media_type="text/event-stream", headers=headers)

    def _reset_for(self, credential: str) -> int | None:
        """The reset of a limit that holds for this account right now."""
        for account in (credential, None):
            if account in self._planned:
                requests, seconds = self._planned[account]
                mine = (one for one in self.exchanges if account in (None, one.credential))
                if sum(one.status == 200 for one in mine) >= requests:
                    del self._planned[account]
                    self.limits[account] = math.ceil(time.time() + seconds)
            if time.time() < self.limits.get(account, 0):
                return self.limits[account]
        return None

    async def _stray(self, request: Request) -> Response:
        self.strays.append(f"{request.method} {request.url.path}")
        error = {"type": "error", "error": {"type": "not_found_error", "message": "the stub has no such path"}}
        return JSONResponse(error, status_code=404)


def _limited(reset: int) -> Response:
    message = "This request would exceed your account's rate limit. Please try again later."
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": message}}
    headers = {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": str(reset),
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
    }
    return JSONResponse(error, status_code=429, headers=headers)


def _message(body: dict[str, Any], step: Say | Use, usage: Usage) -> dict[str, Any]:
    if isinstance(step, Say):
        content: list[dict[str, Any]] = [{"type": "text", "text": step.text}]
    else:
        call = {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:22]}", "name": step.tool, "input": step.arguments}
        content = [{"type": "text", "text": step.said or f"I will call {step.tool}."}, call]
    return {
        "id": f"msg_{uuid.uuid4().hex[:20]}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model", "stub"),
        "content": content,
        "stop_reason": "tool_use" if isinstance(step, Use) else "end_turn",
        "stop_sequence": None,
        "usage": dict(usage),
    }


async def _stream(message: dict[str, Any], pause_s: float) -> AsyncIterator[bytes]:
    # At the beginning of an answer only the first token of it is counted.
    begun: dict[str, Any] = {
        **message,
        "content": [],
        "stop_reason": None,
        "usage": {**message["usage"], "output_tokens": 1},
    }
    yield _event("message_start", message=begun)
    for index, block in enumerate(message["content"]):
        is_text = block["type"] == "text"
        empty: dict[str, Any] = {**block, "text": ""} if is_text else {**block, "input": {}}
        yield _event("content_block_start", index=index, content_block=empty)
        if is_text:
            for part in re.findall(r"\S+\s*", block["text"]) if pause_s else [block["text"]]:
                yield _event("content_block_delta", index=index, delta={"type": "text_delta", "text": part})
                await asyncio.sleep(pause_s)
        else:
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=stop, usage={"output_tokens": message["usage"]["output_tokens"]})
    yield _event("message_stop")


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
