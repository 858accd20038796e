import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator_tui.pty.death import DeathWatcher, KqueueDeaths, PidfdDeaths, PollingDeaths, system_deaths
from orchestrator_tui.pty.procs import Processes, ProcessId, system_processes

PROCESSES = system_processes()


class FakeQueue:
    """The kernel's queue, with a pipe that becomes readable when ``end`` is called."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self.ended: list[int] = []
        self.interests: list[int] = []

    def fileno(self) -> int:
        return self.read_end

    def control(self, changes: list[Any] | None, limit: int, timeout: float = 0) -> list[Any]:
        if changes:
            self.interests += [change.ident for change in changes]
            return []
        os.read(self.read_end, 1)
        ended, self.ended = self.ended[:limit], []
        return [SimpleNamespace(ident=pid) for pid in ended]

    def end(self, pid: int) -> None:
        self.ended.append(pid)
        os.write(self.write_end, b"x")

    def close(self) -> None:
        os.close(self.read_end)
        os.close(self.write_end)


def fake_select(queue: FakeQueue) -> Any:
    def kevent(ident: int, **_: int) -> Any:
        return SimpleNamespace(ident=ident)

    return SimpleNamespace(
        kqueue=lambda: queue, kevent=kevent, KQ_FILTER_PROC=1, KQ_EV_ADD=2, KQ_EV_ONESHOT=4, KQ_NOTE_EXIT=8
    )


WATCHERS: dict[str, Callable[[Processes], DeathWatcher]] = {
    "polling": lambda processes: PollingDeaths(processes, interval_s=0.01),
    "system": system_deaths,
}
if sys.platform == "linux":
    WATCHERS["pidfd"] = PidfdDeaths


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def identity(child: subprocess.Popen[bytes]) -> ProcessId:
    process = PROCESSES.identify(child.pid)
    assert process is not None
    return process


@pytest.mark.parametrize("make", WATCHERS.values(), ids=WATCHERS.keys())
class TestEveryWatcher:
    async def test_a_death_is_told_once(
        self, make: Callable[[Processes], DeathWatcher], child: subprocess.Popen[bytes]
    ) -> None:
        deaths = make(PROCESSES)
        told = asyncio.Queue[None]()
        deaths.watch(identity(child), lambda: told.put_nowait(None))
        child.kill()
        await asyncio.wait_for(told.get(), 5)
        for _ in range(5):
            await asyncio.sleep(0)
        assert told.empty()
        deaths.close()

    async def test_a_process_that_is_already_gone_is_told_at_once(
        self, make: Callable[[Processes], DeathWatcher], child: subprocess.Popen[bytes]
    ) -> None:
        process = identity(child)
        child.kill()
        child.wait()
        deaths = make(PROCESSES)
        told = asyncio.Event()
        deaths.watch(process, told.set)
        await asyncio.wait_for(told.wait(), 5)
        deaths.close()

    async def test_a_stranger_with_the_same_pid_counts_as_a_death(
        self, make: Callable[[Processes], DeathWatcher], child: subprocess.Popen[bytes]
    ) -> None:
        deaths = make(PROCESSES)
        told = asyncio.Event()
        deaths.watch(ProcessId(child.pid, identity(child).started - 1), told.set)
        await asyncio.wait_for(told.wait(), 5)
        deaths.close()

    async def test_a_cancelled_watch_is_silent(
        self, make: Callable[[Processes], DeathWatcher], child: subprocess.Popen[bytes]
    ) -> None:
        deaths = make(PROCESSES)
        told: list[str] = []
        first = deaths.watch(identity(child), lambda: told.append("cancelled"))
        other = asyncio.Event()
        deaths.watch(identity(child), other.set)
        first.cancel()
        child.kill()
        await asyncio.wait_for(other.wait(), 5)
        assert told == []
        deaths.close()


class TestKqueue:
    async def test_a_death_in_the_kernels_queue_is_told(self, child: subprocess.Popen[bytes]) -> None:
        queue = FakeQueue()
        deaths = KqueueDeaths(PROCESSES, fake_select(queue))
        told = asyncio.Event()
        deaths.watch(identity(child), told.set)
        assert queue.interests == [child.pid]
        queue.end(child.pid)
        await asyncio.wait_for(told.wait(), 5)
        deaths.close()

    async def test_a_cancelled_watch_is_silent(self, child: subprocess.Popen[bytes]) -> None:
        queue = FakeQueue()
        deaths = KqueueDeaths(PROCESSES, fake_select(queue))
        told: list[str] = []
        deaths.watch(identity(child), lambda: told.append("told")).cancel()
        queue.end(child.pid)
        for _ in range(5):
            await asyncio.sleep(0.001)
        assert told == []
        deaths.close()
