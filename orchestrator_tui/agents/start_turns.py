"""One start at a time in the session; a start that waits for a person gives its turn away."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

LOOK_S = 0.1


class StartTurns:
    """A lock whose holder may keep on working after it has let others in."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, waits: Callable[[], bool]) -> AsyncGenerator[None]:
        """Waits for the turn; it ends with the block, or earlier once ``waits`` says that a person is needed."""
        await self._lock.acquire()
        watching = asyncio.create_task(self._give_away(waits))
        try:
            yield
        finally:
            # A watcher that has ended has given the turn away.
            if not watching.done():
                watching.cancel()
                self._lock.release()

    async def _give_away(self, waits: Callable[[], bool]) -> None:
        while not waits():
            await asyncio.sleep(LOOK_S)
        self._lock.release()
