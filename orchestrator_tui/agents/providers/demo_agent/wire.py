"""HTTP and MCP by hand: one JSON body there, one back, a connection for each.

The standard clients would cost more memory and start-up time than the whole program.
"""

from __future__ import annotations

import json
import socket
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PROTOCOL = "2026-07-28"
FIRST_DELAY_S, LAST_DELAY_S = 0.05, 1.0
_ANSWER_WITHIN_S = 15.0
_LOOK_EVERY_S = 0.1
_TRY_AGAIN = {404, 408, 425, 429}
_MAX_ANSWER_BYTES = 32 << 20


class Unreachable(Exception):
    """Nobody who speaks for the supervisor answered: worth another try."""


class Refused(Exception):
    """An answer, and it is no: another try would get the same."""


def as_object(value: Any) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


class Target:
    """An address on this machine with the token that opens it."""

    def __init__(self, url: str, token: str) -> None:
        rest = url.partition("://")[2]
        self.authority, _, path = rest.partition("/")
        self.path = f"/{path}"
        host, _, port = self.authority.rpartition(":")
        self._address = (host.strip("[]"), int(port))
        self._token = token

    def post(
        self,
        body: object,
        headers: tuple[str, ...] = (),
        given_up: Callable[[], bool] = lambda: False,
        within_s: float = _ANSWER_WITHIN_S,
    ) -> tuple[int, bytes]:
        """Sends one JSON body; returns the status and the answer's body.

        Raises Unreachable without a complete answer, or once ``given_up`` says that nobody waits for it.
        """
        payload = json.dumps(body).encode()
        head = "\r\n".join(
            (
                f"POST {self.path} HTTP/1.1",
                f"Host: {self.authority}",
                f"Authorization: Bearer {self._token}",
                "Content-Type: application/json",
                "Accept: application/json, text/event-stream",
                f"Content-Length: {len(payload)}",
                "Connection: close",
                *headers,
            )
        )
        try:
            with socket.create_connection(self._address, timeout=_ANSWER_WITHIN_S) as connection:
                connection.sendall(f"{head}\r\n\r\n".encode() + payload)
                return _parse(_read(connection, given_up, within_s))
        except OSError as error:
            raise Unreachable(str(error)) from error


def _read(connection: socket.socket, given_up: Callable[[], bool], within_s: float) -> bytes:
    """Reads until the peer closes, looking up now and then whether anybody still waits for the answer."""
    connection.settimeout(_LOOK_EVERY_S)
    deadline = time.monotonic() + within_s
    answer = bytearray()
    while len(answer) < _MAX_ANSWER_BYTES:
        try:
            block = connection.recv(65536)
        except TimeoutError:
            if given_up() or time.monotonic() > deadline:
                raise Unreachable("no answer in time") from None
            continue
        answer += block
        if not block or _is_complete(answer):
            return bytes(answer)
    raise Unreachable("the answer has no end")


def _is_complete(answer: bytearray) -> bool:
    """Whether the length that the answer names has arrived: not every server closes when asked to."""
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0].strip()
    return length.isdigit() and len(body) >= int(length)


def _parse(answer: bytes) -> tuple[int, bytes]:
    head, separator, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    words = lines[0].split(b" ", 2)
    if not separator or len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise Unreachable("the answer is not HTTP")
    headers = {name.strip().lower(): value.strip().lower() for name, _, value in (x.partition(b":") for x in lines[1:])}
    if headers.get(b"transfer-encoding") == b"chunked":
        body = _join_chunks(body)
    length = headers.get(b"content-length", b"")
    if length.isdigit() and len(body) < int(length):
        raise Unreachable("the answer was cut off")
    return int(words[1]), body


def _join_chunks(body: bytes) -> bytes:
    joined = b""
    while True:
        size, separator, body = body.partition(b"\r\n")
        try:
            length = int(size.partition(b";")[0], 16)
        except ValueError:
            length = -1
        if not separator or length < 0 or len(body) < length:
            raise Unreachable("the answer was cut off")
        if length == 0:
            return joined
        joined += body[:length]
        body = body[length + 2 :]


class Mcp:
    """The orchestrator's MCP endpoint, in the protocol's handshake-free revision: one request a call."""

    def __init__(
        self, target: Target, wait: Callable[[float], object], given_up: Callable[[], bool] = lambda: False
    ) -> None:
        """``wait`` pauses for seconds between two tries, and raises when the turn is interrupted meanwhile."""
        self._target = target
        self._wait = wait
        self._given_up = given_up
        self._last_id = 0

    def get_prompt(self, name: str, arguments: dict[str, str]) -> str:
        """The text of a prompt. Raises Refused."""
        result = self._call("prompts/get", name, arguments)
        contents = [as_object(as_object(message).get("content")) for message in result.get("messages") or ()]
        return "\n".join(str(content["text"]) for content in contents if content.get("type") == "text")

    def call_tool(self, name: str, arguments: dict[str, object]) -> dict[str, Any]:
        """The structured answer of a tool. Raises Refused, also for an answer that is marked as an error."""
        result = self._call("tools/call", name, arguments)
        if result.get("isError"):
            texts = [str(as_object(part).get("text", "")) for part in result.get("content") or ()]
            raise Refused("\n".join(texts).strip() or "the tool says no, without a reason")
        return as_object(result.get("structuredContent"))

    def _call(self, method: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        delay = FIRST_DELAY_S
        while True:
            try:
                return self._once(method, name, arguments)
            except Unreachable:
                self._wait(delay)
                delay = min(delay * 2, LAST_DELAY_S)

    def _once(self, method: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self._last_id += 1
        meta = {
            "io.modelcontextprotocol/protocolVersion": PROTOCOL,
            "io.modelcontextprotocol/clientInfo": {"name": "demo-agent", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        request = {
            "jsonrpc": "2.0",
            "id": self._last_id,
            "method": method,
            "params": {"name": name, "arguments": arguments, "_meta": meta},
        }
        headers = (f"MCP-Protocol-Version: {PROTOCOL}", f"Mcp-Method: {method}", f"Mcp-Name: {name}")
        status, body = self._target.post(request, headers, self._given_up)
        if status >= 500:
            raise Unreachable(f"HTTP {status}")
        try:
            answer = as_object(json.loads(body))
        except ValueError:
            answer = {}
        if "error" in answer:
            raise Refused(str(as_object(answer["error"]).get("message") or f"HTTP {status}"))
        if "result" in answer:
            return as_object(answer["result"])
        if 400 <= status < 500 and status not in _TRY_AGAIN:
            raise Refused(f"HTTP {status} {body[:200].decode('utf-8', 'replace')}".strip())
        # Whoever answers on this port is not the supervisor, or not yet.
        raise Unreachable(f"HTTP {status} without an MCP answer")
