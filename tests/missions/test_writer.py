"""Group commit: shared, ordered, isolated, and honest about a store that does not write."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from orchestrator_tui.core.errors import StoreUnavailable, UsageError
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import MissionSpec
from orchestrator_tui.missions.queue import MissionQueue
from orchestrator_tui.missions.sqlite import SqliteStore
from orchestrator_tui.missions.validation import checked_spec
from orchestrator_tui.missions.writer import GroupWriter
from tests.missions.helpers import FakeClock, counting_ids, open_queue


class FakeStore:
    """Notes what is asked of it; a commit can be made to fail."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failing_commits = 0
        self.events: list[Event] = []

    def begin(self) -> None:
        self.calls.append("begin")

    def commit(self) -> None:
        if self.failing_commits:
            self.failing_commits -= 1
            raise StoreUnavailable("disk full")
        self.calls.append("commit")

    def rollback(self) -> None:
        self.calls.append("rollback")

    def savepoint(self) -> None:
        self.events = []

    def release(self) -> list[Event]:
        return self.events

    def undo(self) -> None:
        self.calls.append("undo")

    def close(self) -> None:
        self.calls.append("close")


def note(name: str) -> Callable[[FakeStore], str]:
    def operation(store: FakeStore) -> str:
        store.calls.append(name)
        store.events.append(Event(EventType.STATUS, 0, mission_id=name))
        return name

    return operation


def refuse(store: FakeStore) -> NoReturn:
    store.calls.append("refused")
    raise UsageError("no")


async def opened(store: FakeStore, published: list[str]) -> "GroupWriter[FakeStore]":
    writer = GroupWriter(lambda: store, lambda event: published.append(str(event.mission_id)))
    await writer.start()
    return writer


async def test_operations_that_wait_together_share_one_commit(tmp_path: Path, clock: FakeClock):
    queue = await open_queue(tmp_path / "m.db", clock)
    before = queue.commits
    ids = await asyncio.gather(*(queue.enqueue(prompt="x") for _ in range(200)))
    assert queue.commits - before <= 20
    assert len(set(ids)) == 200
    assert [mission.id for mission in await queue.get_pending()] == ids
    await queue.aclose()


async def test_a_refused_operation_is_taken_back_alone():
    store, published = FakeStore(), list[str]()
    writer = await opened(store, published)
    results = await asyncio.gather(
        writer.run(note("a")), writer.run(refuse), writer.run(note("b")), return_exceptions=True
    )
    assert results[0] == "a"
    assert isinstance(results[1], UsageError)
    assert results[2] == "b"
    assert published == ["a", "b"]
    assert store.calls.count("undo") == 1
    await writer.aclose()
    assert store.calls[-1] == "close"


async def test_nothing_is_acknowledged_or_told_when_the_commit_fails():
    store, published = FakeStore(), list[str]()
    writer = await opened(store, published)
    store.failing_commits = 1
    with pytest.raises(StoreUnavailable, match="disk full"):
        await writer.run(note("lost"))
    assert published == []
    assert writer.error == "disk full"
    assert await writer.run(note("kept")) == "kept"
    assert writer.error is None
    assert published == ["kept"]
    await writer.aclose()


async def test_a_failed_group_is_tried_one_by_one_so_that_nobody_suffers_for_another():
    store, published = FakeStore(), list[str]()
    writer = await opened(store, published)
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(_: FakeStore) -> None:
        # Keeps the thread busy until both others wait, so that they form one group.
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()

    def then_fail(inner: FakeStore) -> str:
        if "first" not in inner.calls:
            inner.failing_commits = 1
        return note("first")(inner)

    first = asyncio.ensure_future(writer.run(hold))
    others = asyncio.gather(writer.run(then_fail), writer.run(note("second")))
    await asyncio.sleep(0)
    gate.set()
    await first
    assert await others == ["first", "second"]
    assert store.calls.count("rollback") == 1
    assert published == ["first", "second"]
    await writer.aclose()


async def test_closing_finishes_what_was_asked_before(tmp_path: Path, clock: FakeClock):
    queue = await open_queue(tmp_path / "m.db", clock)
    asked = [asyncio.ensure_future(queue.enqueue(prompt="x")) for _ in range(20)]
    await asyncio.sleep(0)
    await queue.aclose()
    assert [await answer for answer in asked] == [f"mission-{number}" for number in range(1, 21)]


async def test_a_caller_that_gives_up_disturbs_nobody(queue: MissionQueue):
    gone = asyncio.ensure_future(queue.enqueue(prompt="gone"))
    stays = asyncio.ensure_future(queue.enqueue(prompt="stays", id="stays"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == "stays"
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_store_opens_at_its_first_use():
    store = FakeStore()
    writer = GroupWriter(lambda: store, lambda _: None)
    assert store.calls == []
    assert await asyncio.gather(writer.run(note("a")), writer.run(note("b"))) == ["a", "b"]
    await writer.aclose()
    assert store.calls.count("close") == 1


async def test_closing_while_it_opens_leaves_nobody_waiting():
    store = FakeStore()
    writer = GroupWriter(lambda: store, lambda _: None)
    asked = asyncio.ensure_future(writer.run(note("a")))
    await asyncio.sleep(0)
    await writer.aclose()
    async with asyncio.timeout(5):
        with pytest.raises(StoreUnavailable, match="closed"):
            await asked
    assert store.calls == ["close"]


def test_a_transaction_keeps_only_what_was_released(clock: FakeClock):
    store = SqliteStore(None, clock=clock, new_id=counting_ids())

    def enqueue(name: str) -> None:
        store.savepoint()
        store.enqueue([checked_spec(MissionSpec(prompt="x", id=name))])

    # The first operation is taken back otherwise than a later one.
    store.begin()
    enqueue("refused-first")
    store.undo()
    enqueue("kept")
    assert [event.mission_id for event in store.release()] == ["kept"]
    enqueue("refused-later")
    store.undo()
    enqueue("kept-too")
    assert [event.mission_id for event in store.release()] == ["kept-too"]
    store.commit()
    assert [mission.id for mission in store.pending(10)] == ["kept", "kept-too"]
    store.close()
