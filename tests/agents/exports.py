"""OTLP exports as the Claude CLI makes them."""

from typing import Any

from orchestrator_tui.core.usage import ApiRequest


def export(*requests: ApiRequest) -> dict[str, Any]:
    """One export that tells of these requests, among records of other kinds."""
    records = [_record({"event.name": {"stringValue": "user_prompt"}, "prompt": {"stringValue": "<REDACTED>"}}, 5)]
    records += [_record(_fields(request), request.at) for request in requests]
    return {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"scope": {}, "logRecords": records}]}]}


def _fields(request: ApiRequest) -> dict[str, dict[str, Any]]:
    fields: dict[str, dict[str, Any]] = {
        "session.id": {"stringValue": request.conversation},
        "event.name": {"stringValue": "api_request"},
        "model": {"stringValue": "claude-sonnet-5-5"},
        "input_tokens": {"intValue": request.input},
        "output_tokens": {"intValue": request.output},
        "cache_read_tokens": {"intValue": request.cache_read},
        "cache_creation_tokens": {"intValue": request.cache_write},
        "request_id": {"stringValue": request.id},
        "query_source": {"stringValue": "repl_main_thread"},
    }
    if request.turn is not None:
        fields["prompt.id"] = {"stringValue": request.turn}
    if request.cost_usd is not None:
        fields["cost_usd"] = {"doubleValue": request.cost_usd}
    return fields


def _record(fields: dict[str, dict[str, Any]], at_ms: int) -> dict[str, Any]:
    return {
        "timeUnixNano": str(at_ms * 1_000_000),
        "body": {"stringValue": "claude_code.event"},
        "attributes": [{"key": key, "value": value} for key, value in fields.items()],
    }
