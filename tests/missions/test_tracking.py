"""Whoever follows the queue is told of every mission whose row changed, whatever changed it, and of no other."""

from pathlib import Path

import pytest

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.models import Mission, MissionSpec, MissionState, Priority
from orchestrator_tui.core.usage import ApiRequest
from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, fail_for_good, start

ALL = 1_000


async def changed(queue: MissionQueue) -> dict[str, Mission]:
    return {mission.id: mission for mission in await queue.changed(ALL)}


async def followed(queue: MissionQueue, *specs: MissionSpec) -> None:
    await queue.enqueue_many(specs)
    await queue.follow(ALL)


async def test_following_begins_with_everything_in_outline(queue: MissionQueue) -> None:
    await queue.enqueue(id="a", prompt="The title\n" + "x" * 10_000, context="long")
    (mission,) = await queue.follow(ALL)
    assert (mission.title, mission.context, mission.output) == ("The title", None, None)
    assert len(mission.prompt) < 1_000
    assert await changed(queue) == {}


async def test_every_step_of_a_mission_is_told_once(queue: MissionQueue) -> None:
    await followed(queue)
    await queue.enqueue(id="a", prompt="x")
    assert (await changed(queue))["a"].state is MissionState.PENDING
    await start(queue, "a", agent_id=7)
    running = (await changed(queue))["a"]
    assert (running.state, running.agent_id, running.attempts) == (MissionState.RUNNING, 7, 1)
    await queue.complete("a", output="done")
    assert (await changed(queue))["a"].state is MissionState.COMPLETED
    assert await changed(queue) == {}


async def test_what_waited_is_told_when_it_need_not_wait_any_more(queue: MissionQueue) -> None:
    await followed(queue, MissionSpec("x", id="a"), MissionSpec("x", id="b", depends_on=("a",)), MissionSpec("x"))
    await start(queue, "a")
    await queue.complete("a", output="")
    told = await changed(queue)
    assert set(told) == {"a", "b"}
    assert told["b"].state is MissionState.PENDING


async def test_what_a_failure_blocks_is_told_and_what_a_retry_frees(queue: MissionQueue) -> None:
    await followed(
        queue,
        MissionSpec("x", id="a"),
        MissionSpec("x", id="b", depends_on=("a",)),
        MissionSpec("x", id="c", depends_on=("b",)),
    )
    await fail_for_good(queue, "a")
    told = await changed(queue)
    assert set(told) == {"a", "b", "c"}
    assert (told["a"].error_code, told["c"].blocked_by) == ("broke", ("a",))
    await queue.retry("a")
    assert set(await changed(queue)) == {"a", "b", "c"}


async def test_a_mission_may_change_many_times_before_it_is_told(queue: MissionQueue) -> None:
    await followed(queue, MissionSpec("x", id="a", max_retries=5))
    for _ in range(3):
        await start(queue, "a")
        await queue.fail("a", code="broke", message="it broke", delay_ms=0)
        await queue.promote_due()
    await fail_for_good(queue, "a")
    await queue.retry("a")
    await fail_for_good(queue, "a")
    assert (await changed(queue))["a"].state is MissionState.FAILED


async def test_edits_are_told(queue: MissionQueue) -> None:
    await followed(queue, MissionSpec("x", id="a"), MissionSpec("x", id="b"))
    await queue.update("a", priority="critical")
    assert (await changed(queue))["a"].priority is Priority.CRITICAL
    await queue.update("a", prompt="Another title")
    assert (await changed(queue))["a"].title == "Another title"
    await queue.add_dependency("b", "a")
    assert (await changed(queue))["b"].depends_on == ("a",)


async def test_a_fence_and_a_cost_are_told_but_not_the_running_time(queue: MissionQueue, clock: FakeClock) -> None:
    await followed(queue, MissionSpec("x", id="a"))
    await start(queue, "a")
    await changed(queue)
    await queue.add_spent({"a": 5_000})
    assert await changed(queue) == {}
    clock.advance(100)
    await queue.ledger.record([ApiRequest("r", 1, clock.now_ms(), input=5, cost_usd=0.25)])
    assert (await changed(queue))["a"].spent.cost_usd == 0.25
    await queue.begin_fence("a", "timeout")
    assert (await changed(queue))["a"].fence == "timeout"


async def test_an_operation_that_is_taken_back_is_not_told(queue: MissionQueue) -> None:
    await followed(queue, MissionSpec("x", id="a"))
    await queue.cancel("a")
    await changed(queue)
    with pytest.raises(NotAllowedNow):
        await queue.cancel("a")
    assert await changed(queue) == {}


async def test_much_is_told_in_parts_and_nothing_twice(queue: MissionQueue) -> None:
    await followed(queue)
    ids = await queue.enqueue_many([MissionSpec("x")] * 7)
    parts = [[mission.id for mission in await queue.changed(3)] for _ in range(4)]
    assert [len(part) for part in parts] == [3, 3, 1, 0]
    assert [one for part in parts for one in part] == ids


async def test_missions_that_did_not_change_are_told_on_request(queue: MissionQueue) -> None:
    await followed(queue, MissionSpec("x", id="a"), MissionSpec("x", id="b"))
    assert [mission.id for mission in await queue.changed(ALL, ["b", "unknown"])] == ["b"]


async def test_following_again_goes_on_and_its_end_ends_the_noting(tmp_path: Path) -> None:
    queue = await MissionQueue.open(tmp_path / "missions.db", clock=FakeClock())
    await queue.unfollow()
    await followed(queue)
    await queue.enqueue(id="a", prompt="x")
    await queue.follow(ALL)
    assert set(await changed(queue)) == {"a"}
    await queue.unfollow()
    await queue.enqueue(id="b", prompt="x")
    await queue.follow(ALL)
    assert await changed(queue) == {}
    await queue.aclose()
