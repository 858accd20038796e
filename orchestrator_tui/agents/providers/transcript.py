"""Looks into a conversation's transcript: a JSONL file that its program appends to."""

import os
from pathlib import Path

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
