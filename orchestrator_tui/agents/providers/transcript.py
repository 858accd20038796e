"""Looks into a conversation's transcript: a JSONL file that its program appends to."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from orchestrator_tui.agents.providers.base import ApiFailure

_BLOCK_BYTES = 1 << 18


def holds(path: Path, mark: str) -> bool:
    """Whether the file holds ``mark`` (a delivery's), searched from its end; False for a file that cannot be read.

    The search is on bytes, so a mark has to be plain ASCII that JSON leaves unescaped. Lines that are still being
    written count as far as they are there.
    """
    needle = mark.encode("ascii")
    if not needle:
        return False
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            tail = b""
            while end > 0:
                start = max(0, end - _BLOCK_BYTES)
                file.seek(start)
                # A mark may lie across two blocks: what begins the later block is looked at again.
                block = file.read(end - start) + tail
                if needle in block:
                    return True
                tail = block[: len(needle) - 1]
                end = start
    except OSError:
        return False
    return False


def is_resumable(path: Path) -> bool:
    """Whether a conversation was written at all: programs create the file with the first prompt."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def api_failure(path: Path) -> ApiFailure | None:
    """The API error that the file's last message is, or None.

    Claude Code 2.1.328 (measured) writes it a moment after its StopFailure hook: ``isApiErrorMessage``, ``error``, the
    text, and for a subscription's limit ``quotaLimits.resetsAt`` in seconds since the epoch.
    """
    for line in reversed(_last_lines(path)):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if not isinstance(entry, dict):
            continue
        fields = cast("dict[str, object]", entry)
        if fields.get("type") == "assistant":
            return _failure_of(fields) if fields.get("isApiErrorMessage") is True else None
        if fields.get("type") == "user":
            return None
    return None


def _failure_of(fields: Mapping[str, object]) -> ApiFailure:
    limits = _fields(fields.get("quotaLimits"))
    seconds = limits.get("resetsAt")
    content = _fields(fields.get("message")).get("content")
    blocks = cast("list[object]", content) if isinstance(content, list) else []
    text = "\n".join(str(_fields(block).get("text", "")) for block in blocks)
    error = fields.get("error")
    resets_at = round(seconds * 1000) if isinstance(seconds, int | float) else None
    return ApiFailure(error if isinstance(error, str) else "unknown", text, resets_at)


def _fields(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _last_lines(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - _BLOCK_BYTES))
            return file.read().splitlines()
    except OSError:
        return []
