"""Each request counts once, for the right agent, mission and day, whoever tells of it and however often."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.core.errors import StoreUnavailable
from orchestrator_tui.core.usage import (
    KEEP_REQUESTS_MS,
    ApiRequest,
    ConversationCost,
    MissionTurn,
    Spent,
    TranscriptMark,
    day_of,
)
from orchestrator_tui.missions.queue import MissionQueue
from orchestrator_tui.missions.schema import UPGRADES
from tests.missions.helpers import FakeClock, open_queue, start

TOLD = ApiRequest("req_1", 1, 1_000_000, "turn-1", 10, 20, 30, 40)
PRICED = replace(TOLD, cost_usd=0.5)


async def running(queue: MissionQueue, clock: FakeClock, mission_id: str, agent_id: int = 1) -> str:
    await queue.enqueue(prompt="x", id=mission_id)
    await start(queue, mission_id, agent_id)
    clock.advance(100)
    return mission_id


def later(clock: FakeClock, name: str, **fields: object) -> ApiRequest:
    return replace(PRICED, id=name, at=clock.now_ms(), **fields)


async def spent_on(queue: MissionQueue, mission_id: str) -> Spent:
    return (await queue.get(mission_id)).spent


class TestARequest:
    async def test_told_by_both_sources_counts_once_in_either_order(self, queue: MissionQueue) -> None:
        for requests in ([TOLD, PRICED], [replace(PRICED, id="req_2"), replace(TOLD, id="req_2")]):
            for request in requests:
                await queue.ledger.record([request])
                await queue.ledger.record([request])
        report = await queue.ledger.report()
        assert report.total == Spent(20, 40, 60, 80, 1.0)
        assert report.agents == ((1, report.total),)
        assert report.days == ((day_of(1_000_000), report.total),)

    async def test_counts_once_also_after_the_store_was_opened_again(self, tmp_path: Path, clock: FakeClock) -> None:
        mark = TranscriptMark("t.jsonl", 1, 7, "turn-1", 80, "m")
        queue = await open_queue(tmp_path / "m.db", clock)
        await queue.ledger.record([PRICED], [mark])
        await queue.aclose()
        queue = await open_queue(tmp_path / "m.db", clock)
        assert await queue.ledger.marks() == [mark]
        assert await queue.ledger.record([PRICED], [mark]) == []
        assert (await queue.ledger.report()).total == PRICED.spent
        await queue.aclose()

    async def test_without_a_price_is_counted_as_unpriced_until_one_is_told(self, queue: MissionQueue) -> None:
        await queue.ledger.record([TOLD])
        assert (await queue.ledger.report()).total == Spent(10, 20, 30, 40, 0.0, 1)
        assert (await queue.ledger.report()).total.known_cost is None
        (grown,) = await queue.ledger.record([PRICED])
        assert grown.grown == Spent(cost_usd=0.5, unpriced=-1)
        assert (await queue.ledger.report()).total.known_cost == 0.5

    async def test_seen_in_its_middle_is_corrected_by_its_end(self, queue: MissionQueue) -> None:
        await queue.ledger.record([replace(TOLD, output=1)])
        await queue.ledger.record([TOLD])
        await queue.ledger.record([replace(TOLD, output=1)])
        assert (await queue.ledger.report()).total.output == 20

    async def test_nobody_priced_gets_what_is_left_of_its_conversations_cost(self, queue: MissionQueue) -> None:
        known = replace(PRICED, id="req_0", conversation="c1")
        small, large = (replace(TOLD, id=f"req_{n}", output=20 * n, conversation="c1") for n in (1, 9))
        other = replace(TOLD, id="req_other", conversation="c2")
        await queue.ledger.record([known, small, large, other])
        await queue.ledger.record([], [], [ConversationCost("c1", 2.0)])
        total = (await queue.ledger.report()).total
        assert (round(total.cost_usd, 9), total.unpriced) == (2.0, 1)
        assert await queue.ledger.record([small, large], [], [ConversationCost("c1", 2.0)]) == []

    async def test_shares_are_shared_out_again_when_the_conversation_went_on(self, queue: MissionQueue) -> None:
        first, second = (replace(TOLD, id=f"req_{n}", conversation="c1") for n in (1, 2))
        for request, cost in ((first, 1.0), (second, 1.0), (second, 3.0)):
            await queue.ledger.record([request], [], [ConversationCost("c1", cost)])
        assert (await queue.ledger.report()).total == Spent(20, 40, 60, 80, 3.0)

    async def test_what_telemetry_tells_late_goes_before_a_share(self, queue: MissionQueue) -> None:
        await queue.ledger.record([replace(TOLD, conversation="c1")], [], [ConversationCost("c1", 2.0)])
        await queue.ledger.record([replace(PRICED, conversation="c1")])
        assert (await queue.ledger.report()).total == PRICED.spent

    async def test_of_a_conversation_that_cost_less_than_its_parts_costs_nothing(self, queue: MissionQueue) -> None:
        await queue.ledger.record([replace(PRICED, id="a", conversation="c1"), replace(TOLD, conversation="c1")])
        await queue.ledger.record([], [], [ConversationCost("c1", 0.25)])
        assert (await queue.ledger.report()).total == Spent(20, 40, 60, 80, 0.5)

    async def test_is_forgotten_after_a_while_and_then_not_counted_again(
        self, queue: MissionQueue, clock: FakeClock
    ) -> None:
        await queue.ledger.record([PRICED], [TranscriptMark("t", 1, 5)])
        clock.advance(KEEP_REQUESTS_MS + 86_400_000)
        assert await queue.ledger.record([PRICED]) == []
        assert await queue.ledger.marks() == []
        assert (await queue.ledger.report()).total == PRICED.spent
        assert await queue.ledger.record([later(clock, "req_9")]) != []


class TestTheMission:
    async def test_is_the_one_that_ran(self, queue: MissionQueue, clock: FakeClock) -> None:
        await running(queue, clock, "a")
        await running(queue, clock, "b", agent_id=2)
        await queue.ledger.record([later(clock, "r1", turn="t1"), later(clock, "r2", turn="t2", agent_id=2)])
        assert await spent_on(queue, "a") == await spent_on(queue, "b") == PRICED.spent
        assert [name for name, _ in (await queue.ledger.report()).missions] == ["a", "b"]

    async def test_is_nobodys_before_it_started_and_after_it_ended(self, queue: MissionQueue, clock: FakeClock) -> None:
        await queue.ledger.record([later(clock, "before", turn="t0")])
        clock.advance(1)
        await running(queue, clock, "a")
        await queue.complete("a", output="done")
        clock.advance(1)
        await queue.ledger.record([later(clock, "after", turn="t9"), later(clock, "unknown", turn=None)])
        assert await spent_on(queue, "a") == Spent()
        assert (await queue.ledger.report()).total.cost_usd == 1.5

    async def test_also_gets_what_its_turn_spends_after_the_report(self, queue: MissionQueue, clock: FakeClock) -> None:
        await running(queue, clock, "a")
        during = later(clock, "r1", turn="t1")
        await queue.complete("a", output="done")
        clock.advance(1)
        await queue.ledger.record([later(clock, "r2", turn="t1"), during])
        assert (await spent_on(queue, "a")).cost_usd == 1.0

    async def test_gets_what_becomes_known_only_after_its_end(self, queue: MissionQueue, clock: FakeClock) -> None:
        await running(queue, clock, "a")
        late = later(clock, "r1", turn="t1")
        clock.advance(50)
        await queue.complete("a", output="done")
        await running(queue, clock, "b")
        await queue.ledger.record([late])
        assert (await spent_on(queue, "a")).cost_usd == 0.5
        assert await spent_on(queue, "b") == Spent()

    async def test_is_the_one_whose_prompt_it_follows_from_whenever_that_was(
        self, queue: MissionQueue, clock: FakeClock
    ) -> None:
        early = [later(clock, "r1", turn="t1"), replace(later(clock, "r2", turn="t1"), cost_usd=None)]
        clock.advance(10)
        await running(queue, clock, "a")
        await queue.ledger.record(early)
        assert await spent_on(queue, "a") == Spent()
        await queue.ledger.record([], turns=[MissionTurn("t1", "a"), MissionTurn("t2", "nowhere")])
        await queue.complete("a", output="done")
        clock.advance(1)
        await queue.ledger.record([replace(early[1], cost_usd=0.25), later(clock, "r3", turn="t1")])
        assert await spent_on(queue, "a") == Spent(30, 60, 90, 120, 1.25)
        report = await queue.ledger.report()
        assert report.total == Spent(30, 60, 90, 120, 1.25)
        assert dict(report.agents)[1] == report.total

    async def test_sums_all_attempts(self, queue: MissionQueue, clock: FakeClock) -> None:
        await running(queue, clock, "a")
        await queue.ledger.record([later(clock, "r1", turn="t1")])
        await queue.fail("a", code="x", message="", recoverable=True, delay_ms=0)
        await queue.promote_due()
        await start(queue, "a", 2)
        clock.advance(5)
        await queue.ledger.record([later(clock, "r2", turn="t2", agent_id=2)])
        assert (await spent_on(queue, "a")).cost_usd == 1.0

    async def test_of_one_day_is_that_days_part(self, queue: MissionQueue, clock: FakeClock) -> None:
        await running(queue, clock, "a")
        first = day_of(clock.now_ms())
        await queue.ledger.record([later(clock, "r1", turn="t1")])
        clock.advance(2 * 86_400_000)
        await queue.ledger.record([later(clock, "r2", turn="t1"), later(clock, "r3", turn="t1")])
        report = await queue.ledger.report(first)
        assert (report.day, report.total.cost_usd, dict(report.missions)["a"].cost_usd) == (first, 0.5, 0.5)
        assert (await spent_on(queue, "a")).cost_usd == 1.5


async def test_a_store_of_the_first_format_is_taken_over_with_all_it_holds(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(UPGRADES[0] + "PRAGMA user_version = 1;")
        old.execute("INSERT INTO counter VALUES('kept', 7)")
        old.commit()
    queue = await open_queue(path, clock)
    await running(queue, clock, "a")
    await queue.ledger.record([later(clock, "r1")])
    assert await spent_on(queue, "a") == PRICED.spent
    await queue.aclose()
    with closing(sqlite3.connect(path)) as new:
        assert new.execute("SELECT value FROM counter WHERE name = 'kept'").fetchone() == (7,)


async def test_a_store_of_a_later_format_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "new.db"
    with closing(sqlite3.connect(path)) as new:
        new.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnavailable, match="has format 99"):
        await open_queue(path, clock)
