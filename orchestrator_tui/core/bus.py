"""A fan-out of values to subscribers inside one event loop; a slow subscriber never holds up the others."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")

_AT_ONCE = 200


class Subscription(Generic[T]):
    """An async iterator over what is published after it was opened; ends when closed.

    Others go on now and then while many values wait. Holds at most ``limit`` unread values: beyond that the oldest are
    dropped and counted in ``dropped``.
    """

    def __init__(self, bus: "Bus[T]", limit: int) -> None:
        self._bus = bus
        self._limit = limit
        self._values: deque[T] = deque()
        self._wake = asyncio.Event()
        self._closed = False
        self._taken = 0
        self.dropped = 0

    def push(self, value: T) -> None:
        """Called by the bus."""
        if len(self._values) >= self._limit:
            self._values.popleft()
            self.dropped += 1
        self._values.append(value)
        self._wake.set()

    def close(self) -> None:
        """Ends the iteration after what is already queued."""
        self._closed = True
        self._bus.forget(self)
        self._wake.set()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while not self._values:
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
            self._taken = 0
        self._taken += 1
        if self._taken % _AT_ONCE == 0:
            await asyncio.sleep(0)
        return self._values.popleft()


class Bus(Generic[T]):
    """Publishes to every open subscription. Not thread-safe: one loop only."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription[T]] = []

    def subscribe(self, limit: int = 100_000) -> Subscription[T]:
        """Opens a subscription that sees every later value."""
        subscription = Subscription(self, limit)
        self._subscriptions.append(subscription)
        return subscription

    def publish(self, value: T) -> None:
        """Hands ``value`` to every subscription."""
        for subscription in self._subscriptions:
            subscription.push(value)

    @property
    def is_watched(self) -> bool:
        """Whether anybody subscribes."""
        return bool(self._subscriptions)

    def forget(self, subscription: Subscription[T]) -> None:
        """Called by a closing subscription."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def close(self) -> None:
        """Ends every subscription."""
        for subscription in list(self._subscriptions):
            subscription.close()
