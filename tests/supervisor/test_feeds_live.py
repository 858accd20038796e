"""What those who watch are told."""

import asyncio

import pytest

from orchestrator_tui.core.models import MissionState
from orchestrator_tui.core.views import AgentChanged, EventLogged, MissionChanged, StatsChanged
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux


async def test_a_feed_begins_with_everything_and_then_shows_every_change(live: Live) -> None:
    (agent_id,) = await live.spawn()
    before = await live.add("Before")
    await live.until_mission(before, MissionState.COMPLETED)
    feed = await live.supervisor.open_feed()
    assert [agent.id for agent in feed.snapshot.agents] == [agent_id]
    assert [mission.id for mission in feed.snapshot.missions] == [before]
    seen: list[object] = []

    async def read() -> None:
        async for update in feed:
            seen.append(update)  # noqa: PERF401 (seen while it grows)

    reading = asyncio.create_task(read())
    after = await live.add("After [[sleep 0.4]]")

    def shown() -> bool:
        states = [u.mission.state for u in seen if isinstance(u, MissionChanged) and u.mission.id == after]
        return MissionState.COMPLETED in states

    await eventually(shown, "the mission's end is shown")
    await eventually(lambda: any(isinstance(update, StatsChanged) for update in seen), "the counts follow")
    assert any(isinstance(update, AgentChanged) and update.agent.current_task == after for update in seen)
    kinds = [
        update.event.type for update in seen if isinstance(update, EventLogged) and update.event.mission_id == after
    ]
    assert kinds == ["mission_enqueued", "mission_assigned", "task_start", "task_complete"]
    feed.close()
    await reading


async def test_readers_of_resources_are_told_what_to_read_again(live: Live) -> None:
    told: set[str] = set()

    async def listen(uri: str) -> None:
        told.add(uri)

    live.supervisor.updates.resource_changed = listen
    await live.spawn()
    await live.until_mission(await live.add("Work"), MissionState.COMPLETED)
    expected = {"orchestrator://agents", "orchestrator://missions", "orchestrator://events"}
    await eventually(lambda: told == expected, "every resource is named")
