"""Missions that wait for others: what blocks them, what frees them, and cycles."""

from collections.abc import Sequence

import pytest

from orchestrator_tui.core.errors import DependencyCycle, NotAllowedNow, UnknownDependency
from orchestrator_tui.core.models import BlockedReason, MissionSpec, MissionState
from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, events_so_far, fail_for_good, start

S = MissionState


async def chain(queue: MissionQueue, *ids: str) -> None:
    """Each mission depends on the one before it."""
    await queue.enqueue_many(
        [MissionSpec(prompt=name, id=name, depends_on=ids[max(at - 1, 0) : at]) for at, name in enumerate(ids)]
    )


async def why_blocked(queue: MissionQueue, mission_id: str) -> tuple[str, Sequence[str]]:
    mission = await queue.get(mission_id)
    assert mission.state is S.BLOCKED, mission.state
    assert mission.blocked_reason is not None
    return mission.blocked_reason.value, mission.blocked_by


async def test_a_mission_waits_until_its_last_dependency_is_done(queue: MissionQueue):
    await queue.enqueue_many(
        [
            MissionSpec(prompt="c", id="c", depends_on=("b", "a")),
            MissionSpec(prompt="a", id="a"),
            MissionSpec(prompt="b", id="b"),
        ]
    )
    assert (await queue.get("c")).depends_on == ("b", "a")
    assert await why_blocked(queue, "c") == ("waiting", ("b", "a"))
    assert [mission.id for mission in await queue.get_blocked()] == ["c"]
    await start(queue, "b")
    await queue.complete("b", output="")
    assert await why_blocked(queue, "c") == ("waiting", ("a",))
    await start(queue, "a")
    await queue.complete("a", output="")
    assert (await queue.get("c")).state is S.PENDING


async def test_a_done_dependency_holds_nothing_up(queue: MissionQueue):
    await queue.enqueue(prompt="a", id="a")
    await start(queue, "a")
    await queue.complete("a", output="")
    await queue.enqueue(prompt="b", id="b", depends_on=["a"])
    assert (await queue.get("b")).state is S.PENDING


async def test_a_mission_never_starts_before_its_dependency_ended(queue: MissionQueue, clock: FakeClock):
    await chain(queue, "a", "b")
    await queue.dequeue(1)
    clock.advance(3)
    parent = await queue.complete("a", output="")
    child = await queue.dequeue(2)
    assert child is not None
    assert child.started_at is not None
    assert parent.ended_at is not None
    assert child.started_at >= parent.ended_at


async def test_a_failure_blocks_everything_below_and_names_the_root(queue: MissionQueue):
    await chain(queue, "a", "b", "c", "d")
    watch = queue.watch()
    await fail_for_good(queue, "a")
    for name in ("b", "c", "d"):
        assert await why_blocked(queue, name) == ("dependency_failed", ("a",))
    blocked = [event for event in await events_so_far(queue, watch) if event.type == "mission_blocked"]
    assert [event.mission_id for event in blocked] == ["b", "c", "d"]
    assert dict(blocked[0].data) == {"reason": "dependency_failed", "blocked_by": ["a"]}


async def test_a_retry_that_is_still_possible_blocks_nothing(queue: MissionQueue):
    await chain(queue, "a", "b")
    await start(queue, "a")
    await queue.fail("a", code="c", message="")
    assert await why_blocked(queue, "b") == ("waiting", ("a",))


async def test_retrying_the_root_frees_what_is_below(queue: MissionQueue):
    await chain(queue, "a", "b", "c")
    await fail_for_good(queue, "a")
    await queue.retry("a")
    assert await why_blocked(queue, "b") == ("waiting", ("a",))
    assert await why_blocked(queue, "c") == ("waiting", ("b",))
    for name in ("a", "b", "c"):
        assert (await queue.dequeue(1)) is not None
        await queue.complete(name, output="")
    assert (await queue.get_stats()).completed == 3


async def test_two_roots_must_both_be_retried(queue: MissionQueue):
    await queue.enqueue_many(
        [
            MissionSpec(prompt="a", id="a"),
            MissionSpec(prompt="b", id="b"),
            MissionSpec(prompt="c", id="c", depends_on=("a", "b")),
        ]
    )
    await fail_for_good(queue, "b")
    await fail_for_good(queue, "a")
    assert await why_blocked(queue, "c") == ("dependency_failed", ("a", "b"))
    await queue.retry("a")
    assert await why_blocked(queue, "c") == ("dependency_failed", ("b",))
    await queue.retry("b")
    assert await why_blocked(queue, "c") == ("waiting", ("a", "b"))


