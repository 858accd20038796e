"""The mission queue against the disk beneath it and against itself when it is large."""

import asyncio
import os
import statistics
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from orchestrator_tui.core.models import Mission, MissionSpec, Priority, TokenUsage
from orchestrator_tui.missions.queue import MissionQueue, random_id
from orchestrator_tui.missions.sqlite import SqliteStore
from orchestrator_tui.missions.validation import checked_spec
from orchestrator_tui.pty.system_clock import SystemClock
from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples

T = TypeVar("T")

SINGLE = 100_000
SMALL, LARGE = 1_000, 1_000_000
OPERATIONS, BLOCK = 500, 25
CALLERS = 64
PAGE = 4096
PROMPT = "Write down what the parser must accept. " * 12
BUDGET, TIMEOUT_MS = 3, 3_600_000


def _spec(number: int) -> MissionSpec:
    return MissionSpec(prompt=f"{number}: {PROMPT}", priority=list(Priority)[number % len(Priority)])


def _fill(store: SqliteStore, count: int) -> None:
    for first in range(0, count, 10_000):
        specs = [checked_spec(_spec(number)) for number in range(first, min(first + 10_000, count))]
        store.begin()
        store.enqueue(specs)
        store.commit()


def _open(path: Path) -> SqliteStore:
    return SqliteStore(path, clock=SystemClock(), new_id=random_id)


