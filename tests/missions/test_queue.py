"""The queue as its callers see it: in, out, retries, leases, reservations."""

import asyncio
import os
from pathlib import Path

import pytest

from orchestrator_tui.core.errors import (
    DuplicateMission,
    LeaseLost,
    NotAllowedNow,
    StoreUnavailable,
    UnknownDependency,
    UnknownMission,
    UsageError,
)
from orchestrator_tui.core.models import MissionSpec, MissionState, Priority, Role, TaskType, TokenUsage
from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, events_so_far, fail_for_good, open_queue, record, start

S = MissionState


class TestEnqueue:
    async def test_everything_that_was_given_is_kept(self, queue: MissionQueue, clock: FakeClock):
        mission_id = await queue.enqueue(
            prompt="  \nReview it\nplease",
            context="PR 7",
            priority="high",
            type="review",
            timeout_ms=5,
            max_retries=0,
            role="reviewer",
            id="rev.1",
        )
        mission = await queue.get(mission_id)
        assert mission.title == "Review it"
        assert (mission.context, mission.priority, mission.type) == ("PR 7", Priority.HIGH, TaskType.REVIEW)
        assert (mission.timeout_ms, mission.max_retries, mission.role) == (5, 0, Role.REVIEWER)
        assert (mission.state, mission.created_at, mission.attempts) == (S.PENDING, clock.wall, 0)

    async def test_ids_are_the_next_unused_number(self, queue: MissionQueue):
        assert await queue.enqueue(prompt="a") == "mission-1"
        assert await queue.enqueue(prompt="b", id="mission-2") == "mission-2"
        assert await queue.enqueue(prompt="c") == "mission-3"
        batch = [MissionSpec(prompt="d"), MissionSpec(prompt="e", id="mission-4"), MissionSpec(prompt="f")]
        assert await queue.enqueue_many(batch) == ["mission-5", "mission-4", "mission-6"]

    @pytest.mark.parametrize(
        ("field", "given"),
        [
            ("prompt", {"prompt": "  \n"}),
            ("id", {"id": "-x"}),
            ("id", {"id": "a" * 65}),
            ("id", {"id": "a b"}),
            ("priority", {"priority": "urgent"}),
            ("type", {"type": "magic"}),
            ("role", {"role": "wizard"}),
            ("timeout_ms", {"timeout_ms": 0}),
            ("max_retries", {"max_retries": -1}),
            ("max_retries", {"max_retries": True}),
            ("depends_on", {"depends_on": ["no id"]}),
        ],
    )
    async def test_bad_input_names_its_field(self, queue: MissionQueue, field: str, given: dict[str, object]):
        arguments: dict[str, object] = {"prompt": "a", **given}
        with pytest.raises(UsageError) as caught:
            await queue.enqueue(**arguments)  # pyright: ignore[reportArgumentType]
        assert caught.value.field == field
        assert field in caught.value.message
        assert caught.value.remedy
        assert (await queue.get_stats()).pending == 0

    async def test_the_same_mission_again_is_recognised(self, queue: MissionQueue):
        spec = MissionSpec(prompt="a", id="a", priority=Priority.LOW)
        await queue.enqueue_many([spec])
        await queue.update("a", priority="critical")
        assert await queue.enqueue_many([spec, MissionSpec(prompt="b", id="b", depends_on=("a",))]) == ["a", "b"]
        assert (await queue.get_stats()).pending == 1

    async def test_other_content_under_a_known_id_is_refused_with_the_whole_batch(self, queue: MissionQueue):
        await queue.enqueue(prompt="a", id="a")
        with pytest.raises(DuplicateMission):
            await queue.enqueue_many([MissionSpec(prompt="new", id="new"), MissionSpec(prompt="other", id="a")])
        with pytest.raises(UnknownMission):
            await queue.get("new")

    async def test_a_refused_batch_leaves_nothing_behind(self, queue: MissionQueue):
        await queue.enqueue(prompt="a", id="a")
        with pytest.raises(DuplicateMission):
            await queue.enqueue_many([MissionSpec(prompt="unnamed"), MissionSpec(prompt="other", id="a")])
        assert await queue.enqueue(prompt="b") == "mission-1"

    async def test_an_unknown_dependency_is_named(self, queue: MissionQueue):
        with pytest.raises(UnknownDependency, match="'ghost'"):
            await queue.enqueue(prompt="a", depends_on=["ghost"])


