"""A mission taken back for a reason that is not its own: as if it had not started."""

import pytest

from orchestrator_tui.core.errors import LeaseLost
from orchestrator_tui.core.events import EventType
from orchestrator_tui.core.models import MissionState
from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, events_so_far, start

S = MissionState


async def test_no_attempt_is_used_and_none_is_logged(queue: MissionQueue):
    await queue.enqueue(prompt="x", id="m", max_retries=0)
    for _ in range(3):
        await start(queue, "m", 7)
        back = await queue.postpone("m", code="quota", message="resets 3pm", reserve_for=7)
        assert (back.state, back.attempts, back.attempt_log, back.started_at) == (S.PENDING, 0, (), None)
        assert (back.agent_id, back.lease, back.nonce, back.undelivered) == (None, None, None, 0)
        assert (back.error_code, back.error_message) == ("quota", "resets 3pm")
    await start(queue, "m", 7)
    done = await queue.complete("m", output="done")
    assert (done.attempts, [attempt.code for attempt in done.attempt_log], done.error_code) == (1, [None], None)


async def test_earlier_attempts_stay(queue: MissionQueue, clock: FakeClock):
    await queue.enqueue(prompt="x", id="m", max_retries=1)
    first = await start(queue, "m")
    await queue.fail("m", code="broke", message="it broke")
    clock.advance(1_000)
    await queue.promote_due()
    await start(queue, "m")
    back = await queue.postpone("m", code="quota", message="limit")
    assert (back.attempts, [attempt.code for attempt in back.attempt_log]) == (1, ["broke"])
    assert back.started_at == first.started_at
    await start(queue, "m")
    assert (await queue.fail("m", code="broke", message="again")).state is S.FAILED


async def test_only_the_agent_that_had_it_goes_on(queue: MissionQueue):
    await queue.enqueue(prompt="x", id="m")
    await start(queue, "m", 7)
    await queue.postpone("m", code="quota", message="limit", reserve_for=7)
    assert await queue.claim("m", 8) is None
    assert await queue.claim("m", 7) is not None


async def test_a_claim_that_was_not_acknowledged_goes_back_as_well(queue: MissionQueue):
    await queue.enqueue(prompt="x", id="m")
    await queue.claim("m", 7)
    back = await queue.postpone("m", code="quota", message="limit")
    assert (back.state, back.attempts, back.undelivered, back.reserved_for) == (S.PENDING, 0, 0, None)


async def test_it_is_told_as_a_retry_that_used_no_attempt(queue: MissionQueue):
    await queue.enqueue(prompt="x", id="m")
    await start(queue, "m", 7)
    watch = queue.watch()
    await queue.postpone("m", code="quota", message="limit", reserve_for=7)
    (event,) = await events_so_far(queue, watch)
    assert (event.type, event.agent_id, event.data["code"], event.data["used"]) == (
        EventType.TASK_RETRY,
        7,
        "quota",
        False,
    )


async def test_a_lost_claim_cannot_be_postponed(queue: MissionQueue):
    await queue.enqueue(prompt="x", id="m")
    mission = await start(queue, "m", 7)
    await queue.begin_fence("m", "timeout")
    with pytest.raises(LeaseLost):
        await queue.postpone("m", code="quota", message="limit", lease=mission.lease)
