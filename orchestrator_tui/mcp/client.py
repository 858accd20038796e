"""A small client for shell commands: one request a connection, light enough to start at once."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import h11

from orchestrator_tui.core.errors import Forbidden, NoSupervisor, OrchestratorError, UsageError
from orchestrator_tui.core.foreign import read_json
from orchestrator_tui.mcp.wire_errors import META_KEY, revive

PROTOCOL = "2026-07-28"
DEFAULT_TIMEOUT_S = 120.0
_BLOCK = 65536
_REMEDY = "Start one with `orchestrator-tui` or `orchestrator-tui serve`."


async def call_tool(
    url: str, token: str, tool: str, arguments: Mapping[str, Any], *, timeout_s: float = DEFAULT_TIMEOUT_S
) -> dict[str, Any]:
    """Calls an MCP tool and returns its structured answer; arguments that are None are left out.

    Raises the error that the supervisor raised (UsageError, Forbidden, LeaseLost, …), or NoSupervisor when nobody
    answers within ``timeout_s``.
    """
    given = {key: value for key, value in arguments.items() if value is not None}
    meta = {
        "io.modelcontextprotocol/protocolVersion": PROTOCOL,
        "io.modelcontextprotocol/clientInfo": {"name": "orchestrator-tui", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": tool, "arguments": given, "_meta": meta}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {"MCP-Protocol-Version": PROTOCOL, "Mcp-Method": "tools/call", "Mcp-Name": tool}
    status, answer = await _request("POST", url, token, body, headers, timeout_s)
    if "error" in answer:
        raise error_of(status, answer["error"])
    result = _as_object(answer.get("result"))
    if result.get("isError"):
        raise _tool_error(result)
    if status != 200 or "structuredContent" not in result:
        raise _stranger(url, status)
    return _as_object(result["structuredContent"])


async def control(
    url: str,
    token: str,
    action: str,
    body: Mapping[str, Any] | None = None,
    *,
    query: Mapping[str, Any] | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> dict[str, Any]:
    """Calls ``/control/ACTION`` beside the MCP ``url``: POST with a body, else GET with ``query``.

    Raises as ``call_tool`` does.
    """
    parts = urlsplit(url)
    target = f"{parts.scheme}://{parts.netloc}/control/{action}"
    if query:
        target = f"{target}?{urlencode(query)}"
    status, answer = await _request("GET" if body is None else "POST", target, token, body, {}, timeout_s)
    if "error" in answer:
        raise error_of(status, answer["error"])
    if status != 200:
        raise _stranger(target, status)
    return answer


def error_of(status: int, error: object) -> OrchestratorError:
    """The error that the endpoint's answer with this HTTP status and ``error`` object tells of."""
    data = _as_object(error)
    message = str(data.get("message") or f"HTTP {status}")
    match status:
        case 401:
            return Forbidden(f"The token is not of this session: {message}", remedy="Use `orchestrator-tui endpoint`.")
        case 413:
            return UsageError(message, remedy="Send less, or name a file instead.")
        case 421:
            return NoSupervisor(message, remedy=_REMEDY)
        case 503:
            return NoSupervisor(message, remedy=_REMEDY)
        case _:
            return revive(data) if "kind" in data else UsageError(message)


def _stranger(url: str, status: int) -> NoSupervisor:
    return NoSupervisor(f"What answers at {url} is not a supervisor (HTTP {status}).", remedy=_REMEDY)


def _tool_error(result: Mapping[str, Any]) -> OrchestratorError:
    described = _as_object(_as_object(result.get("_meta")).get(META_KEY))
    if described:
        return revive(described)
    texts = [str(_as_object(part).get("text", "")) for part in result.get("content") or ()]
    return OrchestratorError("\n".join(texts).strip() or "The tool failed without a reason.")


async def _request(
    method: str, url: str, token: str, body: object, headers: Mapping[str, str], timeout_s: float
) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(url)
    payload = b"" if body is None else json.dumps(body).encode()
    request = h11.Request(
        method=method,
        target=f"{parts.path}?{parts.query}" if parts.query else parts.path,
        headers=[
            ("Host", parts.netloc),
            ("Authorization", f"Bearer {token}"),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("Content-Length", str(len(payload))),
            ("Connection", "close"),
            *headers.items(),
        ],
    )
    try:
        async with asyncio.timeout(timeout_s):
            status, content = await _exchange(parts.hostname or "", parts.port or 80, request, payload)
    except TimeoutError:
        raise NoSupervisor(f"The supervisor at {url} did not answer within {timeout_s:g} s.", remedy=_REMEDY) from None
    except (OSError, h11.RemoteProtocolError) as error:
        raise NoSupervisor(f"No supervisor answers at {url}: {error}.", remedy=_REMEDY) from None
    try:
        answer = read_json(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _stranger(url, status)
    return status, _as_object(cast("object", answer))


async def _exchange(host: str, port: int, request: h11.Request, payload: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        connection = h11.Connection(h11.CLIENT)
        sent = (connection.send(event) for event in (request, h11.Data(payload), h11.EndOfMessage()))
        writer.write(b"".join(part for part in sent if part))
        status, content = 0, bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(_BLOCK))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                content += event.data
            elif isinstance(event, h11.EndOfMessage):
                return status, bytes(content)
    finally:
        writer.close()


def _as_object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
