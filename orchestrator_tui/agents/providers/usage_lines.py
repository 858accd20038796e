"""The requests that a transcript's lines tell of. Pure.

Claude Code 2.1.328 (measured) writes one line for each block of an answer, each with the usage of the whole answer as
far as it was known and the ``requestId``; ``user`` lines have the ``promptId`` that all requests following from them
share. The demo agent writes the same.
"""

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from orchestrator_tui.core.usage import ApiRequest, TranscriptMark

_SYNTHETIC = "<synthetic>"
_PROMPT_ID = re.compile(rb'"promptId": ?"([^"\\]{1,64})"')


def read_lines(data: bytes, mark: TranscriptMark) -> tuple[list[ApiRequest], TranscriptMark]:
    """The requests in whole lines that begin at ``mark``, and the mark behind them; what is no such line is no error.

    The context is that of the conversation itself, not of its subagents: what the model was last given to read.
    """
    found: dict[str, ApiRequest] = {}
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
        elif (prompt := _PROMPT_ID.search(line)) is not None:
            turn = prompt[1].decode("utf-8", "replace")
    offset = mark.offset + len(data)
    return list(found.values()), replace(mark, offset=offset, turn=turn, context_tokens=context, model=model)


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
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
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    return request if request.spent.tokens else None


def _count(usage: dict[str, Any], key: str) -> int:
    return max(0, int(usage.get(key) or 0))
