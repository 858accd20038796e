"""Agent records survive; ids are never given twice."""

import asyncio
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.core.models import AgentState, Role, WaitingFor
from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, open_queue, record


async def test_a_record_comes_back_as_it_was(tmp_path: Path, clock: FakeClock):
    queue = await open_queue(tmp_path / "m.db", clock)
    first = replace(
        record(1, Role.CODER), state=AgentState.WAITING, waiting_for=WaitingFor.LOGIN, worktree="/w", idle_since=9
    )
    await queue.registry.put(record(2))
    await queue.registry.put(first)
    await queue.aclose()
    again = await open_queue(tmp_path / "m.db", clock)
    assert await again.registry.all() == [first, record(2)]
    assert await again.registry.get(1) == first
    assert await again.registry.get(9) is None
    await again.registry.delete(1)
    await again.registry.delete(1)
    assert await again.registry.all() == [record(2)]
    await again.aclose()


async def test_the_last_of_many_writes_wins(queue: MissionQueue):
    changes = [replace(record(1), tasks_completed=number) for number in range(50)]
    await asyncio.gather(*(queue.registry.put(change) for change in changes))
    assert await queue.registry.get(1) == changes[-1]


async def test_a_number_is_never_given_twice(tmp_path: Path, clock: FakeClock):
    queue = await open_queue(tmp_path / "m.db", clock)
    assert await asyncio.gather(queue.registry.next_ids(1), queue.registry.next_ids(2)) == [[1], [2, 3]]
    await queue.registry.put(record(4))
    await queue.aclose()
    again = await open_queue(tmp_path / "m.db", clock)
    assert await again.registry.next_ids(2) == [5, 6]
    await again.aclose()


async def test_a_pool_costs_one_synchronised_write(queue: MissionQueue):
    before = queue.commits
    await queue.registry.put_all([record(number) for number in range(1, 201)])
    assert queue.commits == before + 1
    assert len(await queue.registry.all()) == 200
