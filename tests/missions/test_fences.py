"""Cancelling and timing out: the claim is void first, the mission moves on only when its agent has stopped."""

from pathlib import Path

import pytest

from orchestrator_tui.core.errors import LeaseLost, NotAllowedNow
from orchestrator_tui.core.models import BlockedReason, MissionState
from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, open_queue, record, start

S = MissionState


class TestFence:
    async def test_a_late_report_is_refused_from_the_beginning_of_the_fence(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        mission = await start(queue, "m")
        fenced = await queue.begin_fence("m", "timeout")
        assert fenced is not None
        assert (fenced.state, fenced.fence) == (S.RUNNING, "timeout")
        for call in (queue.complete("m", output="late"), queue.fail("m", code="late", message="")):
            with pytest.raises(LeaseLost, match="being stopped"):
                await call
        with pytest.raises(LeaseLost):
            await queue.complete("m", output="late", lease=mission.lease, override=True)
        assert await queue.claim("m", 2) is None

    async def test_a_timeout_is_retried_by_anybody(self, queue: MissionQueue, clock: FakeClock):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m")
        await queue.begin_fence("m", "timeout")
        settled = await queue.settle_fence("m")
        assert (settled.state, settled.error_code, settled.reserved_for) == (S.RETRYING, "timeout", None)
        assert settled.attempt_log[0].code == "timeout"
        assert settled.fence is None
        clock.advance(1_000)
        again = await queue.dequeue(2)
        assert again is not None
        assert (again.attempts, again.spent_ms) == (2, 0)

    async def test_the_last_timeout_fails(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m")
        await queue.begin_fence("m", "timeout")
        assert (await queue.settle_fence("m", retry_budget=0)).state is S.FAILED

    async def test_a_cancel_blocks_what_depends_on_it(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await queue.enqueue(prompt="y", id="n", depends_on=["m"])
        await start(queue, "m", 3)
        await queue.begin_fence("m", "cancelled")
        settled = await queue.settle_fence("m")
        assert (settled.state, settled.error_code, settled.agent_id) == (S.CANCELLED, "cancelled", 3)
        assert settled.attempt_log[0].code == "cancelled"
        assert (await queue.get("n")).blocked_reason is BlockedReason.DEPENDENCY_FAILED

    async def test_the_code_of_a_cancel_is_kept(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m")
        await queue.begin_fence("m", "run_timeout")
        settled = await queue.settle_fence("m")
        assert (settled.state, settled.error_code) == (S.CANCELLED, "run_timeout")

    async def test_a_cancel_on_top_of_a_timeout_cancels(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m")
        await queue.begin_fence("m", "timeout")
        await queue.begin_fence("m", "cancelled")
        await queue.begin_fence("m", "timeout")
        assert (await queue.settle_fence("m")).state is S.CANCELLED

    async def test_an_assigned_mission_can_be_cancelled_before_it_starts(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        claimed = await queue.claim("m", 1)
        assert claimed is not None
        assert claimed.nonce is not None
        await queue.begin_fence("m", "cancelled")
        assert await queue.acknowledge("m", claimed.nonce) is None
        assert await queue.undelivered("m", claimed.nonce, "why") is None
        settled = await queue.settle_fence("m")
        assert (settled.state, settled.attempts) == (S.CANCELLED, 0)

    async def test_only_claimed_missions_are_fenced(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        assert await queue.begin_fence("m", "cancelled") is None
        await start(queue, "m")
        with pytest.raises(NotAllowedNow):
            await queue.settle_fence("m")

    async def test_a_fence_outlives_the_supervisor(self, tmp_path: Path, clock: FakeClock):
        first = await open_queue(tmp_path / "m.db", clock)
        await first.enqueue(prompt="x", id="m")
        lease = (await start(first, "m")).lease
        await first.begin_fence("m", "cancelled")
        await first.aclose()
        second = await open_queue(tmp_path / "m.db", clock)
        assert [mission.id for mission in await second.fenced()] == ["m"]
        with pytest.raises(LeaseLost):
            await second.complete("m", output="late", lease=lease)
        assert (await second.settle_fence("m")).state is S.CANCELLED
        assert await second.fenced() == []
        await second.aclose()


class TestCancel:
    async def test_a_waiting_mission_ends_at_once(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        cancelled = await queue.cancel("m", message="not needed")
        assert (cancelled.state, cancelled.error_code, cancelled.error_message) == (
            S.CANCELLED,
            "cancelled",
            "not needed",
        )
        assert (await queue.get_stats()).cancelled == 1
        with pytest.raises(NotAllowedNow):
            await queue.cancel("m")

    async def test_without_a_supervisor_a_claim_becomes_void(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        mission = await queue.dequeue(1)
        assert mission is not None
        assert (await queue.cancel("m")).state is S.CANCELLED
        with pytest.raises(LeaseLost):
            await queue.complete("m", output="late", lease=mission.lease)

    async def test_with_a_supervisor_a_claimed_mission_is_refused(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m")
        with pytest.raises(NotAllowedNow, match="stopped first"):
            await queue.cancel("m", supervised=True)
        assert (await queue.get("m")).state is S.RUNNING

    async def test_everything_that_nobody_holds_can_be_ended_together(self, queue: MissionQueue):
        for name in ("run", "wait", "again"):
            await queue.enqueue(prompt=name, id=name)
        await queue.enqueue(prompt="below", id="below", depends_on=["run"])
        await queue.enqueue(prompt="deeper", id="deeper", depends_on=["below"])
        await start(queue, "again", 2)
        await queue.fail("again", code="c", message="", reserve_for=2)
        await start(queue, "run")
        assert await queue.cancel_open("run_timeout", "too late") == ["wait", "again", "below", "deeper"]
        stats = await queue.get_stats()
        assert (stats.running, stats.cancelled) == (1, 4)
        revived = [await queue.retry(name) for name in ("wait", "again", "below", "deeper")]
        assert [mission.state for mission in revived] == [S.PENDING, S.PENDING, S.BLOCKED, S.BLOCKED]
        assert revived[3].blocked_by == ("below",)
        assert revived[1].reserved_for is None


class TestTime:
    async def test_counted_time_is_durable_and_starts_anew_with_each_attempt(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m", timeout_ms=100)
        await queue.enqueue(prompt="y", id="waits")
        await start(queue, "m")
        await queue.add_spent({"m": 60, "waits": 5, "ghost": 5})
        assert (await queue.get("m")).spent_ms == 60
        assert (await queue.get("waits")).spent_ms == 0
        assert await queue.overdue({"m": 39}, 1) == []
        assert [mission.id for mission in await queue.overdue({"m": 40}, 1)] == ["m"]
        await queue.begin_fence("m", "timeout")
        assert await queue.overdue({"m": 40}, 1) == []

    async def test_a_mission_without_a_limit_has_its_agents(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m")
        await queue.add_spent({"m": 60})
        assert await queue.overdue({}, 61) == []
        assert len(await queue.overdue({}, 60)) == 1

    async def test_a_queue_without_a_supervisor_times_out_what_it_handed_out(
        self, queue: MissionQueue, clock: FakeClock
    ):
        await queue.enqueue(prompt="x", id="m", timeout_ms=100)
        mission = await queue.dequeue(1)
        assert mission is not None
        clock.advance(100)
        assert await queue.dequeue(2) is None
        timed_out = await queue.get("m")
        assert (timed_out.state, timed_out.error_code) == (S.RETRYING, "timeout")
        with pytest.raises(LeaseLost):
            await queue.complete("m", output="late", lease=mission.lease)

    async def test_time_spent_before_the_queue_was_closed_counts(self, tmp_path: Path, clock: FakeClock):
        first = await open_queue(tmp_path / "m.db", clock)
        await first.enqueue(prompt="x", id="m", timeout_ms=100)
        await first.dequeue(1)
        clock.advance(60)
        await first.aclose()
        clock.advance(1_000_000)
        second = await open_queue(tmp_path / "m.db", clock)
        clock.advance(39)
        assert await second.dequeue(2) is None
        assert (await second.get("m")).state is S.RUNNING
        clock.advance(1)
        await second.dequeue(2)
        assert (await second.get("m")).state is S.RETRYING
        await second.aclose()

    async def test_missions_of_supervised_agents_are_left_to_their_supervisor(
        self, queue: MissionQueue, clock: FakeClock
    ):
        await queue.registry.put(record(1))
        await queue.enqueue(prompt="x", id="m", timeout_ms=100)
        await start(queue, "m", 1)
        clock.advance(10_000)
        await queue.dequeue(2)
        assert (await queue.get("m")).state is S.RUNNING
