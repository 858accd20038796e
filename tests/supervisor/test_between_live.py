"""Runs whose agents are lost, and what a supervisor finds that was cut off in the middle of something."""

import asyncio
import os
import signal

import psutil
import pytest

from orchestrator_tui.core.config import Settings
from orchestrator_tui.core.models import AgentState, MissionSpec, MissionState, Role
from orchestrator_tui.core.views import MissionChanges
from orchestrator_tui.runner import PlanRun, RunOptions
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux


async def test_a_run_ends_when_the_only_agent_of_a_role_is_gone(live: Live) -> None:
    specs = [MissionSpec(prompt="Wait [[sleep 60]]", id="only", role=Role.CODER), MissionSpec(prompt="Easy", id="easy")]
    run = asyncio.create_task(PlanRun(live.supervisor, specs, RunOptions(2, "demo")).run(lambda _: None))
    running = await _running(live, "only")
    await live.supervisor.kill(running)
    report = await asyncio.wait_for(run, 15)
    found = {mission["id"]: (mission["status"], mission["error_code"]) for mission in report["missions"]}
    assert found == {"only": ("cancelled", "no_agents"), "easy": ("completed", None)}


async def _running(live: Live, mission_id: str) -> int:
    async def look() -> int | None:
        missions = {mission.id: mission for mission in await live.supervisor.missions(10)}
        found = missions.get(mission_id)
        return found.agent_id if found is not None and found.state is MissionState.RUNNING else None

    agent_id: int = await eventually(look, f"{mission_id} runs")
    return agent_id


async def test_a_start_that_was_cut_short_is_made_again(live: Live) -> None:
    (agent_id,) = await live.spawn()
    pid = live.agent(agent_id).pid
    assert pid is not None
    live.supervisor.fleet.book.transition(agent_id, AgentState.STARTING, reason="starts a mission")
    await live.let_go()
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: not _lives(pid), "the old program ended")
    await live.start()
    await live.until_agent(agent_id, AgentState.IDLE)
    assert live.agent(agent_id).pid != pid
    assert live.events("crash") == []


def _lives(pid: int) -> bool:
    try:
        # tmux may take its time to reap.
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_compaction_in_the_middle_of_a_turn_ends_nothing(live: Live) -> None:
    (agent_id,) = await live.spawn()
    await live.until_mission(await live.add("Long [[sleep 60]]"), MissionState.RUNNING)
    record = live.supervisor.fleet.book.get(agent_id)
    hook = {"hook_event_name": "SessionStart", "session_id": record.conversation_id, "source": "compact"}
    await live.supervisor.hook(agent_id, hook)
    assert live.agent(agent_id).state is AgentState.BUSY


async def test_a_new_limit_counts_for_a_mission_that_runs(live: Live) -> None:
    await live.spawn()
    mission_id = await live.add("Long [[sleep 60]]", max_retries=0)
    await live.until_mission(mission_id, MissionState.RUNNING)
    await live.supervisor.update_mission(mission_id, MissionChanges(timeout_ms=100))
    failed = await live.until_mission(mission_id, MissionState.FAILED)
    assert failed.error_code == "timeout"


async def test_a_persons_chat_is_left_alone_until_it_was_idle_for_the_set_time(live: Live) -> None:
    (agent_id,) = await live.spawn()
    fleet = live.supervisor.fleet
    fleet.settings = Settings(person_idle_s=3)
    # Asked long ago, answered just now.
    fleet.hand(agent_id).person_used_at = fleet.clock.monotonic_ms() - 60_000
    fleet.book.transition(agent_id, AgentState.BUSY)
    fleet.book.transition(agent_id, AgentState.IDLE)
    mission_id = await live.add("After the person")
    assert await live.supervisor.place_now(mission_id) is None
    assert "a person uses it" in str(await live.why(mission_id))
    await live.until_mission(mission_id, MissionState.COMPLETED)
    # The chat was before the last mission: the next one need not wait.
    await live.until_mission(await live.add("At once"), MissionState.COMPLETED, 2.5)
