"""The requests that a transcript's lines tell of. Pure.

Claude Code 2.1.328 (measured) writes one line for each block of an answer, each with the usage of the whole answer as
far as it was known and the ``requestId``; ``user`` lines have the ``promptId`` that all requests following from them
share. A ``cost-state`` line, written when the program ends by itself or by SIGTERM, has the cost of the conversation so
far, earlier runs of it included. The demo agent writes all but this.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from orchestrator_tui.core.foreign import LARGEST, read_json
from orchestrator_tui.core.usage import ApiRequest, ConversationCost, MissionTurn, TranscriptMark

_SYNTHETIC = "<synthetic>"
_PROMPT_ID = re.compile(rb'"promptId": ?"([^"\\]{1,64})"')

_HEADER = re.compile(
    rb'(?:"|\\n\\n)Mission ([A-Za-z0-9][A-Za-z0-9._-]{0,63}) \(delivery [0-9A-Za-z_-]{1,64}\)(?:\\r)?\\n'
)
"""A delivery's first line as JSON has it, alone or behind a word to one that was restarted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What some lines tell; ``mark`` is behind them."""

    requests: tuple[ApiRequest, ...]
    costs: tuple[ConversationCost, ...]
    turns: tuple[MissionTurn, ...]
    mark: TranscriptMark


def read_lines(data: bytes, mark: TranscriptMark) -> Reading:
    """Reads whole lines that begin at ``mark``; what cannot be understood is passed over.

    The context is that of the conversation itself, not of its subagents: what the model was last given to read.
    """
    found: dict[str, ApiRequest] = {}
    costs: dict[str, ConversationCost] = {}
    turns: list[MissionTurn] = []
    turn, context, model = mark.turn, mark.context_tokens, mark.model
    for line in data.split(b"\n"):
        # Only few lines are worth parsing: the others may hold whole files.
        if b'"usage"' in line and b'"assistant"' in line:
            entry = _entry(line)
            request = None if entry is None else _request(entry, mark.agent_id, turn)
            if entry is None or request is None:
                continue
            known = found.get(request.id)
            found[request.id] = request if known is None or request.output >= known.output else known
            if entry.get("isSidechain") is not True:
                context = request.input + request.cache_read + request.cache_write
                model = str(entry["message"].get("model") or "")
        elif b'"cost-state"' in line:
            if (cost := _cost(line)) is not None:
                costs[cost.conversation] = cost
        elif (prompt := _PROMPT_ID.search(line)) is not None:
            turn = prompt[1].decode("utf-8", "replace")
            if b'"tool_result"' not in line and (headers := _HEADER.findall(line)):
                # After an interruption old and new texts may come in one message: the newest counts.
                turns.append(MissionTurn(turn, headers[-1].decode("ascii")))
    behind = replace(mark, offset=mark.offset + len(data), turn=turn, context_tokens=context, model=model)
    return Reading(tuple(found.values()), tuple(costs.values()), tuple(turns), behind)


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = read_json(line)
    except ValueError:
        return None
    return cast("dict[str, Any]", entry) if isinstance(entry, dict) else None


def _request(entry: dict[str, Any], agent_id: int, turn: str | None) -> ApiRequest | None:
    try:
        message, usage = entry["message"], entry["message"]["usage"]
        if entry["type"] != "assistant" or message.get("model") == _SYNTHETIC:
            return None
        request = ApiRequest(
            id=str(entry.get("requestId") or message["id"]),
            agent_id=agent_id,
            at=int(datetime.fromisoformat(entry["timestamp"]).timestamp() * 1000),
            turn=turn,
            input=_count(usage, "input_tokens"),
            output=_count(usage, "output_tokens"),
            cache_read=_count(usage, "cache_read_input_tokens"),
            cache_write=_count(usage, "cache_creation_input_tokens"),
            conversation=_text(entry.get("sessionId")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    return request if request.spent.tokens else None


def _cost(line: bytes) -> ConversationCost | None:
    entry = _entry(line)
    if entry is None or entry.get("type") != "cost-state" or entry.get("hasUnknownModelCost") is True:
        return None
    conversation, cost = entry.get("sessionId"), entry.get("totalCostUSD")
    if not isinstance(conversation, str) or not isinstance(cost, (int, float)) or not 0 <= cost < 1e9:
        return None
    return ConversationCost(conversation, float(cost))


def _count(usage: dict[str, Any], key: str) -> int:
    return min(max(0, int(usage.get(key) or 0)), LARGEST)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
