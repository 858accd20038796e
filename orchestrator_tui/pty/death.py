"""Learning that a process ended, at once and without being its parent."""

import asyncio
import os
import select
import sys
from collections.abc import Callable
from typing import Any, Protocol

from orchestrator_tui.pty.procs import Processes, ProcessId

OnDeath = Callable[[], None]


class Watch(Protocol):
    """A pending death."""

    def cancel(self) -> None:
        """Forgets it; ``on_death`` is not called any more."""
        ...


class DeathWatcher(Protocol):
    """Calls back in the running event loop, once, when a process has ended (at once if it already has)."""

    def watch(self, process: ProcessId, on_death: OnDeath) -> Watch:
        """Starts watching."""
        ...

    def close(self) -> None:
        """Forgets everything."""
        ...


class _Once:
    def __init__(self, on_death: OnDeath, release: Callable[[], None]) -> None:
        self._on_death = on_death
        self._release = release
        self._done = False

    def fire(self) -> None:
        if not self._done:
            self.cancel()
            self._on_death()

    def cancel(self) -> None:
        if not self._done:
            self._done = True
            self._release()


def _nothing() -> None: ...


class PidfdDeaths:
    """Linux: one descriptor a process, which the event loop waits on."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._open: set[_Once] = set()

    def watch(self, process: ProcessId, on_death: OnDeath) -> Watch:
        """Starts watching."""
        loop = asyncio.get_running_loop()
        try:
            descriptor = os.pidfd_open(process.pid)
        except ProcessLookupError:
            return _soon(on_death)

        def release() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)
            self._open.discard(once)

        once = _Once(on_death, release)
        self._open.add(once)
        loop.add_reader(descriptor, once.fire)
        if not self._processes.is_running(process):
            # It ended before the descriptor was opened, which may now stand for a stranger.
            loop.call_soon(once.fire)
        return once

    def close(self) -> None:
        """Forgets everything."""
        for once in list(self._open):
            once.cancel()


class KqueueDeaths:
    """BSD and macOS: one kernel queue for all; ``kqueue`` and ``kevent`` are those of ``select``."""

    def __init__(self, processes: Processes, module: Any = select) -> None:
        self._processes = processes
        self._module = module
        self._queue: Any = None
        self._open: dict[int, _Once] = {}

    def watch(self, process: ProcessId, on_death: OnDeath) -> Watch:
        """Starts watching."""
        loop = asyncio.get_running_loop()
        if self._queue is None:
            self._queue = self._module.kqueue()
            loop.add_reader(self._queue.fileno(), self._drain)
        module = self._module
        interest = module.kevent(
            process.pid,
            filter=module.KQ_FILTER_PROC,
            flags=module.KQ_EV_ADD | module.KQ_EV_ONESHOT,
            fflags=module.KQ_NOTE_EXIT,
        )

        def release() -> None:
            self._open.pop(process.pid, None)

        once = _Once(on_death, release)
        self._open[process.pid] = once
        try:
            self._queue.control([interest], 0)
        except OSError:
            loop.call_soon(once.fire)
        if not self._processes.is_running(process):
            loop.call_soon(once.fire)
        return once

    def close(self) -> None:
        """Forgets everything."""
        for once in list(self._open.values()):
            once.cancel()
        if self._queue is not None:
            asyncio.get_running_loop().remove_reader(self._queue.fileno())
            self._queue.close()
            self._queue = None

    def _drain(self) -> None:
        for event in self._queue.control(None, 64, 0):
            once = self._open.get(int(event.ident))
            if once is not None:
                once.fire()


class PollingDeaths:
    """Everywhere: looks at each process every ``interval_s`` seconds."""

    def __init__(self, processes: Processes, interval_s: float = 0.1) -> None:
        self._processes = processes
        self._interval_s = interval_s
        self._open: dict[_Once, ProcessId] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, process: ProcessId, on_death: OnDeath) -> Watch:
        """Starts watching."""
        if not self._processes.is_running(process):
            return _soon(on_death)
        once = _Once(on_death, lambda: self._forget(once))
        self._open[once] = process
        self._schedule()
        return once

    def close(self) -> None:
        """Forgets everything."""
        for once in list(self._open):
            once.cancel()

    def _schedule(self) -> None:
        if self._timer is None and self._open:
            self._timer = asyncio.get_running_loop().call_later(self._interval_s, self._look)

    def _look(self) -> None:
        self._timer = None
        for once, process in list(self._open.items()):
            if not self._processes.is_running(process):
                once.fire()
        self._schedule()

    def _forget(self, once: _Once) -> None:
        self._open.pop(once, None)
        if not self._open and self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _soon(on_death: OnDeath) -> Watch:
    once = _Once(on_death, _nothing)
    asyncio.get_running_loop().call_soon(once.fire)
    return once


def system_deaths(processes: Processes) -> DeathWatcher:
    """The best watcher that this machine offers."""
    if sys.platform == "linux":
        try:
            os.close(os.pidfd_open(os.getpid()))
        except OSError:
            return PollingDeaths(processes)
        return PidfdDeaths(processes)
    return KqueueDeaths(processes) if hasattr(select, "kqueue") else PollingDeaths(processes)
