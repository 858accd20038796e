"""Reads what a conversation's transcript ends with: work, an answer, an interruption or a failed request."""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

from orchestrator_tui.agents.providers.base import ApiFailure
from orchestrator_tui.core.foreign import milliseconds, read_json
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
    entry = _newest_message(path)
    return _word_of(entry) if entry is not None else None


def api_failure(path: Path) -> ApiFailure | None:
    """The API error that the file's newest message is, or None.

    Claude Code 2.1.328 (measured) writes it a moment after its StopFailure hook: ``isApiErrorMessage``, ``error``, the
    text, and for a subscription's limit ``quotaLimits.resetsAt`` in seconds since the epoch.
    """
    entry = _newest_message(path)
    if entry is None or entry.get("isApiErrorMessage") is not True:
        return None
    error, seconds = entry.get("error"), _fields(entry.get("quotaLimits")).get("resetsAt")
    text = "\n".join(
        str(block["text"]) for block in _blocks(_fields(entry.get("message")).get("content")) if "text" in block
    )
    return ApiFailure(error if isinstance(error, str) else "unknown", text, milliseconds(seconds))


def _newest_message(path: Path) -> Mapping[str, object] | None:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _END_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        entry = _object(line)
        if entry.get("type") in ("user", "assistant") and not entry.get("isSidechain"):
            return entry
    return None


def _word_of(entry: Mapping[str, object]) -> Observation:
    fields = _fields(entry.get("message"))
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
    elif str(fields.get("stop_reason")) in _TURN_ENDS:
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
        return _fields(read_json(line))
    except ValueError:
        return {}


def _fields(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _time_of(stamp: object) -> int:
    try:
        return round(datetime.fromisoformat(str(stamp)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
