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
    await eventually(lambda: live.supervisor.dispatcher.waits.get(mission_id), "it waits")
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
    await eventually(lambda: live.supervisor.dispatcher.waits.get(after), "it waits")
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
