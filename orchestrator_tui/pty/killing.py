"""Ending processes that we started, and nothing else."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Collection, Mapping

from orchestrator_tui.pty.procs import Processes, ProcessId, send_signal

Send = Callable[[Processes, ProcessId, int], bool]

_POLL_S = 0.01
_ROUNDS = 5


class Reaper:
    """Finds and ends an agent's processes; ``protected`` are pids that are never touched, ``send`` does the deed."""

    def __init__(
        self, processes: Processes, protected: Callable[[], Collection[int]], send: Send = send_signal
    ) -> None:
        self._processes = processes
        self._protected = protected
        self._send = send

    def signal(self, process: ProcessId, number: int) -> bool:
        """Signals exactly this process; False when it is gone or may not be touched."""
        if process.pid in self._protected():
            return False
        try:
            return self._send(self._processes, process, number)
        except PermissionError:
            return False

    async def tree(self, process: ProcessId) -> tuple[ProcessId, ...]:
        """The process and its descendants now; empty when it is gone."""
        table = await asyncio.to_thread(self._processes.table)
        found = table.tree(process.pid)
        return tuple(info.id for info in found) if found and found[0].id == process else ()

    async def marked(self, marks: Mapping[str, str]) -> tuple[ProcessId, ...]:
        """Every process that was started with all of these variables, except protected ones."""
        return await asyncio.to_thread(self._marked, marks)

    async def end(self, known: Collection[ProcessId], marks: Mapping[str, str], patience_ms: int) -> None:
        """Ends ``known`` and all marked processes: SIGTERM, then SIGKILL after ``patience_ms`` altogether."""
        deadline = time.monotonic() + patience_ms / 1000
        left = set(known)
        # A program that is being ended may start another: look again until none is left.
        for _ in range(_ROUNDS):
            left = {process for process in left | set(await self.marked(marks)) if self._processes.is_running(process)}
            left = {process for process in left if process.pid not in self._protected()}
            if not left:
                return
            for process in left:
                self.signal(process, signal.SIGTERM)
            left = await self._wait(left, deadline)
            for process in left:
                self.signal(process, signal.SIGKILL)
            left = await self._wait(left, time.monotonic() + 1)

    async def _wait(self, processes: set[ProcessId], deadline: float) -> set[ProcessId]:
        while processes and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_S)
            processes = {process for process in processes if self._processes.is_running(process)}
        return processes

    def _marked(self, marks: Mapping[str, str]) -> tuple[ProcessId, ...]:
        if not marks:
            return ()  # no mark would fit every process on the machine
        table = self._processes.table()
        never = {*self._protected(), *table.ancestors(os.getpid())}
        found: list[ProcessId] = []
        for info in table:
            if info.pid in never:
                continue
            environment = self._processes.environment(info.pid)
            if all(environment.get(name) == value for name, value in marks.items()):
                found.append(info.id)
        return tuple(found)
