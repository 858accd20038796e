"""Missions that a person gave to one agent."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.models import MissionState
from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, fail_for_good, open_queue, start


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[MissionQueue]:
    made = await open_queue(tmp_path / "missions.db", FakeClock())
    yield made
    await made.aclose()


async def test_only_its_agent_may_claim_it(queue: MissionQueue) -> None:
    await queue.enqueue(prompt="x", id="a")
    await queue.give("a", 7)
    assert await queue.claim("a", 1) is None
    assert await queue.claim("a", 7) is not None


async def test_a_later_attempt_is_its_agents_too(queue: MissionQueue) -> None:
    await queue.enqueue(prompt="x", id="a")
    await queue.give("a", 7)
    await start(queue, "a", 7)
    failed = await queue.fail("a", code="broke", message="it broke")
    assert (failed.state, failed.reserved_for) == (MissionState.RETRYING, 7)


async def test_it_is_kept_while_it_is_blocked_and_when_it_is_tried_again(queue: MissionQueue) -> None:
    await queue.enqueue(prompt="x", id="first")
    await queue.enqueue(prompt="x", id="a")
    await queue.give("a", 7)
    await queue.add_dependency("a", "first")
    await fail_for_good(queue, "first")
    await queue.cancel("a")
    assert (await queue.retry("a")).reserved_for == 7


async def test_an_agent_that_is_gone_lets_go_of_it_for_good(queue: MissionQueue) -> None:
    await queue.enqueue(prompt="x", id="a")
    await queue.give("a", 7)
    assert await queue.release_reservations(7) == ["a"]
    await start(queue, "a", 1)
    assert (await queue.fail("a", code="broke", message="it broke")).reserved_for is None


async def test_everybody_may_have_it_again(queue: MissionQueue) -> None:
    await queue.enqueue(prompt="x", id="a")
    await queue.give("a", 7)
    await queue.give("a", None)
    assert await queue.claim("a", 1) is not None


async def test_one_in_hand_or_ended_is_refused(queue: MissionQueue) -> None:
    await queue.enqueue(prompt="x", id="a")
    await start(queue, "a")
    with pytest.raises(NotAllowedNow, match="an agent has it already"):
        await queue.give("a", 7)
    await queue.complete("a", output="done")
    with pytest.raises(NotAllowedNow, match="is completed"):
        await queue.give("a", 7)