@contextmanager
def _filled(path: Path, count: int) -> Generator[SqliteStore]:
    store = _open(path)
    try:
        _fill(store, count)
        # What was filled in must not still be on its way to the disk while single pages are timed.
        for name in (path, path.with_name(f"{path.name}-wal")):
            descriptor = os.open(name, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        yield store
    finally:
        store.close()


def _durably(store: SqliteStore, operation: Callable[[], T]) -> T:
    """One operation the way the writer does it: its own transaction, answered after the commit."""
    store.begin()
    store.savepoint()
    value = operation()
    store.release()
    store.commit()
    return value


def _take(store: SqliteStore) -> Mission:
    mission = store.dequeue(1, None, {}, 0, TIMEOUT_MS, BUDGET)
    assert mission is not None
    return mission


def _finish(store: SqliteStore, mission: Mission) -> None:
    store.complete(mission.id, "done", 5, TokenUsage(1, 1), mission.lease, override=False)


class _Disk:
    """How often a second the disk makes one page durable: appended, and over what is there."""

    def __init__(self, folder: Path) -> None:
        self._append = os.open(folder / "append", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._overwrite = os.open(folder / "overwrite", os.O_WRONLY | os.O_CREAT)
        self._page = os.urandom(PAGE)
        for _ in range(64):
            os.write(self._overwrite, self._page)
        os.fsync(self._overwrite)

    def append(self) -> float:
        """Seconds of one."""
        started = time.perf_counter()
        os.write(self._append, self._page)
        os.fdatasync(self._append)
        return time.perf_counter() - started

    def overwrite(self, number: int) -> float:
        """Seconds of one."""
        started = time.perf_counter()
        os.pwrite(self._overwrite, self._page, number % 64 * PAGE)
        os.fdatasync(self._overwrite)
        return time.perf_counter() - started

    def close(self) -> None:
        """Closes the files."""
        os.close(self._append)
        os.close(self._overwrite)


class _Took:
    """Seconds of each operation, which come out as operations a second."""

    def __init__(self) -> None:
        self.enqueue: list[float] = []
        self.dequeue: list[float] = []
        self.complete: list[float] = []
        self.append: list[float] = []
        self.overwrite: list[float] = []

    def disk(self, disk: _Disk) -> None:
        """The disk's own rates: near in time, yet in a block of their own, since one file's page delays another's."""
        self.append += [disk.append() for _ in range(BLOCK)]
        self.overwrite += [disk.overwrite(number) for number in range(BLOCK)]

    def samples(self, prefix: str) -> Samples:
        """The three rows."""
        append, overwrite = _rate(self.append), _rate(self.overwrite)
        return {
            f"{prefix}_enqueue": Sample(_rate(self.enqueue), append),
            f"{prefix}_dequeue": Sample(_rate(self.dequeue), overwrite),
            f"{prefix}_complete": Sample(_rate(self.complete), overwrite),
        }


def _rate(seconds: list[float]) -> float:
    return 1 / statistics.median(seconds)


async def _store_single(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    disk = _Disk(folder)
    clock = time.perf_counter
    try:
        with _filled(folder / "missions.db", SINGLE) as store:
            while True:
                took = _Took()
                for _ in range(OPERATIONS // BLOCK):
                    for number in range(BLOCK):
                        spec = checked_spec(_spec(number))
                        started = clock()
                        _durably(store, lambda spec=spec: store.enqueue([spec]))
                        took.enqueue.append(clock() - started)
                    for _ in range(BLOCK):
                        started = clock()
                        mission = _durably(store, lambda: _take(store))
                        took.dequeue.append(clock() - started)
                        started = clock()
                        _durably(store, lambda mission=mission: _finish(store, mission))
                        took.complete.append(clock() - started)
                    took.disk(disk)
                yield took.samples("queue_single")
    finally:
        disk.close()


async def _api_single(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    disk = _Disk(folder)
    clock = time.perf_counter
    path = folder / "missions.db"
    with _filled(path, SINGLE):
        pass
    queue = await MissionQueue.open(path, clock=SystemClock())
    try:
        while True:
            took = _Took()
            for _ in range(OPERATIONS // BLOCK):
                for number in range(BLOCK):
                    started = clock()
                    await queue.enqueue(prompt=f"{number}: {PROMPT}")
                    took.enqueue.append(clock() - started)
                for _ in range(BLOCK):
                    started = clock()
                    mission = await queue.dequeue(1)
                    took.dequeue.append(clock() - started)
                    assert mission is not None
                    started = clock()
                    await queue.complete(mission.id, output="done")
                    took.complete.append(clock() - started)
                took.disk(disk)
            yield took.samples("queue_api")
    finally:
        await queue.aclose()
        disk.close()


async def _flat(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    with _filled(folder / "large.db", LARGE) as large, _filled(folder / "small.db", SMALL) as small:
        while True:
            took: dict[int, list[float]] = {SMALL: [], LARGE: []}
            for _ in range(OPERATIONS):
                for size, store in ((SMALL, small), (LARGE, large)):
                    started = time.perf_counter()
                    mission = _durably(store, lambda store=store: _take(store))
                    took[size].append((time.perf_counter() - started) * 1e6)
                    _durably(store, lambda store=store, mission=mission: _finish(store, mission))
            # What was taken is put back, so that the small one stays as large as it is called.
            _fill(small, OPERATIONS)
            yield {"queue_flat": Sample(statistics.median(took[LARGE]), statistics.median(took[SMALL]))}


async def _group(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    queue = await MissionQueue.open(folder / "missions.db", clock=SystemClock())

    async def enqueue(count: int) -> None:
        for number in range(count):
            await queue.enqueue(prompt=f"{number}: {PROMPT}")

    try:
        while True:
            started = time.perf_counter()
            await enqueue(OPERATIONS)
            single = OPERATIONS / (time.perf_counter() - started)
            each = 40
            started = time.perf_counter()
            await asyncio.gather(*(enqueue(each) for _ in range(CALLERS)))
            many = CALLERS * each / (time.perf_counter() - started)
            yield {"queue_group": Sample(many, single)}
    finally:
        await queue.aclose()


def _rows(prefix: str, least: float) -> dict[str, RowSpec]:
    bound = Bound("ratio", ">=", least)
    append, overwrite = "4 KiB appended + fdatasync", "4 KiB overwritten + fdatasync"
    return {
        f"{prefix}_enqueue": RowSpec("/s", append, bound),
        f"{prefix}_dequeue": RowSpec("/s", overwrite, bound),
        f"{prefix}_complete": RowSpec("/s", overwrite, bound),
    }


BENCHMARKS = {
    "queue_single": Benchmark(_store_single, _rows("queue_single", 0.7)),
    "queue_api": Benchmark(_api_single, _rows("queue_api", 0.5)),
    "queue_flat": Benchmark(
        _flat, {"queue_flat": RowSpec("us", f"{SMALL:,} missions (ours: {LARGE:,})", Bound("ratio", "<=", 1.3))}
    ),
    "queue_group": Benchmark(
        _group, {"queue_group": RowSpec("/s", f"one caller (ours: {CALLERS})", Bound("ratio", ">=", 4))}
    ),
}
