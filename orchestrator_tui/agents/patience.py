"""Waiting for a store that is away: what has begun must be written down once it is back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from orchestrator_tui.core.errors import StoreUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE_S = 1.0


async def until_stored(operation: Callable[[], Awaitable[T]], what: str, tries: int | None = None) -> T:
    """Repeats ``operation`` while the store is unavailable; ``tries`` None is without limit.

    Raises StoreUnavailable after the last try.
    """
    while True:
        try:
            return await operation()
        except StoreUnavailable as error:
            tries = None if tries is None else tries - 1
            if tries == 0:
                raise
            log.warning("%s waits for the store: %s", what, error)
        await asyncio.sleep(PAUSE_S)
