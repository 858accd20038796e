"""From feed to model: nothing lost, nothing more often than ten times a second."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.views import AgentChanged, AgentRemoved, EventLogged, MachineChanged, Update
from orchestrator_tui.ui.bridge import Bridge, Pending
from orchestrator_tui.ui.model import Model
from tests.ui.fake_client import AGENTS, MACHINE, NOW_MS, FakeClient, agent


def noticed(seq: int) -> EventLogged:
    return EventLogged(Event(EventType.STATUS, NOW_MS, agent_id=1, seq=seq))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


class TestPending:
    def test_only_the_newest_of_one_thing_waits_and_every_event(self) -> None:
        pending = Pending()
        older, newer = AgentChanged(AGENTS[0]), AgentChanged(replace(AGENTS[0], name="renamed"))
        machine = MachineChanged(MACHINE)
        updates: list[Update] = [older, noticed(1), machine, newer, noticed(2), machine]
        for update in updates:
            pending.add(update)
        assert pending.take() == [noticed(1), newer, noticed(2), machine]
        assert pending.take() == []

    def test_a_removal_replaces_a_change(self) -> None:
        pending = Pending()
        pending.add(AgentChanged(AGENTS[0]))
        pending.add(AgentRemoved(1))
        assert pending.take() == [AgentRemoved(1)]


class TestBridge:
    async def test_it_loads_the_snapshot_then_follows(self) -> None:
        client, model, changes = FakeClient(), Model(), [0]

        def on_change() -> None:
            changes[0] += 1

        task = asyncio.create_task(Bridge(client, model, on_change).run())
        await until(lambda: model.loaded)
        assert len(model.agents) == len(AGENTS)
        client.feeds[0].push(AgentChanged(agent(50, "new", AgentState.STARTING, 0)))
        await until(lambda: 50 in model.agents)
        client.feeds[0].push(None)
        await task
        assert client.feeds[0].closed

    async def test_a_burst_is_applied_at_most_ten_times_a_second(self) -> None:
        client, model, changes = FakeClient(), Model(), [0]

        def on_change() -> None:
            changes[0] += 1

        task = asyncio.create_task(Bridge(client, model, on_change).run())
        await until(lambda: model.loaded)
        started = asyncio.get_running_loop().time()
        for burst in range(20):
            for number in range(50):
                client.feeds[0].push(noticed(burst * 50 + number))
            await asyncio.sleep(0.01)
        client.feeds[0].push(None)
        await task
        elapsed = asyncio.get_running_loop().time() - started
        assert len(model.events) == 6 + 1000
        # One for the snapshot, one at once, one at the end.
        assert changes[0] <= elapsed / 0.1 + 3

    async def test_cancelling_closes_the_feed(self) -> None:
        client, model = FakeClient(), Model()
        task = asyncio.create_task(Bridge(client, model, lambda: None).run())
        await until(lambda: model.loaded)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert client.feeds[0].closed
