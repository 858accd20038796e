"""What one viewer has not been sent yet: bounded, so that a slow one costs neither memory nor anybody's time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from orchestrator_tui.core.views import Feed, Resynced, Update

LIMIT = 2_000
"""Updates; whoever is further behind gets a fresh snapshot instead."""


class Backlog:
    """A feed that starts with its snapshot, and starts again when more than ``limit`` updates wait."""

    def __init__(self, open_feed: Callable[[], Awaitable[Feed]], limit: int = LIMIT) -> None:
        self._open_feed = open_feed
        self._limit = limit
        self._updates: deque[Update] = deque()
        self._feed: Feed | None = None
        self._pumping: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._is_ended = self._is_overrun = False

    async def open(self) -> None:
        """Opens the feed. Raises what the supervisor raises."""
        feed = self._feed = await self._open_feed()
        self._updates.append(Resynced(feed.snapshot))
        self._is_overrun = False
        self._wake.set()
        self._pumping = asyncio.create_task(self._pump(feed), name="viewer's backlog")

    async def take(self) -> list[Update]:
        """All that waits, in order, once something does; empty when the feed has ended."""
        while not self._updates and not self._is_overrun and not self._is_ended:
            self._wake.clear()
            await self._wake.wait()
        if self._is_overrun:
            await self.open()
        taken = list(self._updates)
        self._updates.clear()
        return taken

    def close(self) -> None:
        """Ends the feed."""
        if self._pumping is not None:
            self._pumping.cancel()
        if self._feed is not None:
            self._feed.close()

    async def _pump(self, feed: Feed) -> None:
        async for update in feed:
            if len(self._updates) >= self._limit:
                self._updates.clear()
                self._is_overrun = True
                self._wake.set()
                feed.close()
                return
            self._updates.append(update)
            self._wake.set()
        self._is_ended = True
        self._wake.set()
