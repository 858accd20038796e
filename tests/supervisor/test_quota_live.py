"""An account's limit must not burn the queue: whole supervisor, demo agents that share one scripted account."""

import json
from collections import Counter
from pathlib import Path

import pytest

from orchestrator_tui.core.attention import AttentionKind
from orchestrator_tui.core.models import MissionState, Priority
from orchestrator_tui.core.views import MissionView
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux

LIMIT_S = 4


def executions(ledger: Path) -> Counter[str]:
    return Counter(ledger.read_text().split()) if ledger.exists() else Counter()


async def rows(live: Live) -> dict[str, MissionView]:
    feed = await live.supervisor.open_feed()
    feed.close()
    return {row.id: row for row in feed.snapshot.missions}


async def until_limited(live: Live) -> int:
    """Waits for the breaker; when it says that the limit ends."""
    await eventually(lambda: live.events("quota_open"), "the breaker opens")
    await eventually(lambda: live.supervisor.quotas()[0].is_known, "the reset is known")
    return live.supervisor.quotas()[0].until


async def test_the_queue_waits_for_the_reset_and_every_mission_is_done_once(live: Live, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    agents = await live.spawn(3)
    first = await live.add(f"Meet it [[limit {LIMIT_S}]] [[append {ledger} first]]", priority=Priority.CRITICAL)
    until = await until_limited(live)
    others = [await live.add(f"x [[append {ledger} m{n}]]", id=f"m{n}") for n in range(5)]
    waiting = await eventually(lambda: _waiting(live, [first, *others]), "everybody waits for quota")
    assert all(row.next.startswith("waits for quota until ") for row in waiting.values())
    assert {row.state for row in waiting.values()} == {MissionState.PENDING}
    assert {row.attempts for row in waiting.values()} == {0}
    items = [item for item in await live.supervisor.inbox() if item.kind is AttentionKind.QUOTA]
    assert len(items) == 1
    assert "You've hit your session limit" in items[0].text
    live.supervisor.monitor.measure_machine()
    assert (live.supervisor.updates.machine.quota or "").startswith("quota ")
    assert sorted(live.supervisor.quotas()[0].agents) == sorted(agents)
    assert executions(ledger) == {}
    for mission_id in (first, *others):
        await live.until_mission(mission_id, MissionState.COMPLETED, 40)
    assert executions(ledger) == dict.fromkeys(["first", *others], 1)
    for mission_id in (first, *others):
        mission = await live.supervisor.mission(mission_id)
        assert (mission.attempts, [attempt.code for attempt in mission.attempt_log]) == (1, [None])
        assert (mission.started_at or 0) >= until
    assert all(live.agent(agent_id).tasks_failed == 0 for agent_id in agents)
    starts = sorted([(await live.supervisor.mission(mission_id)).started_at or 0 for mission_id in (first, *others)])
    # One tries; then one more at a time, at least half the spacing apart.
    assert starts[1] - starts[0] >= 1_400
    assert [event["code"] for event in live.events("task_retry")] == ["quota"]
    assert len(live.events("quota_open")) == len(live.events("quota_closed")) == 1


async def _waiting(live: Live, ids: list[str]) -> dict[str, MissionView] | None:
    shown = await rows(live)
    found = {mission_id: shown[mission_id] for mission_id in ids}
    return found if all("quota" in row.next for row in found.values()) else None


async def test_an_agent_at_work_is_left_alone(live: Live, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    await live.spawn(2)
    busy = await live.add(f"Work [[append {ledger} began]] [[sleep 2]] [[append {ledger} ended]]")
    await eventually(lambda: executions(ledger)["began"], "the other works")
    await live.add("Meet it [[limit 60]]")
    await until_limited(live)
    done = await live.until_mission(busy, MissionState.COMPLETED)
    assert (done.attempts, executions(ledger)) == (1, {"began": 1, "ended": 1})
    assert live.supervisor.quotas()[0].phase == "open"


async def test_the_wait_survives_the_supervisor(live: Live) -> None:
    await live.spawn()
    mission_id = await live.add(f"Meet it [[limit {LIMIT_S + 2}]] [[output done]]")
    until = await until_limited(live)
    await eventually(lambda: live.why(mission_id), "it waits")
    await live.let_go()
    await live.start()
    assert [(view.phase, view.until) for view in live.supervisor.quotas()] == [("open", until)]
    assert not live.supervisor.quota.admits(live.supervisor.fleet.book.get(1), mission_id)
    mission = await live.until_mission(mission_id, MissionState.COMPLETED, 30)
    assert mission.attempts == 1
    assert (mission.started_at or 0) >= until
    await eventually(lambda: live.supervisor.quotas() == (), "the breaker closes")


async def test_a_person_ends_the_wait(live: Live) -> None:
    await live.spawn()
    await live.add("Meet it [[limit 900]]")
    await until_limited(live)
    (live.session.agents / "demo-state" / "limit-900").write_text("0")
    after = await live.add("x")
    await eventually(lambda: live.why(after), "it waits")
    assert await live.supervisor.release_quota() == 1
    await live.until_mission(after, MissionState.COMPLETED)
    assert await live.supervisor.release_quota() == 0
    assert json.loads((live.session.folder / "quota.json").read_text())["breakers"] == {}


async def test_a_limit_met_again_by_the_trying_mission_waits_longer(live: Live) -> None:
    await live.spawn(2)
    mission_id = await live.add("Meet it twice [[limit 1]] [[limit 2]] [[output done]]")
    await until_limited(live)
    await eventually(lambda: len(live.events("quota_open")) == 2, "it is met again")
    mission = await live.until_mission(mission_id, MissionState.COMPLETED, 30)
    assert mission.attempts == 1
    assert [event["code"] for event in live.events("task_retry")] == ["quota", "quota"]


async def test_claims_that_wait_at_the_agent_wait_on(live: Live, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    await live.spawn(max_concurrent_tasks=3)
    ids = [await live.add(f"x [[sleep 0.5]] [[append {ledger} before]]")]
    await live.until_mission(ids[0], MissionState.RUNNING)
    ids.append(await live.add(f"Meet it [[limit {LIMIT_S}]] [[append {ledger} limited]]"))
    ids.append(await live.add(f"x [[append {ledger} behind]]"))
    until = await until_limited(live)
    for mission_id in ids:
        assert (await live.until_mission(mission_id, MissionState.COMPLETED, 30)).attempts == 1
    assert executions(ledger) == {"before": 1, "limited": 1, "behind": 1}
    assert ((await live.supervisor.mission(ids[2])).started_at or 0) >= until


async def test_a_delivery_under_way_is_held_back(live: Live) -> None:
    supervisor = live.supervisor
    (agent_id,) = await live.spawn()
    await live.add("Meet it [[limit 600]]")
    await until_limited(live)
    mission_id = await live.add("x")
    claimed = await supervisor.fleet.queue.claim(mission_id, agent_id)
    assert claimed is not None
    supervisor.fleet.hold(claimed)
    supervisor.delivery.start(claimed)
    mission = await live.until_mission(mission_id, MissionState.PENDING)
    assert (mission.attempts, mission.undelivered, mission.reserved_for) == (0, 0, None)
    assert supervisor.fleet.hand(agent_id).claims == []


async def fails(live: Live, agent_id: int, error: str, message: str) -> None:
    """The agent's program says that its turn failed, although the scripted one works on."""
    record = live.supervisor.fleet.book.get(agent_id)
    hook = {"hook_event_name": "StopFailure", "session_id": record.conversation_id, "error": error}
    await live.supervisor.hook(agent_id, {**hook, "last_assistant_message": message})


async def test_an_overload_waits_shorter_and_needs_nobody(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("x [[sleep 1]]", max_retries=0)
    await live.until_mission(mission_id, MissionState.RUNNING)
    await fails(live, agent_id, "server_error", "API Error: 529 Overloaded. This is a server-side issue")
    mission = await live.until_mission(mission_id, MissionState.PENDING)
    assert (mission.attempts, mission.reserved_for, mission.error_code) == (0, agent_id, "quota")
    (view,) = live.supervisor.quotas()
    assert (view.kind, view.is_known, view.until - view.since) == ("overload", False, 15_000)
    assert await live.supervisor.inbox() == ()


async def test_another_api_error_is_a_failed_attempt(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("x [[sleep 1]]", max_retries=0)
    await live.until_mission(mission_id, MissionState.RUNNING)
    await fails(live, agent_id, "server_error", "API Error: 500 boom. This is a server-side issue")
    mission = await live.until_mission(mission_id, MissionState.FAILED)
    assert (mission.attempts, mission.error_code) == (1, "api_server_error")
    assert live.supervisor.quotas() == ()


async def test_a_restarted_agent_does_not_go_on_during_the_limit(live: Live) -> None:
    (agent_id,) = await live.spawn()
    await live.add("Meet it [[limit 600]]")
    await until_limited(live)
    quota, record = live.supervisor.quota, live.supervisor.fleet.book.get(agent_id)
    assert not quota.admits_again(record, "m-9")
    assert quota.conversation_of(record, "m-9") == record.conversation_id
    await live.supervisor.release_quota()
    assert quota.admits_again(record, "m-9")
    quota.forget("m-9")
    assert quota.conversation_of(record, "m-9") is None


async def test_a_limit_met_while_no_supervisor_lived_is_no_failed_attempt(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("x [[sleep 30]]", max_retries=0)
    given = await live.until_mission(mission_id, MissionState.RUNNING)
    await eventually(lambda: live.supervisor.delivery.has_arrived(given), "the agent wrote down what it was told")
    transcript = next((live.session.agents / str(agent_id) / "transcripts").glob("*.jsonl"))
    message = {"content": [{"type": "text", "text": "You've hit your session limit"}]}
    line = {"type": "assistant", "message": message, "isApiErrorMessage": True, "error": "rate_limit"}
    with transcript.open("a") as file:
        file.write(json.dumps(line) + "\n")
    await live.supervisor.turns.turn_was_interrupted(agent_id)
    mission = await live.until_mission(mission_id, MissionState.PENDING)
    assert (mission.attempts, mission.error_code) == (0, "quota")
    assert [view.kind for view in live.supervisor.quotas()] == ["usage"]
