"""The machine's processes: one pass for all of them, identities that survive the reuse of a pid, and signals."""

import contextlib
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import psutil

_ENDED = frozenset("ZXx")
STOPPED_STATE = "T"
_OPEN = os.O_RDONLY | os.O_CLOEXEC
_LONGEST_STAT = 4096


# Tuples: a table holds every process of the machine, and making a frozen dataclass costs several times as much.
class ProcessId(NamedTuple):
    """A process for good: ``started`` tells it from a later one with the same pid (unit: the reader's own)."""

    pid: int
    started: int


class ProcessInfo(NamedTuple):
    """One process: resident bytes, processor milliseconds since its start, state letter as in ``ps``."""

    pid: int
    ppid: int
    started: int
    rss_bytes: int
    cpu_ms: int
    state: str

    @property
    def id(self) -> ProcessId:
        """Its identity."""
        return ProcessId(self.pid, self.started)

    @property
    def has_ended(self) -> bool:
        """Whether only its remains are left."""
        return self.state in _ENDED


class ProcessTable:
    """All processes at one moment."""

    def __init__(self, processes: Iterable[ProcessInfo]) -> None:
        self._by_pid = {process.pid: process for process in processes}
        self._children: dict[int, list[ProcessInfo]] = defaultdict(list)
        for process in self._by_pid.values():
            self._children[process.ppid].append(process)

    def __iter__(self) -> Iterator[ProcessInfo]:
        return iter(self._by_pid.values())

    def get(self, pid: int) -> ProcessInfo | None:
        """The process with this pid."""
        return self._by_pid.get(pid)

    def tree(self, pid: int) -> tuple[ProcessInfo, ...]:
        """The process and its descendants, parents first; empty when it is not there."""
        root = self._by_pid.get(pid)
        if root is None:
            return ()
        found = [root]
        seen = {pid}
        for process in found:
            for child in self._children.get(process.pid, ()):
                if child.pid not in seen:
                    seen.add(child.pid)
                    found.append(child)
        return tuple(found)

    def ancestors(self, pid: int) -> frozenset[int]:
        """The pids above ``pid``, itself included."""
        found: set[int] = set()
        while pid and pid not in found:
            found.add(pid)
            process = self._by_pid.get(pid)
            pid = process.ppid if process else 0
        return frozenset(found)


class Processes(Protocol):
    """A view of the machine's processes."""

    def table(self) -> ProcessTable:
        """All processes, in one pass."""
        ...

    def look(self, pid: int) -> ProcessInfo | None:
        """The process that has this pid now; None when there is none."""
        ...

    def identify(self, pid: int) -> ProcessId | None:
        """Who has this pid now; None when nobody, or only the remains of an ended process."""
        ...

    def is_running(self, process: ProcessId) -> bool:
        """Whether exactly this process still runs."""
        ...

    def environment(self, pid: int) -> Mapping[str, str]:
        """The environment that a process was started with; empty when it may not be read."""
        ...


class LinuxProcesses:
    """Reads ``/proc``; ``started`` counts clock ticks since the machine's start."""

    def __init__(self, root: Path = Path("/proc")) -> None:
        self._root = str(root)
        self._page = os.sysconf("SC_PAGE_SIZE")
        self._tick_ms = 1000 / os.sysconf("SC_CLK_TCK")

    def table(self) -> ProcessTable:
        """All processes, in one pass."""
        read = self._read
        seen = (read(int(name)) for name in os.listdir(self._root) if name.isdigit())  # noqa: PTH208 - a hot loop
        return ProcessTable(process for process in seen if process is not None)

    def look(self, pid: int) -> ProcessInfo | None:
        """The process that has this pid now; None when there is none."""
        return self._read(pid)

    def identify(self, pid: int) -> ProcessId | None:
        """Who has this pid now; None when nobody, or only the remains of an ended process."""
        process = self._read(pid)
        return process.id if process is not None and process.state not in _ENDED else None

    def is_running(self, process: ProcessId) -> bool:
        """Whether exactly this process still runs."""
        return self.identify(process.pid) == process

    def environment(self, pid: int) -> Mapping[str, str]:
        """The environment that a process was started with; empty when it may not be read."""
        try:
            with open(f"{self._root}/{pid}/environ", "rb") as file:  # noqa: PTH123 - a hot loop over every process
                data = file.read()
        except OSError:
            return {}
        pairs = (entry.partition("=") for entry in data.decode("utf-8", "surrogateescape").split("\0"))
        return {name: value for name, separator, value in pairs if separator}

    def _read(self, pid: int) -> ProcessInfo | None:
        # Without a file object: this runs for every process of the machine.
        try:
            descriptor = os.open(f"{self._root}/{pid}/stat", _OPEN)
            try:
                data = os.read(descriptor, _LONGEST_STAT)
            finally:
                os.close(descriptor)
        except OSError:
            return None
        # The name stands in parentheses and may itself hold spaces and parentheses.
        fields = data[data.rfind(b")") + 2 :].split()
        if len(fields) < 22:
            return None
        return ProcessInfo(
            pid,
            int(fields[1]),
            int(fields[19]),
            int(fields[21]) * self._page,
            round((int(fields[11]) + int(fields[12])) * self._tick_ms),
            fields[0].decode("ascii", "replace"),
        )


class PsutilProcesses:
    """The portable reader; ``started`` counts milliseconds since the epoch."""

    def table(self) -> ProcessTable:
        """All processes, in one pass."""
        found: list[ProcessInfo] = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                found.append(_info(process))
        return ProcessTable(found)

    def look(self, pid: int) -> ProcessInfo | None:
        """The process that has this pid now; None when there is none."""
        try:
            return _info(psutil.Process(pid))
        except psutil.Error:
            return None

    def identify(self, pid: int) -> ProcessId | None:
        """Who has this pid now; None when nobody, or only the remains of an ended process."""
        try:
            process = psutil.Process(pid)
            if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
                return None
            return ProcessId(pid, round(process.create_time() * 1000))
        except psutil.Error:
            return None

    def is_running(self, process: ProcessId) -> bool:
        """Whether exactly this process still runs."""
        return self.identify(process.pid) == process

    def environment(self, pid: int) -> Mapping[str, str]:
        """The environment that a process was started with; empty when it may not be read."""
        try:
            return psutil.Process(pid).environ()
        except (psutil.Error, OSError):
            return {}


def _info(process: psutil.Process) -> ProcessInfo:
    with process.oneshot():
        times = process.cpu_times()
        return ProcessInfo(
            pid=process.pid,
            ppid=process.ppid(),
            started=round(process.create_time() * 1000),
            rss_bytes=process.memory_info().rss,
            cpu_ms=round((times.user + times.system) * 1000),
            state=_letter(process.status()),
        )


def _letter(status: str) -> str:
    if status == psutil.STATUS_ZOMBIE:
        return "Z"
    return STOPPED_STATE if status == psutil.STATUS_STOPPED else "S"


def system_processes() -> Processes:
    """The fastest reader that works here."""
    return LinuxProcesses() if sys.platform == "linux" else PsutilProcesses()


def send_signal(processes: Processes, process: ProcessId, number: int) -> bool:
    """Signals exactly this process, never a later one with its pid; False when it is gone.

    Raises PermissionError when the process may not be signalled.
    """
    if sys.platform != "linux":
        if not processes.is_running(process):
            return False
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return False
        return True
    try:
        # The descriptor pins the process, so that the check and the signal mean the same one.
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        if not processes.is_running(process):
            return False
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True
