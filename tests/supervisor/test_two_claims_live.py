"""Agents with two missions in hand: one runs, the other waits at the agent and must not be hurt."""

import os
import signal

import pytest

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.core.models import AgentState, MissionState
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux


async def two(live: Live, first: str, second: str = "Then this [[output second]]", **fields: object) -> int:
    """One agent that runs ``a`` while ``b`` waits at it."""
    (agent_id,) = await live.spawn(max_concurrent_tasks=2)
    await live.add(first, id="a", **fields)
    await live.until_mission("a", MissionState.RUNNING)
    await live.add(second, id="b")
    await live.until_mission("b", MissionState.ASSIGNED)
    return agent_id


async def test_they_run_one_after_the_other(live: Live) -> None:
    agent_id = await two(live, "First [[sleep 0.5]]")
    first = await live.until_mission("a", MissionState.COMPLETED)
    second = await live.until_mission("b", MissionState.COMPLETED)
    assert (second.agent_id, second.attempts) == (agent_id, 1)
    assert (second.started_at or 0) >= (first.ended_at or 0)


async def test_a_third_waits_in_the_queue(live: Live) -> None:
    await two(live, "First [[sleep 60]]")
    await live.add("Third", id="c")
    await eventually(lambda: live.why("c"), "the placement says why")
    assert (await live.supervisor.mission("c")).state is MissionState.PENDING


async def test_a_crash_retries_the_one_that_ran_and_costs_the_other_nothing(live: Live) -> None:
    agent_id = await two(live, "Die once [[sleep 0.4]] [[crash-once key]] [[output lived]]")
    first = await live.until_mission("a", MissionState.COMPLETED)
    second = await live.until_mission("b", MissionState.COMPLETED)
    assert [attempt.code for attempt in first.attempt_log] == ["agent_crashed", None]
    assert [attempt.code for attempt in second.attempt_log] == [None]
    assert {first.agent_id, second.agent_id} == {agent_id}


async def test_a_kill_gives_both_to_others(live: Live) -> None:
    agent_id = await two(live, "Long [[sleep 60]]")
    await live.supervisor.kill(agent_id)
    first, second = [await live.supervisor.mission(key) for key in ("a", "b")]
    assert [attempt.code for attempt in first.attempt_log] == ["agent_killed"]
    assert (second.state, second.attempts, second.agent_id) == (MissionState.PENDING, 0, None)
    await live.spawn()
    await live.until_mission("b", MissionState.COMPLETED)


@pytest.mark.parametrize("directive", ["sleep 60", "hang"])
async def test_a_timeout_of_the_one_that_runs_lets_the_other_run(live: Live, directive: str) -> None:
    agent_id = await two(live, f"Too slow [[{directive}]]", timeout_ms=1_500, max_retries=0)
    failed = await live.until_mission("a", MissionState.FAILED, timeout_s=30)
    assert failed.error_code == "timeout"
    second = await live.until_mission("b", MissionState.COMPLETED)
    assert (second.agent_id, second.attempts) == (agent_id, 1)


async def test_cancelling_the_one_that_waits_leaves_the_other_alone(live: Live) -> None:
    agent_id = await two(live, "First [[sleep 1]] [[output whole]]")
    await live.supervisor.cancel_mission("b")
    assert (await live.supervisor.mission("b")).state is MissionState.CANCELLED
    first = await live.until_mission("a", MissionState.COMPLETED)
    assert (first.output, first.attempts) == ("whole", 1)
    assert live.events("fence") == []
    await live.until_agent(agent_id, AgentState.IDLE)
    assert (await live.supervisor.mission("b")).attempts == 0


async def test_settling_the_one_that_waits_by_hand_leaves_the_other_alone(live: Live) -> None:
    await two(live, "First [[sleep 1]] [[output whole]]")
    await live.supervisor.complete_mission(Caller(None), "b", "by hand", None, None)
    first = await live.until_mission("a", MissionState.COMPLETED)
    assert (first.output, first.attempts) == ("whole", 1)
    assert live.events("fence") == []


async def test_the_next_supervisor_finds_both_as_they_were(live: Live) -> None:
    agent_id = await two(live, "First [[sleep 2]] [[output whole]]")
    await live.let_go()
    await live.start()
    first = await live.until_mission("a", MissionState.COMPLETED)
    second = await live.until_mission("b", MissionState.COMPLETED)
    assert [(done.attempts, done.agent_id, done.undelivered) for done in (first, second)] == [(1, agent_id, 0)] * 2
    assert live.events("mission_undelivered") == []


async def test_an_agent_that_died_meanwhile_gives_both_back(live: Live) -> None:
    agent_id = await two(live, "First [[sleep 2]] [[output whole]]")
    pid = live.agent(agent_id).pid
    assert pid is not None
    await live.let_go()
    os.kill(pid, signal.SIGKILL)
    await live.start()
    first = await live.until_mission("a", MissionState.COMPLETED)
    second = await live.until_mission("b", MissionState.COMPLETED)
    assert [attempt.code for attempt in first.attempt_log] == ["agent_crashed", None]
    assert second.attempts == 1
