"""The mission queue against the disk beneath it and against itself when it is large."""

import asyncio
import os
import statistics
import time
from collections.abc import AsyncGenerator
from pathlib import Path

from orchestrator_tui.missions.database import Database
from orchestrator_tui.missions.queue import MissionQueue, random_id
from orchestrator_tui.missions.validation import checked_spec
from orchestrator_tui.pty.system_clock import SystemClock
from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples
from tests.benchmarks.store import BLOCK, MANY, OPERATIONS, PROMPT, durably, fill, filled, finish, rate, spec, take

SMALL, LARGE = 1_000, 1_000_000
CALLERS = 64
PAGE = 4096
PAGES = 5
"""So many are written when a mission is taken, and when it is completed."""


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


class _Bare:
    """The least that a change of ``PAGES`` pages costs in SQLite: a row on each, with the store's own settings."""

    def __init__(self, folder: Path) -> None:
        self._db = Database(folder / "bare.db", SystemClock(), random_id)
        self._db.begin()
        self._db.run("CREATE TABLE page(n INTEGER PRIMARY KEY, count INTEGER NOT NULL, filler BLOB NOT NULL)")
        for number in range(64):
            self._db.run("INSERT INTO page VALUES(?, 0, zeroblob(3500))", (number,))
        self._db.commit()

    def change(self, number: int) -> float:
        """Seconds of one transaction."""
        started = time.perf_counter()
        self._db.begin()
        for page in range(PAGES):
            self._db.run("UPDATE page SET count = count + 1 WHERE n = ?", ((number * PAGES + page) % 64,))
        self._db.commit()
        return time.perf_counter() - started

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


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
        append, overwrite = rate(self.append), rate(self.overwrite)
        return {
            f"{prefix}_enqueue": Sample(rate(self.enqueue), append),
            f"{prefix}_dequeue": Sample(rate(self.dequeue), overwrite),
            f"{prefix}_complete": Sample(rate(self.complete), overwrite),
        }


async def _store_single(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    disk, bare = _Disk(folder), _Bare(folder)
    clock = time.perf_counter
    try:
        with filled(folder / "missions.db", MANY) as store:
            while True:
                took = _Took()
                floor: list[float] = []
                for _ in range(OPERATIONS // BLOCK):
                    for number in range(BLOCK):
                        checked = checked_spec(spec(number))
                        started = clock()
                        durably(store, lambda checked=checked: store.enqueue([checked]))
                        took.enqueue.append(clock() - started)
                    for _ in range(BLOCK):
                        started = clock()
                        mission = durably(store, lambda: take(store))
                        took.dequeue.append(clock() - started)
                        started = clock()
                        durably(store, lambda mission=mission: finish(store, mission))
                        took.complete.append(clock() - started)
                    took.disk(disk)
                    floor += [bare.change(number) for number in range(BLOCK)]
                yield {**took.samples("queue_single"), "queue_floor": Sample(rate(floor), rate(took.overwrite))}
    finally:
        disk.close()
        bare.close()


async def _api_single(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    disk = _Disk(folder)
    clock = time.perf_counter
    path = folder / "missions.db"
    with filled(path, MANY):
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
    with filled(folder / "large.db", LARGE) as large, filled(folder / "small.db", SMALL) as small:
        while True:
            took: dict[int, list[float]] = {SMALL: [], LARGE: []}
            for _ in range(OPERATIONS):
                for size, store in ((SMALL, small), (LARGE, large)):
                    started = time.perf_counter()
                    mission = durably(store, lambda store=store: take(store))
                    took[size].append((time.perf_counter() - started) * 1e6)
                    durably(store, lambda store=store, mission=mission: finish(store, mission))
            # What was taken is put back, so that the small one stays as large as it is called.
            fill(small, OPERATIONS)
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
    "queue_single": Benchmark(
        _store_single,
        {
            **_rows("queue_single", 0.7),
            "queue_floor": RowSpec("/s", f"4 KiB overwritten + fdatasync (ours: SQLite, {PAGES} bare pages)", None),
        },
    ),
    "queue_api": Benchmark(_api_single, _rows("queue_api", 0.5)),
    "queue_flat": Benchmark(
        _flat, {"queue_flat": RowSpec("us", f"{SMALL:,} missions (ours: {LARGE:,})", Bound("ratio", "<=", 1.3))}
    ),
    "queue_group": Benchmark(
        _group, {"queue_group": RowSpec("/s", f"one caller (ours: {CALLERS})", Bound("ratio", ">=", 4))}
    ),
}
