"""Reads what a conversation's transcript ends with: work, an answer, an interruption or a failed request."""

import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.verdict import Observation, Source

_END_BYTES = 1 << 16
_INTERRUPTED = "[Request interrupted by user"
_TURN_ENDS = frozenset({"end_turn", "stop_sequence", "max_tokens", "refusal"})
_LONGEST = 300


def end_of(path: Path) -> Observation | None:
    """What the newest message in the file says of its turn; None when there is none in its last 64 KiB.

    The CLI (2.1.328) writes messages up to a second late and then marks an interruption and a failed request.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _END_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        entry = _object(line)
        if entry.get("type") in ("user", "assistant") and not entry.get("isSidechain"):
            return _word_of(entry)
    return None


def _word_of(entry: Mapping[str, object]) -> Observation:
    message = entry.get("message")
    fields = cast("dict[str, object]", message) if isinstance(message, dict) else {}
    blocks = list(_blocks(fields.get("content")))
    text = next((str(block["text"]) for block in blocks if block.get("type") == "text" and "text" in block), "")
    tool = next((str(block.get("name", "")) for block in blocks if block.get("type") == "tool_use"), "")
    state, word, detail = AgentState.BUSY, str(entry["type"]), ""
    if entry.get("isApiErrorMessage") is True:
        state, word, detail = AgentState.IDLE, "an API error", " ".join(text.split())[:_LONGEST]
    elif text.startswith(_INTERRUPTED):
        state, word, detail = AgentState.IDLE, "an interruption", "interrupted in the pane"
    elif tool:
        word = f"a call of {tool}"
    elif fields.get("stop_reason") in _TURN_ENDS:
        state = AgentState.IDLE
    return Observation(Source.TRANSCRIPT, _time_of(entry.get("timestamp")), state, word=word, detail=detail)


def _blocks(content: object) -> Iterator[Mapping[str, object]]:
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    elif isinstance(content, list):
        for block in cast("list[object]", content):
            if isinstance(block, dict):
                yield cast("dict[str, object]", block)


def _object(line: bytes) -> Mapping[str, object]:
    try:
        value: object = json.loads(line)
    except ValueError:
        return {}
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _time_of(stamp: object) -> int:
    try:
        return round(datetime.fromisoformat(str(stamp)).timestamp() * 1000)
    except ValueError:
        return 0
