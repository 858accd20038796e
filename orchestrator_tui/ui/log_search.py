"""Finding words in a log of any length without holding up the screen."""

import asyncio
from collections.abc import Awaitable, Callable

from orchestrator_tui.ui.widgets.log_rows import LogRows

_AT_ONCE = 2_000
"""Rows that are looked at before the screen has its turn: a few milliseconds."""


async def find(
    rows: LogRows, words: str, step: int, load_older: Callable[[], Awaitable[bool]], *, from_here: bool = False
) -> int | None:
    """The next row with the words above (-1) or below (1) the cursor, whose row counts too with ``from_here``.

    Older rows are loaded as they are needed; ``load_older`` says whether it loaded anything. None: there is none.
    """
    wanted = words.casefold()
    if not wanted or not rows.keys or rows.selected is None:
        return None
    key = rows.selected if from_here else rows.selected + step
    looked = 0
    while True:
        while rows.keys and rows.keys[0] <= key <= rows.keys[-1]:
            if wanted in rows.haystack(key):
                return key
            key += step
            looked += 1
            if looked % _AT_ONCE == 0:
                await asyncio.sleep(0)
        if step > 0 or not await load_older():
            return None
