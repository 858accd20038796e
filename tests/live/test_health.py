import asyncio
import sys
import time

import pytest

from orchestrator_tui.core.events import EventType
from tests.live.support import Bench, collect, next_event, screen

pytestmark = pytest.mark.tmux

HOLD_40_MB = "import time; held = b'x' * 40_000_000; print('held', flush=True); time.sleep(600)"


async def test_memory_is_that_of_the_whole_tree(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.config("/bin/sh", "-c", f'{sys.executable} -c "{HOLD_40_MB}"; exit 1'))
    await screen(manager, 1, "held")
    status = await manager.health_check(1)
    assert (status.alive, status.responsive) == (True, True)
    assert status.memory_usage is not None
    assert status.memory_usage > 40_000_000
    assert status.idle_time_ms is not None


async def test_processor_use_is_measured_between_two_checks(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.shell("echo up; while :; do :; done"))
    await screen(manager, 1, "up")
    assert (await manager.health_check(1)).cpu_usage is None
    deadline = time.monotonic() + 10
    while not ((await manager.health_check(1)).cpu_usage or 0) > 1:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def test_a_sweep_of_twenty_tells_of_each(bench: Bench) -> None:
    manager = bench.manager()
    await asyncio.gather(*(manager.spawn(n, bench.config("sleep", "600")) for n in range(1, 21)))
    events = manager.watch_all()
    started = time.monotonic()
    found = await manager.health_all()
    assert time.monotonic() - started < 0.5
    assert set(found) == set(range(1, 21))
    assert all(status.alive and status.responsive and status.memory_usage for status in found.values())
    told = await collect(events, EventType.HEALTH, 20)
    assert told[0].data["alive"] is True
    assert set(told[0].data) == {
        "alive",
        "responsive",
        "last_heartbeat",
        "memory_usage",
        "cpu_usage",
        "idle_time_ms",
    }


async def test_a_dead_agent_is_dead(bench: Bench) -> None:
    manager = bench.manager()
    events = manager.watch_all()
    await manager.spawn(1, bench.shell("exit 0"))
    await next_event(events, EventType.EXIT)
    status = await manager.health_check(1)
    assert (status.alive, status.responsive, status.memory_usage) == (False, False, None)


async def test_signs_of_life_from_outside_count(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.config("sleep", "600"))
    later = (await manager.health_check(1)).last_heartbeat or 0
    later += 3_600_000
    manager.note_activity(1, later)
    manager.note_activity(1, 5)
    status = await manager.health_check(1)
    assert (status.last_heartbeat, status.idle_time_ms) == (later, 0)
