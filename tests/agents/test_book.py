"""New agents are in the book and in the registry, or in neither."""

import asyncio
from collections.abc import Sequence

import pytest

from orchestrator_tui.agents.book import AgentBook, config_of
from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.errors import StoreUnavailable
from orchestrator_tui.core.models import AgentRecord, AgentState, ModelTier, Role
from orchestrator_tui.pty.system_clock import SystemClock


class Shelf:
    """A registry in memory; a write waits for ``open`` and fails with ``error``."""

    def __init__(self) -> None:
        self.kept: dict[int, AgentRecord] = {}
        self.open = asyncio.Event()
        self.error: Exception | None = None
        self._writes: set[asyncio.Task[None]] = set()

    async def put(self, record: AgentRecord) -> None:
        await self.put_all([record])

    async def put_all(self, records: Sequence[AgentRecord]) -> None:
        if self.error is not None:
            raise self.error
        # As in the store's own thread, a write that nobody waits for any more is done nevertheless.
        write = asyncio.create_task(self._write(records))
        self._writes.add(write)
        await asyncio.shield(write)

    async def delete(self, agent_id: int) -> None:
        await asyncio.gather(*self._writes)
        self.kept.pop(agent_id, None)

    async def all(self) -> list[AgentRecord]:
        return list(self.kept.values())

    async def _write(self, records: Sequence[AgentRecord]) -> None:
        await self.open.wait()
        self.kept.update((record.id, record) for record in records)


def records(count: int, config: AgentConfig) -> list[AgentRecord]:
    stored = config.model_dump(mode="json")
    return [
        AgentRecord(number, f"agent-{number}", Role.CODER, ModelTier.HAIKU, "demo", stored, AgentState.STARTING, 0, 0)
        for number in range(1, count + 1)
    ]


def book(shelf: Shelf, changed: list[int]) -> AgentBook:
    return AgentBook(shelf, SystemClock(), lambda _: None, changed.append)


async def test_a_pool_that_cannot_be_written_is_not_in_the_book() -> None:
    shelf, changed = Shelf(), list[int]()
    shelf.error = StoreUnavailable("The disk is full.")
    agents = book(shelf, changed)
    with pytest.raises(StoreUnavailable):
        await agents.add(records(3, AgentConfig()))
    assert (agents.records(), changed) == ([], [])


async def test_a_pool_that_nobody_waits_for_any_more_is_taken_back() -> None:
    shelf, changed = Shelf(), list[int]()
    agents = book(shelf, changed)
    adding = asyncio.create_task(agents.add(records(3, AgentConfig())))
    await asyncio.sleep(0)
    adding.cancel()
    shelf.open.set()
    with pytest.raises(asyncio.CancelledError):
        await adding
    assert (agents.records(), shelf.kept, changed) == ([], {}, [])


def test_each_record_has_its_own_configuration() -> None:
    (one,), (other,) = records(1, AgentConfig(cols=90)), records(1, AgentConfig(cols=100))
    assert [config_of(record).cols for record in (one, other, one, one)] == [90, 100, 90, 90]
