"""What a moment without store or tmux, or a person in the way, does to the supervision: nothing that stays."""

import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest

from orchestrator_tui.core.errors import StoreUnavailable
from orchestrator_tui.core.models import AgentState, MissionState, TaskType
from orchestrator_tui.missions.queue import MissionQueue
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux


class Outage:
    """Lets a method of the queue fail as with a full disk, a number of times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, times: int = 1) -> None:
        self.left = times
        real = getattr(MissionQueue, name)

        async def failing(queue: MissionQueue, *args: object, **named: object) -> object:
            if self.left > 0:
                self.left -= 1
                raise StoreUnavailable("The disk is full.", remedy="Make room.")
            return await real(queue, *args, **named)

        monkeypatch.setattr(MissionQueue, name, failing)


async def test_missions_are_placed_again_after_the_store_was_away(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    await live.spawn()
    outage = Outage(monkeypatch, "ready")
    live.supervisor.fleet.wake.set()
    await eventually(lambda: outage.left == 0, "the placement met the outage")
    await live.until_mission(await live.add("Go on"), MissionState.COMPLETED)


async def test_a_crash_during_an_outage_of_the_store_is_dealt_with_afterwards(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Die once [[sleep 0.5]] [[output lived]]")
    await live.until_mission(mission_id, MissionState.RUNNING)
    outage = Outage(monkeypatch, "held_by")
    pid = live.agent(agent_id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: outage.left == 0, "the crash met the outage")
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert [attempt.code for attempt in done.attempt_log] == ["agent_crashed", None]


async def test_a_fence_is_settled_after_the_store_was_away(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    await live.spawn()
    mission_id = await live.add("Long [[sleep 60]]")
    await live.until_mission(mission_id, MissionState.RUNNING)
    Outage(monkeypatch, "settle_fence")
    await live.supervisor.cancel_mission(mission_id)
    await live.until_mission(mission_id, MissionState.CANCELLED)


async def test_a_reservation_for_an_agent_that_is_gone_is_given_up(live: Live) -> None:
    first, second = await live.spawn(2)
    await live.supervisor.hold(second, True)
    mission_id = await live.add("Die [[crash-once key]] [[output lived]]")
    await live.until_mission(mission_id, MissionState.RETRYING)
    # The supervisor ended between the two steps of a kill.
    live.supervisor.fleet.book.transition(first, AgentState.STOPPED, reason="killed")
    await live.let_go()
    await live.start()
    await live.supervisor.hold(second, False)
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert done.agent_id == second


@pytest.fixture
def viewers() -> Iterator[list[subprocess.Popen[bytes]]]:
    """tmux clients of people; ended afterwards."""
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for viewer in running:
        with suppress(ProcessLookupError):
            viewer.kill()
        viewer.wait()


async def test_an_agent_with_a_person_attached_does_not_keep_missions_from_others(
    live: Live, viewers: list[subprocess.Popen[bytes]]
) -> None:
    # Every time the best for this mission.
    (first,) = await live.spawn(role="coder", model="opus")
    (second,) = await live.spawn(model="opus")
    argv = await live.supervisor.attach_argv(first)
    outer, inner = pty.openpty()
    env = {**{key: value for key, value in os.environ.items() if not key.startswith("TMUX")}, "TERM": "xterm"}
    viewers.append(subprocess.Popen(argv, stdin=inner, stdout=inner, stderr=inner, env=env))  # noqa: ASYNC220
    os.close(inner)
    try:
        await eventually(lambda: live.supervisor.fleet.manager.clients(first), "a person is attached")
        done = await live.until_mission(await live.add("Not there", type=TaskType.CODING), MissionState.COMPLETED)
        assert done.agent_id == second
    finally:
        os.close(outer)
