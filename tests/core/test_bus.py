"""Publishing to subscribers of one loop."""

import asyncio

from orchestrator_tui.core.bus import Bus


async def test_a_subscriber_sees_what_is_published_after_it_opened() -> None:
    bus: Bus[int] = Bus()
    bus.publish(1)
    subscription = bus.subscribe()
    bus.publish(2)
    bus.publish(3)
    subscription.close()
    assert [value async for value in subscription] == [2, 3]


async def test_a_waiting_subscriber_wakes() -> None:
    bus: Bus[str] = Bus()
    subscription = bus.subscribe()
    waiting = asyncio.ensure_future(anext(aiter(subscription)))
    await asyncio.sleep(0)
    bus.publish("x")
    assert await waiting == "x"


async def test_a_slow_subscriber_loses_its_oldest_and_knows_it() -> None:
    bus: Bus[int] = Bus()
    slow = bus.subscribe(limit=2)
    for value in range(5):
        bus.publish(value)
    slow.close()
    assert [value async for value in slow] == [3, 4]
    assert slow.dropped == 3


async def test_closing_the_bus_ends_every_subscription() -> None:
    bus: Bus[int] = Bus()
    subscription = bus.subscribe()
    bus.close()
    assert [value async for value in subscription] == []
    assert not bus.is_watched
