"""A mission store as the benchmarks use it: filled, and asked for one durable operation at a time."""

import os
import statistics
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from orchestrator_tui.core.models import Mission, MissionSpec, Priority, TokenUsage
from orchestrator_tui.missions.queue import random_id
from orchestrator_tui.missions.sqlite import SqliteStore
from orchestrator_tui.missions.validation import checked_spec
from orchestrator_tui.pty.system_clock import SystemClock

T = TypeVar("T")

MANY = 100_000
OPERATIONS, BLOCK = 500, 25
PROMPT = "Write down what the parser must accept. " * 12
BUDGET, TIMEOUT_MS = 3, 3_600_000


def spec(number: int) -> MissionSpec:
    """Mission ``number``: every priority as often."""
    return MissionSpec(prompt=f"{number}: {PROMPT}", priority=list(Priority)[number % len(Priority)])


def fill(store: SqliteStore, count: int) -> None:
    """Queues ``count`` missions in large transactions."""
    for first in range(0, count, 10_000):
        specs = [checked_spec(spec(number)) for number in range(first, min(first + 10_000, count))]
        store.begin()
        store.enqueue(specs)
        store.commit()


@contextmanager
def filled(path: Path, count: int) -> Generator[SqliteStore]:
    """A store with ``count`` missions, closed at the end."""
    store = SqliteStore(path, clock=SystemClock(), new_id=random_id)
    try:
        fill(store, count)
        settle(path)
        yield store
    finally:
        store.close()


def settle(path: Path) -> None:
    """What was filled in must not still be on its way to the disk while single pages are timed."""
    for name in (path, path.with_name(f"{path.name}-wal")):
        descriptor = os.open(name, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def durably(store: SqliteStore, operation: Callable[[], T]) -> T:
    """One operation the way the writer does it: its own transaction, answered after the commit."""
    store.begin()
    store.savepoint()
    value = operation()
    store.release()
    store.commit()
    return value


def take(store: SqliteStore) -> Mission:
    """The next mission, started."""
    mission = store.dequeue(1, None, {}, 0, TIMEOUT_MS, BUDGET)
    assert mission is not None
    return mission


def finish(store: SqliteStore, mission: Mission) -> None:
    """A mission that was taken is done."""
    store.complete(mission.id, "done", 5, TokenUsage(1, 1), mission.lease, override=False)


def rate(seconds: list[float]) -> float:
    """Operations a second, by the median of what they took."""
    return 1 / statistics.median(seconds)
