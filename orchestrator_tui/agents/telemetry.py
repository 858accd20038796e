"""OTLP log records of an agent's program as the requests that they tell of. Pure.

Claude Code 2.1.328 (measured) sends one ``claude_code.api_request`` record for each answer of the API, subagents' and
its own background requests included, with the ``request_id`` that its transcript calls ``requestId``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.usage import ApiRequest

EVENT = "api_request"


def read_logs(payload: Mapping[str, object], agent_id: int) -> list[ApiRequest]:
    """The requests in one export; records of other kinds, and those without a request id, are passed over.

    Raises UsageError for what is no OTLP export of logs.
    """
    try:
        return [request for record in _records(payload) if (request := _request(record, agent_id)) is not None]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise UsageError("The body is no OTLP export of logs.", remedy="Send OTLP as http/json.") from None


def _records(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in payload["resourceLogs"]:
        for scope in resource.get("scopeLogs", ()):
            yield from scope.get("logRecords", ())


def _request(record: Mapping[str, Any], agent_id: int) -> ApiRequest | None:
    fields: dict[str, object] = {one["key"]: _value(one["value"]) for one in record.get("attributes", ())}
    name = fields.get("request_id")
    if fields.get("event.name") != EVENT or not isinstance(name, str) or not name:
        return None
    cost = fields.get("cost_usd")
    turn, conversation = fields.get("prompt.id"), fields.get("session.id")
    return ApiRequest(
        id=name,
        agent_id=agent_id,
        at=int(record.get("timeUnixNano") or record["observedTimeUnixNano"]) // 1_000_000,
        turn=turn if isinstance(turn, str) else None,
        input=_count(fields, "input_tokens"),
        output=_count(fields, "output_tokens"),
        cache_read=_count(fields, "cache_read_tokens"),
        cache_write=_count(fields, "cache_creation_tokens"),
        cost_usd=None if cost is None else _dollars(cost),
        conversation=conversation if isinstance(conversation, str) else None,
    )


def _value(value: Mapping[str, object]) -> object:
    return next(iter(value.values()), None)


def _count(fields: Mapping[str, object], key: str) -> int:
    number = int(cast("Any", fields.get(key, 0)))
    if not 0 <= number < 1 << 53:
        raise ValueError(key)
    return number


def _dollars(value: object) -> float:
    number = float(cast("Any", value))
    if not 0 <= number < 1e9:
        raise ValueError(value)
    return number
