"""Missions with real demo agents: done, failed, silent, too slow, cancelled."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.core.errors import Forbidden, LeaseLost, NotAllowedNow
from orchestrator_tui.core.models import AgentState, Mission, MissionSpec, MissionState, Role, WaitingFor
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux


async def test_a_mission_is_delivered_done_and_counted(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Say hello [[output hello]] [[tokens 7 3]]")
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert (done.output, done.attempts, done.agent_id) == ("hello", 1, agent_id)
    assert (done.token_usage.input, done.token_usage.output) == (7, 3)
    view = await live.until_agent(agent_id, AgentState.IDLE)
    assert (view.tasks_completed, view.current_task) == (1, None)


async def test_dependants_start_after_what_they_need(live: Live) -> None:
    await live.spawn(2)
    first = await live.add("First [[sleep 0.3]]", id="first")
    second = await live.add("Second", id="second", depends_on=("first",))
    done = await live.until_mission(second, MissionState.COMPLETED)
    before = await live.supervisor.mission(first)
    assert done.started_at is not None
    assert before.ended_at is not None
    assert done.started_at >= before.ended_at


async def test_a_conversation_is_kept_over_missions(live: Live) -> None:
    (agent_id,) = await live.spawn()
    pid = live.agent(agent_id).pid
    for number in range(3):
        await live.until_mission(await live.add(f"Number {number}"), MissionState.COMPLETED)
    assert live.agent(agent_id).pid == pid


async def test_a_crash_keeps_the_mission_with_its_agent(live: Live) -> None:
    first, second = await live.spawn(2)
    mission_id = await live.add("Die once [[crash-once key]] [[output lived]]")
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert [attempt.code for attempt in done.attempt_log] == ["agent_crashed", None]
    assert {attempt.agent_id for attempt in done.attempt_log} == {done.agent_id}
    assert done.agent_id in (first, second)
    (crash,) = live.events("crash")
    assert crash["reason"] == "killed by SIGKILL"
    assert crash["signal"] == "SIGKILL"


async def test_an_agent_killed_from_outside_comes_back_with_the_reason(live: Live) -> None:
    (agent_id,) = await live.spawn()
    before = live.agent(agent_id)
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    down = await live.until_agent(agent_id, AgentState.RESTARTING)
    assert down.reason == "killed by SIGKILL"
    up = await live.until_agent(agent_id, AgentState.IDLE)
    assert up.pid != before.pid
    assert up.pane_id == before.pane_id


async def test_a_killed_agents_mission_goes_to_another(live: Live) -> None:
    (first,) = await live.spawn()
    mission_id = await live.add("Take long [[sleep 30]]", max_retries=1)
    await live.until_mission(mission_id, MissionState.RUNNING)
    (second,) = await live.spawn()
    await live.supervisor.kill(first)
    assert live.agent(first).state is AgentState.STOPPED

    async def moved() -> bool:
        mission = await live.supervisor.mission(mission_id)
        return mission.state is MissionState.RUNNING and mission.agent_id == second

    await eventually(moved, "the second agent runs it")
    mission = await live.supervisor.mission(mission_id)
    assert mission.attempt_log[0].code == "agent_killed"


async def test_a_restart_by_a_person_tries_again_at_once_with_the_same_agent(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Take long [[sleep 30]]")
    await live.until_mission(mission_id, MissionState.RUNNING)
    await live.supervisor.restart(agent_id)

    async def again() -> bool:
        mission = await live.supervisor.mission(mission_id)
        return mission.state is MissionState.RUNNING and mission.attempts == 2

    await eventually(again, "the second attempt runs")
    mission = await live.supervisor.mission(mission_id)
    assert (mission.attempt_log[0].code, mission.agent_id) == ("agent_restarted", agent_id)
    assert live.agent(agent_id).restarts == 1


async def test_a_silent_turn_gets_one_reminder_and_then_fails(live: Live) -> None:
    await live.spawn()
    mission_id = await live.add("Say nothing [[silent]]", max_retries=0)
    failed = await live.until_mission(mission_id, MissionState.FAILED)
    assert failed.error_code == "no_report"


@pytest.mark.parametrize(("directive", "how"), [("sleep 60", "interrupted"), ("hang", "killed and started again")])
async def test_timeout_stops_the_agent_before_the_next_attempt(
    live: Live, tmp_path: Path, directive: str, how: str
) -> None:
    await live.spawn()
    proof = tmp_path / "proof"
    mission_id = await live.add(
        f"Too slow [[append {proof} start]] [[{directive}]] [[append {proof} end]]", timeout_ms=1_000, max_retries=1
    )
    failed = await live.until_mission(mission_id, MissionState.FAILED, timeout_s=40)
    assert [attempt.code for attempt in failed.attempt_log] == ["timeout", "timeout"]
    assert proof.read_text().split() == ["start", "start"]
    assert [event["reason"] for event in live.events("fence")] == [how, how]
    assert live.events("crash") == []


async def test_cancelling_a_running_mission_stops_its_agent_first(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Take long [[sleep 60]]")
    behind = await live.add("Behind it", depends_on=(mission_id,))
    await live.until_mission(mission_id, MissionState.RUNNING)
    await live.supervisor.cancel_mission(mission_id)
    assert (await live.supervisor.mission(mission_id)).state is MissionState.CANCELLED
    assert live.agent(agent_id).state is AgentState.IDLE
    assert (await live.supervisor.mission(behind)).blocked_by == (mission_id,)
    await live.until_mission(await live.add("Next"), MissionState.COMPLETED)


async def test_a_permission_prompt_waits_for_a_person(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Ask [[ask rm -r build]] [[output went on]]")
    waiting = await live.until_agent(agent_id, AgentState.WAITING)
    assert waiting.waiting_for is WaitingFor.PERMISSION
    assert "rm -r build" in (waiting.reason or "")
    with pytest.raises(NotAllowedNow, match="would answer that"):
        await live.supervisor.send(agent_id, "hello")
    await live.supervisor.approve(agent_id, allow=True)
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert done.output == "went on"


async def test_waiting_for_a_person_does_not_count_as_running_time(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Ask [[ask may I]]", timeout_ms=1_500)
    await live.until_agent(agent_id, AgentState.WAITING)
    # Longer than the mission's whole time.
    await asyncio.sleep(2.5)
    await live.supervisor.approve(agent_id, allow=True)
    await live.until_mission(mission_id, MissionState.COMPLETED)


async def test_a_held_agent_takes_nothing(live: Live) -> None:
    (agent_id,) = await live.spawn()
    await live.supervisor.hold(agent_id, True)
    mission_id = await live.add("Wait")
    await eventually(lambda: live.why(mission_id), "the placement says why")
    assert await live.why(mission_id) == "agent-1: held"
    await live.supervisor.hold(agent_id, False)
    await live.until_mission(mission_id, MissionState.COMPLETED)


async def test_only_the_holder_may_report(live: Live) -> None:
    first, second = await live.spawn(2)
    mission_id = await live.add("Take long [[sleep 30]]")
    running = await live.until_mission(mission_id, MissionState.RUNNING)
    stranger = second if running.agent_id == first else first
    with pytest.raises(Forbidden):
        await live.supervisor.complete_mission(Caller(stranger), mission_id, "mine", None, None)
    await live.supervisor.cancel_mission(mission_id)
    with pytest.raises(LeaseLost):
        await live.supervisor.complete_mission(Caller(running.agent_id), mission_id, "late", None, None)


async def test_the_operator_may_settle_a_running_mission_and_its_agent_is_stopped(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Take long [[sleep 60]]")
    await live.until_mission(mission_id, MissionState.RUNNING)
    await live.supervisor.complete_mission(Caller(None), mission_id, "by hand", None, None)
    assert (await live.supervisor.mission(mission_id)).output == "by hand"
    assert live.agent(agent_id).state is AgentState.IDLE
    assert [event["code"] for event in live.events("fence")] == ["override"]


async def test_what_cannot_be_placed_never_hides_what_stands_far_behind_it(live: Live) -> None:
    await live.spawn()
    specs = [MissionSpec(prompt=f"For nobody {number}", role=Role.ORACLE) for number in range(150)]
    ids = await live.supervisor.add_missions([*specs, MissionSpec(prompt="For anybody")])
    await live.until_mission(ids[-1], MissionState.COMPLETED)
    assert (await live.supervisor.stats()).pending == 150


async def test_a_lost_acknowledgement_is_found_in_the_transcript(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    await live.spawn()
    delivery = live.supervisor.delivery
    monkeypatch.setattr(delivery, "_timeout_s", 0.5)
    real = delivery.acknowledge
    calls: list[str] = []

    async def deaf_once(mission_id: str, nonce: str) -> Mission | None:
        calls.append(nonce)
        # The agent gets its text, but we never hear that it has it.
        return await live.supervisor.mission(mission_id) if len(calls) == 1 else await real(mission_id, nonce)

    monkeypatch.setattr(delivery, "acknowledge", deaf_once)
    mission_id = await live.add("Work on [[sleep 1.5]] [[output once]]")
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert (done.output, done.attempts) == ("once", 1)
    assert live.events("mission_undelivered") == []
