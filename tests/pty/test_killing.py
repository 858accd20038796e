"""Whom the reaper ends, on a machine made of values: no real process is ever signalled here."""

import os
import signal
from collections.abc import Mapping

from orchestrator_tui.pty.killing import Reaper
from orchestrator_tui.pty.procs import Processes, ProcessId, ProcessInfo, ProcessTable

MARKS = {"AGENT": "1", "SESSION": "s", "SOCKET": "/t/s"}


class Machine:
    """Processes by pid: parent, environment; those in ``deaf`` only end by SIGKILL."""

    def __init__(self, processes: Mapping[int, tuple[int, Mapping[str, str]]], deaf: frozenset[int]) -> None:
        self.processes = dict(processes)
        self.deaf = deaf
        self.sent: list[tuple[int, int]] = []

    def table(self) -> ProcessTable:
        return ProcessTable(ProcessInfo(pid, parent, pid, 0, 0, "S") for pid, (parent, _) in self.processes.items())

    def look(self, pid: int) -> ProcessInfo | None:
        return self.table().get(pid)

    def identify(self, pid: int) -> ProcessId | None:
        return ProcessId(pid, pid) if pid in self.processes else None

    def is_running(self, process: ProcessId) -> bool:
        return self.identify(process.pid) == process

    def environment(self, pid: int) -> Mapping[str, str]:
        return self.processes[pid][1] if pid in self.processes else {}

    def send(self, _: Processes, process: ProcessId, number: int) -> bool:
        self.sent.append((process.pid, number))
        if number == signal.SIGKILL or process.pid not in self.deaf:
            self.processes.pop(process.pid, None)
        return True


def machine(extra: Mapping[int, tuple[int, Mapping[str, str]]], deaf: frozenset[int] = frozenset()) -> Machine:
    return Machine({1: (0, {}), 2: (1, {"PATH": "/bin"}), **extra}, deaf)


def reaper(of: Machine, protected: frozenset[int] = frozenset()) -> Reaper:
    return Reaper(of, lambda: protected, of.send)


async def test_only_what_carries_every_mark_is_found() -> None:
    strangers = {number + 20: (1, {**MARKS, name: "other"}) for number, name in enumerate(MARKS)}
    partial = {number + 30: (1, {name: MARKS[name]}) for number, name in enumerate(MARKS)}
    of = machine({**strangers, **partial, 40: (1, {**MARKS, "MORE": "x"})})
    assert await reaper(of).marked(MARKS) == (ProcessId(40, 40),)


async def test_no_mark_finds_nobody() -> None:
    assert await reaper(machine({40: (1, MARKS)})).marked({}) == ()


async def test_we_ourselves_our_parents_and_the_protected_are_never_found() -> None:
    of = machine({50: (1, MARKS), os.getpid(): (50, MARKS), 60: (1, MARKS)})
    assert await reaper(of, frozenset({60})).marked(MARKS) == ()


async def test_what_is_protected_is_not_signalled_even_when_named() -> None:
    of = machine({60: (1, MARKS)})
    await reaper(of, frozenset({60})).end([ProcessId(60, 60)], MARKS, 50)
    assert not reaper(of, frozenset({60})).signal(ProcessId(60, 60), signal.SIGKILL)
    assert of.sent == []


async def test_they_are_asked_first_and_killed_when_deaf() -> None:
    of = machine({40: (1, MARKS), 41: (1, {})}, deaf=frozenset({41}))
    await reaper(of).end([ProcessId(41, 41)], MARKS, 50)
    assert sorted(of.sent) == [(40, signal.SIGTERM), (41, signal.SIGKILL), (41, signal.SIGTERM)]
    assert set(of.processes) == {1, 2}


async def test_a_tree_is_only_that_of_the_very_process() -> None:
    of = machine({40: (1, {}), 41: (40, {})})
    assert await reaper(of).tree(ProcessId(40, 40)) == (ProcessId(40, 40), ProcessId(41, 41))
    assert await reaper(of).tree(ProcessId(40, 39)) == ()
