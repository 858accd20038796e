"""Feeds of many missions: opened without holding up others, and kept up to date by what changed only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import Mock

import pytest

from orchestrator_tui.agents import mission_rows, updates
from orchestrator_tui.agents.fleet import Fleet, Hand
from orchestrator_tui.agents.presenting import mission_view
from orchestrator_tui.agents.spending import SpendingBook
from orchestrator_tui.agents.updates import LiveFeed, Updates
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentRecord, HealthStatus, MissionSpec, MissionState
from orchestrator_tui.core.views import MissionChanged, MissionView, StatsChanged
from orchestrator_tui.core.waits import Waits
from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, record, start

MANY = 3_000


class Desk:
    """Updates over a real queue; the fleet is only what they ask of it."""

    def __init__(self, queue: MissionQueue) -> None:
        self.queue = queue
        self.agents: list[AgentRecord] = []
        self.waits = Waits()
        book = SimpleNamespace(records=lambda: self.agents, find=self._nobody)
        fleet = SimpleNamespace(queue=queue, book=book, cwd="/work", providers=())
        self.updates = Updates(cast(Fleet, fleet), lambda: self.waits)
        self.updates.agent_rows = tuple

    def _nobody(self, agent_id: int) -> None:
        del agent_id

    async def open(self) -> LiveFeed:
        return await self.updates.open("s", (), "demo", False)

    def something_happened(self) -> None:
        self.updates.event_logged(Event(EventType.STATUS, 1))


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(updates, "COALESCE_S", 0.0)
    queue = await MissionQueue.open(tmp_path / "missions.db", clock=FakeClock())
    made = Desk(queue)
    work = asyncio.create_task(made.updates.run())
    yield made
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    await queue.aclose()


async def next_missions(feed: LiveFeed, count: int) -> dict[str, MissionView]:
    found: dict[str, MissionView] = {}
    async with asyncio.timeout(10):
        async for update in feed:
            if isinstance(update, MissionChanged):
                found[update.mission.id] = update.mission
            if len(found) == count:
                return found
    raise AssertionError("the feed ended")


async def test_a_feed_begins_with_all_missions_and_goes_on_with_what_changed(desk: Desk) -> None:
    ids = await desk.queue.enqueue_many([MissionSpec("x")] * MANY)
    feed = await desk.open()
    assert sorted(view.id for view in feed.snapshot.missions) == sorted(ids)
    await start(desk.queue, ids[7])
    desk.something_happened()
    assert (await next_missions(feed, 1))[ids[7]].state is MissionState.RUNNING


async def test_a_change_among_many_costs_one_row(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await desk.queue.enqueue_many([MissionSpec("x")] * MANY)
    feed = await desk.open()
    made: list[str] = []

    def counted(mission: object, *args: object) -> MissionView:
        view = mission_view(mission, *args)  # pyright: ignore[reportArgumentType, reportCallIssue]
        made.append(view.id)
        return view

    monkeypatch.setattr(mission_rows, "mission_view", counted)
    await desk.queue.cancel(ids[5])
    desk.something_happened()
    await next_missions(feed, 1)
    assert made == [ids[5]]


async def test_opening_lets_others_go_on(desk: Desk) -> None:
    await desk.queue.enqueue_many([MissionSpec("x")] * MANY)
    turns: list[int] = []

    def count(_: object, missions: list[object], *args: object) -> list[MissionView]:
        turns.append(len(missions))
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mission_rows.MissionRows, "take", count)
        await desk.open()
    assert sum(turns) == MANY
    assert max(turns) <= updates.READ_AT_ONCE


async def test_a_second_feed_and_one_that_comes_after_a_pause_miss_nothing(desk: Desk) -> None:
    (first,) = await desk.queue.enqueue_many([MissionSpec("x")])
    one = await desk.open()
    two = await desk.open()
    (second,) = await desk.queue.enqueue_many([MissionSpec("x")])
    desk.something_happened()
    assert set(await next_missions(one, 1)) == set(await next_missions(two, 1)) == {second}
    one.close()
    two.close()
    desk.something_happened()
    await desk.queue.cancel(first)
    three = await desk.open()
    assert {view.id: view.state for view in three.snapshot.missions} == {
        first: MissionState.CANCELLED,
        second: MissionState.PENDING,
    }
    await desk.queue.cancel(second)
    desk.something_happened()
    assert set(await next_missions(three, 1)) == {second}


async def test_another_name_or_reason_to_wait_is_told(desk: Desk) -> None:
    held, waiting = await desk.queue.enqueue_many([MissionSpec("x")] * 2)
    desk.agents = [record(1)]
    await start(desk.queue, held, agent_id=1)
    feed = await desk.open()
    desk.waits = Waits({waiting: "no coder is free"})
    desk.something_happened()
    assert (await next_missions(feed, 1))[waiting].next == "no coder is free"
    desk.agents = [replace(record(1), name="ada")]
    desk.something_happened()
    assert (await next_missions(feed, 1))[held].agent_name == "ada"


async def test_open_missions_that_were_left_out_come_once_there_is_room(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "SHOWN_MISSIONS", 4)
    small = Desk(desk.queue)
    ids = await desk.queue.enqueue_many([MissionSpec("x")] * 6)
    work = asyncio.create_task(small.updates.run())
    feed = await small.open()
    assert [view.id for view in feed.snapshot.missions] == ids[:4]
    for mission_id in ids[:4]:
        await desk.queue.cancel(mission_id)
    small.something_happened()
    assert set(await next_missions(feed, 6)) == set(ids)
    work.cancel()


async def test_a_flood_of_updates_lets_others_go_on(desk: Desk) -> None:
    feed = await desk.open()
    for number in range(2_000):
        desk.updates.event_logged(Event(EventType.STATUS, number))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    seen = 0
    async for update in feed:
        seen += not isinstance(update, StatsChanged)
        if seen == 2_000:
            break
    task.cancel()
    assert turns >= 5


def test_rows_of_agents_are_made_anew_only_where_something_changed() -> None:
    agents = {number: record(number) for number in (1, 2)}
    fleet = SimpleNamespace(
        book=SimpleNamespace(records=lambda: list(agents.values())),
        manager=SimpleNamespace(handle=Mock(return_value=None)),
        hand=Mock(return_value=Hand()),
        usage=SpendingBook(),
        providers={},
        work={},
        cwd="/work",
    )
    rows = Updates(cast(Fleet, fleet), Waits)
    before = rows.agent_rows()
    assert rows.agent_rows() is before
    agents[2] = replace(agents[2], name="ada")
    rows.agent_changed(2)
    after = rows.agent_rows()
    assert [row.name for row in after] == [agents[1].name, "ada"]
    assert after[0] is before[0]
    rows.health_changed({1: HealthStatus(alive=True, responsive=True, memory_usage=7)})
    seen = rows.agent_rows()
    assert [row.memory_bytes for row in seen] == [7, None]
    rows.health_changed({1: HealthStatus(alive=True, responsive=True, memory_usage=7, idle_time_ms=5_000)})
    assert rows.agent_rows() is seen
    del agents[1]
    rows.agent_changed(1)
    assert [row.id for row in rows.agent_rows()] == [2]