class TestOrder:
    async def test_priority_first_then_first_come(self, queue: MissionQueue):
        for number, priority in enumerate(["low", "normal", "high", "critical", "high", "normal"]):
            await queue.enqueue(prompt="x", priority=priority, id=f"{priority}-{number}")
        expected = ["critical-3", "high-2", "high-4", "normal-1", "normal-5", "low-0"]
        assert [mission.id for mission in await queue.ready()] == expected
        taken = [mission.id for _ in expected if (mission := await queue.dequeue(1))]
        assert taken == expected
        assert await queue.dequeue(1) is None

    async def test_the_list_shows_open_ones_first_then_the_newest_ended(self, queue: MissionQueue, clock: FakeClock):
        for name in ("a", "b", "c", "d", "e"):
            await queue.enqueue(prompt=name, id=name)
        for name in ("a", "b"):
            clock.advance(1)
            await fail_for_good(queue, name)
        await start(queue, "d")
        assert [mission.id for mission in await queue.list_missions()] == ["d", "c", "e", "b", "a"]
        assert [mission.id for mission in await queue.list_missions(limit=4)] == ["d", "c", "e", "b"]

    async def test_an_agent_nobody_knows_takes_only_missions_without_a_role(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", role="tester", id="t", priority="critical")
        await queue.enqueue(prompt="x", id="any")
        first = await queue.dequeue(7)
        assert first is not None
        assert first.id == "any"
        assert await queue.dequeue(7) is None
        by_role = await queue.dequeue(7, role="tester")
        assert by_role is not None
        assert by_role.id == "t"

    async def test_a_registered_agent_takes_missions_of_its_role(self, queue: MissionQueue):
        await queue.registry.put(record(3, Role.TESTER))
        await queue.enqueue(prompt="x", role="coder")
        await queue.enqueue(prompt="x", role="tester", id="t")
        mission = await queue.dequeue(3, role="coder")
        assert mission is not None
        assert mission.id == "t"


class TestLeases:
    async def test_one_claim_at_a_time_with_a_lease_of_its_own(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        claimed = await queue.claim("m", 1)
        assert claimed is not None
        assert (claimed.state, claimed.agent_id, claimed.attempts) == (S.ASSIGNED, 1, 0)
        assert await queue.claim("m", 2) is None
        assert await queue.claim("m", 1) is None

    async def test_acknowledging_starts_the_attempt_once(self, queue: MissionQueue, clock: FakeClock):
        await queue.enqueue(prompt="x", id="m")
        claimed = await queue.claim("m", 1)
        assert claimed is not None
        assert claimed.nonce is not None
        assert await queue.acknowledge("m", "another nonce") is None
        clock.advance(10)
        running = await queue.acknowledge("m", claimed.nonce)
        clock.advance(10)
        assert await queue.acknowledge("m", claimed.nonce) == running
        assert running is not None
        assert (running.state, running.attempts, running.started_at) == (S.RUNNING, 1, clock.wall - 10)
        assert len(running.attempt_log) == 1

    async def test_a_claim_that_never_arrived_goes_back_and_uses_no_attempt(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        for count in (1, 2, 3):
            claimed = await queue.claim("m", count)
            assert claimed is not None
            assert claimed.nonce is not None
            assert await queue.undelivered("m", "another", "why") is None
            back = await queue.undelivered("m", claimed.nonce, "why")
            assert back is not None
            assert (back.state, back.undelivered, back.attempts, back.agent_id) == (S.PENDING, count, 0, None)
            assert await queue.acknowledge("m", claimed.nonce) is None
        assert (await start(queue, "m")).undelivered == 0

    async def test_a_claim_that_a_person_kept_away_goes_back_and_does_not_count(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        claimed = await queue.claim("m", 1)
        assert claimed is not None
        assert claimed.nonce is not None
        back = await queue.undelivered("m", claimed.nonce, "a draft", counts=False)
        assert back is not None
        assert (back.state, back.undelivered, back.attempts, back.agent_id) == (S.PENDING, 0, 0, None)

    async def test_a_report_under_a_lost_lease_is_refused(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        old = (await start(queue, "m")).lease
        await queue.fail("m", code="x", message="", delay_ms=0)
        await queue.promote_due()
        await start(queue, "m", 2)
        with pytest.raises(LeaseLost, match="lease_lost"):
            await queue.complete("m", output="late", lease=old)
        with pytest.raises(LeaseLost):
            await queue.fail("m", code="late", message="", lease=old)
        assert (await queue.complete("m", output="mine")).output == "mine"

    async def test_another_queue_object_has_no_lease_but_an_operator_may_settle(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        mission = await start(queue, "m")
        await queue.fail("m", code="x", message="", delay_ms=0, lease=mission.lease)
        await queue.promote_due()
        watch = queue.watch()
        await start(queue, "m", 4)
        done = await queue.complete("m", output="by hand", lease="wrong", override=True)
        assert done.state is S.COMPLETED
        events = await events_so_far(queue, watch)
        assert events[-1].data["override"] is True

    async def test_an_ended_mission_takes_no_report(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        mission = await start(queue, "m")
        await queue.complete("m", output="done")
        with pytest.raises(LeaseLost, match="completed"):
            await queue.complete("m", output="again", lease=mission.lease)


class TestCompletion:
    async def test_a_completed_mission_keeps_what_was_reported(self, queue: MissionQueue, clock: FakeClock):
        await queue.enqueue(prompt="x", id="m")
        await queue.dequeue(4)
        clock.advance(700)
        done = await queue.complete("m", output="fine", duration_ms=650, token_usage={"input": 10, "output": 5})
        assert (done.state, done.output, done.agent_id) == (S.COMPLETED, "fine", 4)
        assert (done.reported_duration_ms, done.token_usage) == (650, TokenUsage(10, 5))
        assert done.started_at is not None
        assert done.ended_at == done.started_at + 700
        assert done.attempt_log[0].code is None
        assert done.attempt_log[0].ended_at == done.ended_at
        assert (await queue.get_stats()).completed == 1

    async def test_a_report_proves_that_the_mission_arrived(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await queue.claim("m", 1)
        done = await queue.complete("m", output="fast")
        assert (done.state, done.attempts) == (S.COMPLETED, 1)

    async def test_an_earlier_error_is_gone_after_success(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m")
        retrying = await queue.fail("m", code="flaky", message="once", delay_ms=0)
        assert (retrying.error_code, retrying.error_message) == ("flaky", "once")
        await queue.promote_due()
        await start(queue, "m")
        done = await queue.complete("m", output="ok")
        assert (done.error_code, done.error_message) == (None, None)
        assert [attempt.code for attempt in done.attempt_log] == ["flaky", None]

    @pytest.mark.parametrize("reserved_for", [None, 2])
    async def test_what_is_answered_is_what_is_stored(self, queue: MissionQueue, reserved_for: int | None):
        await queue.enqueue(prompt="first", id="first")
        await start(queue, "first")
        await queue.complete("first", output="done")
        await queue.enqueue(prompt="x", context="y", id="m", depends_on=["first"], timeout_ms=5_000)
        await start(queue, "m")
        await queue.add_spent({"m": 30})
        await queue.fail("m", code="flaky", message="once", delay_ms=0, reserve_for=reserved_for)
        if reserved_for is None:
            await queue.promote_due()
            claimed = await queue.claim("m", 3)
            assert claimed is not None
            await queue.undelivered("m", str(claimed.nonce), "busy")
        taken = await queue.dequeue(2)
        assert taken is not None
        assert taken == await queue.get("m")
        done = await queue.complete("m", output="fine", duration_ms=7, token_usage={"input": 1, "output": 2})
        assert done == await queue.get("m")


class TestRetries:
    async def test_a_recoverable_failure_waits_and_comes_back(self, queue: MissionQueue, clock: FakeClock):
        await queue.enqueue(prompt="x", id="m", max_retries=2)
        for wait in (1_000, 2_000):
            await queue.dequeue(1)
            retrying = await queue.fail("m", code="c", message="why")
            assert (retrying.state, retrying.agent_id, retrying.lease) == (S.RETRYING, None, None)
            assert retrying.not_before == clock.wall + wait == await queue.next_due()
            clock.advance(wait - 1)
            assert await queue.dequeue(1) is None
            clock.advance(1)
        assert await queue.promote_due() == ["m"]
        assert await queue.next_due() is None
        await queue.dequeue(1)
        failed = await queue.fail("m", code="c", message="why")
        assert (failed.state, failed.attempts, failed.agent_id) == (S.FAILED, 3, 1)

    async def test_the_agents_budget_counts_where_the_mission_has_none(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m")
        assert (await queue.fail("m", code="c", message="", retry_budget=0)).state is S.FAILED

    async def test_a_person_gives_a_fresh_budget(self, queue: MissionQueue, clock: FakeClock):
        await queue.enqueue(prompt="x", id="m", max_retries=1)
        await start(queue, "m")
        await queue.fail("m", code="c", message="", recoverable=False)
        again = await queue.retry("m")
        assert (again.state, again.attempts, again.error_code, again.ended_at) == (S.PENDING, 1, None, None)
        await start(queue, "m")
        retrying = await queue.fail("m", code="c", message="")
        assert retrying.state is S.RETRYING
        assert retrying.not_before == clock.wall + 1_000

    async def test_only_an_ended_failure_can_be_retried(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        with pytest.raises(NotAllowedNow):
            await queue.retry("m")


class TestReservations:
    async def test_a_retry_waits_for_its_own_agent(self, queue: MissionQueue, clock: FakeClock):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m", 1)
        retrying = await queue.fail("m", code="agent_crashed", message="SIGKILL", reserve_for=1)
        assert retrying.reserved_for == 1
        assert [held.id for held in await queue.held_by(1)] == ["m"]
        assert await queue.ready() == []
        assert await queue.claim("m", 2) is None
        clock.advance(1_000)
        assert await queue.promote_due() == []
        assert [mission.id for mission in await queue.ready()] == ["m"]
        assert await queue.dequeue(2) is None
        claimed = await queue.claim("m", 1)
        assert claimed is not None
        assert claimed.reserved_for == 1

    async def test_the_own_agent_need_not_wait_for_the_back_off(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m", 1)
        await queue.fail("m", code="agent_crashed", message="", reserve_for=1)
        assert await queue.dequeue(1) is None
        assert await queue.claim("m", 1) is not None

    async def test_an_undelivered_claim_stays_reserved_until_it_starts(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m", 1)
        await queue.fail("m", code="agent_crashed", message="", reserve_for=1)
        claimed = await queue.claim("m", 1)
        assert claimed is not None
        assert claimed.nonce is not None
        back = await queue.undelivered("m", claimed.nonce, "died again")
        assert back is not None
        assert (back.state, back.reserved_for) == (S.PENDING, 1)
        assert await queue.dequeue(2) is None
        assert (await start(queue, "m", 1)).reserved_for is None

    async def test_others_may_take_it_once_it_is_released(self, queue: MissionQueue, clock: FakeClock):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m", 1)
        await queue.fail("m", code="agent_crashed", message="", reserve_for=1)
        assert await queue.release_reservations(2) == []
        assert await queue.release_reservations(1) == ["m"]
        assert await queue.claim("m", 2) is None
        clock.advance(1_000)
        taken = await queue.dequeue(2)
        assert taken is not None
        assert taken.id == "m"

    async def test_a_claim_whose_agent_died_before_it_started_is_pending_again(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await queue.claim("m", 1)
        back = await queue.fail("m", code="agent_crashed", message="", reserve_for=1)
        assert (back.state, back.reserved_for, back.attempts) == (S.PENDING, 1, 0)


class TestEdits:
    async def test_open_missions_can_be_changed(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await queue.update("m", priority="low", prompt="y", context="c", timeout_ms=7, max_retries=1, role="coder")
        mission = await queue.get("m")
        assert (mission.prompt, mission.context, mission.priority) == ("y", "c", Priority.LOW)
        assert (mission.timeout_ms, mission.max_retries, mission.role) == (7, 1, Role.CODER)

    async def test_the_text_of_a_running_mission_is_fixed_its_limits_are_not(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m")
        with pytest.raises(NotAllowedNow):
            await queue.update("m", prompt="y")
        with pytest.raises(NotAllowedNow):
            await queue.update("m", role="coder")
        assert (await queue.update("m", timeout_ms=9, priority="high")).timeout_ms == 9

    async def test_an_ended_mission_is_history(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await fail_for_good(queue, "m")
        with pytest.raises(NotAllowedNow):
            await queue.update("m", priority="high")

    async def test_an_unknown_id_says_so(self, queue: MissionQueue):
        for call in (queue.get, queue.retry, queue.cancel, queue.settle_fence):
            with pytest.raises(UnknownMission, match="ghost"):
                await call("ghost")


class TestEvents:
    async def test_every_step_is_told_in_order_with_agent_and_attempt(self, queue: MissionQueue):
        watch = queue.watch()
        await queue.enqueue(prompt="x", id="m")
        await queue.enqueue(prompt="x", id="child", depends_on=["m"])
        claimed = await queue.claim("m", 5)
        assert claimed is not None
        assert claimed.nonce is not None
        await queue.undelivered("m", claimed.nonce, "no answer")
        await start(queue, "m", 5)
        await queue.fail("m", code="c", message="why", reserve_for=5)
        await start(queue, "m", 5)
        await queue.fail("m", code="c", message="why", recoverable=False)
        await queue.cancel("child", message="enough")
        told = [
            (event.type.value, event.mission_id, event.agent_id, event.attempt)
            for event in await events_so_far(queue, watch)
        ]
        assert told == [
            ("mission_enqueued", "m", None, None),
            ("mission_enqueued", "child", None, None),
            ("mission_assigned", "m", 5, 1),
            ("mission_undelivered", "m", 5, 1),
            ("mission_assigned", "m", 5, 1),
            ("task_start", "m", 5, 1),
            ("task_retry", "m", 5, 1),
            ("mission_assigned", "m", 5, 2),
            ("task_start", "m", 5, 2),
            ("task_fail", "m", 5, 2),
            ("mission_blocked", "child", None, None),
            ("mission_cancelled", "child", None, None),
        ]

    async def test_a_retry_says_when_and_for_whom(self, queue: MissionQueue):
        await queue.enqueue(prompt="x", id="m")
        await start(queue, "m", 5)
        watch = queue.watch()
        await queue.fail("m", code="agent_crashed", message="SIGKILL", reserve_for=5)
        events = await events_so_far(queue, watch)
        assert dict(events[0].data) == {
            "code": "agent_crashed",
            "message": "SIGKILL",
            "delay_ms": 1_000,
            "reserved_for": 5,
        }

    async def test_what_was_refused_tells_nothing(self, queue: MissionQueue):
        watch = queue.watch()
        with pytest.raises(UnknownDependency):
            await queue.enqueue_many([MissionSpec(prompt="a"), MissionSpec(prompt="b", depends_on=("ghost",))])
        assert await events_so_far(queue, watch) == []


class TestFile:
    async def test_everything_is_there_after_opening_again(self, tmp_path: Path, clock: FakeClock):
        first = await open_queue(tmp_path / "m.db", clock)
        await first.enqueue(prompt="x", id="m")
        lease = (await start(first, "m", 3)).lease
        await first.aclose()
        second = await open_queue(tmp_path / "m.db", clock)
        assert [mission.id for mission in await second.claimed()] == ["m"]
        assert (await second.complete("m", output="later", lease=lease)).output == "later"
        assert await second.enqueue(prompt="y") == "mission-1"
        await second.aclose()

    async def test_the_file_is_private(self, tmp_path: Path, clock: FakeClock):
        queue = await open_queue(tmp_path / "m.db", clock)
        await queue.enqueue(prompt="x")
        modes = {entry.name: entry.stat().st_mode & 0o777 for entry in os.scandir(tmp_path)}
        await queue.aclose()
        assert modes == {"m.db": 0o600, "m.db-wal": 0o600, "m.db-shm": 0o600}

    async def test_a_foreign_file_is_one_clear_error(self, tmp_path: Path, clock: FakeClock):
        (tmp_path / "m.db").write_text("this is no database" * 100)
        with pytest.raises(StoreUnavailable) as caught:
            await open_queue(tmp_path / "m.db", clock)
        assert caught.value.remedy

    async def test_a_closed_queue_says_so(self, tmp_path: Path, clock: FakeClock):
        queue = await open_queue(tmp_path / "m.db", clock)
        await queue.aclose()
        await queue.aclose()
        with pytest.raises(StoreUnavailable, match="closed"):
            await queue.enqueue(prompt="x")


@pytest.mark.parametrize("reserve_for", [None, 1])
async def test_a_clock_that_is_set_back_does_not_hold_up_a_retry(
    queue: MissionQueue, clock: FakeClock, reserve_for: int | None
):
    await queue.enqueue(prompt="x", id="m")
    await start(queue, "m", 1)
    await queue.fail("m", code="x", message="", reserve_for=reserve_for)
    clock.advance(-3_600_000)
    assert [found.id for found in await queue.ready(10)] == ["m"]
    assert await queue.claim("m", 1) is not None


async def test_taking_many_at_once_is_not_taken_for_time_that_they_spent(queue: MissionQueue, clock: FakeClock) -> None:
    # The queue has been open for longer than any mission may take.
    clock.advance(3_600_000)
    ids = [await queue.enqueue(prompt="x") for _ in range(3)]
    taken = await asyncio.gather(*(queue.dequeue(agent_id) for agent_id in (1, 2, 3)))
    assert [mission.id for mission in taken if mission is not None] == ids
    assert [(await queue.get(name)).state for name in ids] == [MissionState.RUNNING] * 3
