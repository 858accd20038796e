"""A tmux server that is stopped for a while: the light says so at once, and supervision goes on afterwards."""

import asyncio
import os
import signal

import psutil
import pytest

from orchestrator_tui.core.models import AgentState, MissionState
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux
TOLD_WITHIN_S = 2.5


async def test_the_light_says_so_and_supervision_goes_on_afterwards(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator_tui.agents.monitor.HEALTH_EVERY_TICKS", 1)
    supervisor = live.supervisor
    first, second = await live.spawn(2)
    mission_id = await live.add("Work [[sleep 1]] [[output done]]")
    worker = (await live.until_mission(mission_id, MissionState.RUNNING)).agent_id
    other = second if worker == first else first
    server = psutil.Process(live.agent(first).pid).parent()
    assert server is not None
    server.suspend()
    try:
        async with asyncio.timeout(TOLD_WITHIN_S):
            await eventually(lambda: supervisor.updates.machine.tmux_error, "the light")
        assert "tmux did not answer" in str(supervisor.updates.machine.tmux_error)
        # Reports do not pass through tmux.
        await live.until_mission(mission_id, MissionState.COMPLETED)
        await supervisor.health_all()
        killed = live.agent(other).pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
    finally:
        server.resume()
    await eventually(lambda: supervisor.updates.machine.tmux_error is None, "the light is out")
    # Its time is counted by the monitor, which met the silence with every tick.
    late = await live.add("Too long [[sleep 60]]", timeout_ms=300, max_retries=0)
    assert (await live.until_mission(late, MissionState.FAILED)).error_code == "timeout"
    await live.until_agent(other, AgentState.IDLE)
    assert live.agent(other).pid != killed
    assert [event["agent_id"] for event in live.events("crash")] == [other]
