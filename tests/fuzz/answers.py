"""What an endpoint's answer says about a call."""

import json
from typing import Any, cast

import httpx2

from orchestrator_tui.mcp.wire_errors import META_KEY, revive
from tests.fuzz.target import is_clear

MCP_HEADERS = {
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Accept": "application/json, text/event-stream",
    "Content-Type": "application/json",
}
_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "fuzz", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def as_body(value: Any) -> bytes:
    """JSON as a careless client writes it: half characters as escapes, numbers that JSON does not have."""
    return json.dumps(value).encode()


def tool_call(tool: str, arguments: Any) -> dict[str, Any]:
    """A call of an MCP tool in the modern era."""
    params = {"name": tool, "arguments": arguments, "_meta": _META}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def was_taken(answer: httpx2.Response) -> bool:
    """Whether the call was done; False when the refusal says what is wrong. Fails for anything else."""
    assert answer.status_code < 500, f"HTTP {answer.status_code}: {answer.text[:300]}"
    assert answer.status_code != 429, "the rate limit was left on"
    if answer.status_code in (202, 404, 405):
        return answer.status_code == 202
    data: Any = json.loads(answer.content)
    if answer.status_code != 200:
        _refusal(data["error"], answer.status_code)
        return False
    if not isinstance(data, dict):
        return True
    fields = cast("dict[str, Any]", data)
    if "error" in fields:
        assert fields["error"]["message"], "a refusal without a message"
        assert "Internal" not in fields["error"]["message"], fields["error"]
        return False
    result = fields.get("result")
    if isinstance(result, dict) and cast("dict[str, Any]", result).get("isError"):
        _refusal(cast("dict[str, Any]", result)["_meta"][META_KEY], 200)
        return False
    return True


def _refusal(error: dict[str, Any], status: int) -> None:
    assert "failed inside" not in str(error["message"]), error
    if "kind" not in error or status in (401, 403, 404, 405, 413, 421):
        assert error["message"]
        return
    is_clear(revive(error))