async def test_cancelling_in_the_middle_makes_the_middle_the_root(queue: MissionQueue):
    await chain(queue, "a", "b", "c")
    await fail_for_good(queue, "a")
    await queue.cancel("b")
    assert await why_blocked(queue, "c") == ("dependency_failed", ("b",))
    await queue.retry("a")
    assert await why_blocked(queue, "c") == ("dependency_failed", ("b",))
    again = await queue.retry("b")
    assert (again.state, again.blocked_reason, again.blocked_by) == (S.BLOCKED, BlockedReason.WAITING, ("a",))
    assert await why_blocked(queue, "c") == ("waiting", ("b",))


async def test_a_cancelled_mission_that_is_retried_below_a_failure_is_hopeless_again(queue: MissionQueue):
    await chain(queue, "a", "b")
    await queue.cancel("b")
    await fail_for_good(queue, "a")
    again = await queue.retry("b")
    assert (again.blocked_reason, again.blocked_by) == (BlockedReason.DEPENDENCY_FAILED, ("a",))


async def test_a_new_mission_below_a_failure_is_blocked_at_once(queue: MissionQueue):
    await chain(queue, "a", "b")
    await fail_for_good(queue, "a")
    await queue.enqueue_many(
        [
            MissionSpec(prompt="d", id="d", depends_on=("c",)),
            MissionSpec(prompt="c", id="c", depends_on=("b",)),
        ]
    )
    assert await why_blocked(queue, "c") == ("dependency_failed", ("a",))
    assert await why_blocked(queue, "d") == ("dependency_failed", ("a",))
    await queue.retry("a")
    assert await why_blocked(queue, "d") == ("waiting", ("c",))


class TestAddedLater:
    async def test_a_pending_mission_is_held_back(self, queue: MissionQueue):
        await queue.enqueue(prompt="a", id="a")
        await queue.enqueue(prompt="b", id="b")
        held = await queue.add_dependency("a", "b")
        assert (held.state, held.blocked_by, held.depends_on) == (S.BLOCKED, ("b",), ("b",))
        assert await queue.add_dependency("a", "b") == held
        await start(queue, "b")
        await queue.complete("b", output="")
        assert (await queue.get("a")).state is S.PENDING

    async def test_a_failed_one_blocks_the_mission_and_what_is_below(self, queue: MissionQueue):
        await chain(queue, "a", "b")
        await queue.enqueue(prompt="x", id="x")
        await fail_for_good(queue, "x")
        await queue.add_dependency("a", "x")
        assert await why_blocked(queue, "a") == ("dependency_failed", ("x",))
        assert await why_blocked(queue, "b") == ("dependency_failed", ("x",))

    async def test_a_done_one_changes_nothing(self, queue: MissionQueue):
        await queue.enqueue(prompt="a", id="a")
        await queue.enqueue(prompt="b", id="b")
        await start(queue, "b")
        await queue.complete("b", output="")
        assert (await queue.add_dependency("a", "b")).state is S.PENDING

    async def test_a_claimed_or_ended_mission_waits_for_nothing(self, queue: MissionQueue):
        await queue.enqueue(prompt="a", id="a")
        await queue.enqueue(prompt="b", id="b")
        await start(queue, "a")
        with pytest.raises(NotAllowedNow):
            await queue.add_dependency("a", "b")
        await queue.complete("a", output="")
        with pytest.raises(NotAllowedNow):
            await queue.add_dependency("a", "b")

    async def test_an_unknown_one_is_refused(self, queue: MissionQueue):
        await queue.enqueue(prompt="a", id="a")
        with pytest.raises(UnknownDependency):
            await queue.add_dependency("a", "ghost")


class TestCycles:
    async def test_a_batch_with_a_cycle_is_refused_whole(self, queue: MissionQueue):
        with pytest.raises(DependencyCycle, match="a → b → a"):
            await queue.enqueue_many(
                [MissionSpec(prompt="a", id="a", depends_on=("b",)), MissionSpec(prompt="b", id="b", depends_on=("a",))]
            )
        assert (await queue.get_stats()).blocked == 0

    async def test_a_mission_cannot_wait_for_itself(self, queue: MissionQueue):
        with pytest.raises(DependencyCycle, match="a → a"):
            await queue.enqueue(prompt="a", id="a", depends_on=["a"])
        await queue.enqueue(prompt="b", id="b")
        with pytest.raises(DependencyCycle, match="b → b"):
            await queue.add_dependency("b", "b")

    async def test_a_later_edge_that_closes_a_circle_is_refused(self, queue: MissionQueue):
        await chain(queue, "a", "b", "c")
        with pytest.raises(DependencyCycle, match="a → c → b → a"):
            await queue.add_dependency("a", "c")
        assert (await queue.get("a")).state is S.PENDING
