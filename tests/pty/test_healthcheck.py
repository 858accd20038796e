"""One look at all agents: what is asked at the same time, and what is believed of a program that has just started."""

import asyncio
import threading
from collections.abc import Mapping
from typing import Any, cast

from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.pty.healthcheck import HealthCheck
from orchestrator_tui.pty.panes import Pane
from orchestrator_tui.pty.procs import ProcessId, ProcessInfo, ProcessTable
from orchestrator_tui.pty.system_clock import SystemClock

AGENT = ProcessInfo(pid=10, ppid=1, started=5, rss_bytes=1_000, cpu_ms=100, state="S")
STRANGER = AGENT._replace(started=9)
LISTED = b"\t".join([b"%1", b"10", b"0", b"", b"", b"120", b"30", b"1", b"0", b"0", b"1", b"0", b"1"])


class Machine:
    """A process table and, apart from it, who has a pid now; ``read`` is set once the table was asked for."""

    def __init__(self, table: list[ProcessInfo], now: Mapping[int, ProcessInfo]) -> None:
        self._table = table
        self._now = now
        self.read = threading.Event()

    def table(self) -> ProcessTable:
        self.read.set()
        return ProcessTable(self._table)

    def look(self, pid: int) -> ProcessInfo | None:
        return self._now.get(pid)


class Tmux:
    """Answers once the machine's processes are being read."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def run(self, *_: str) -> tuple[bytes, ...]:
        assert await asyncio.to_thread(self._machine.read.wait, 5), "the processes are read only after tmux answered"
        return (LISTED,)


def pane(process: ProcessId) -> Pane:
    made = Pane(1, PTYConfig(), None, {}, [], pane_id="%1")
    made.begin(process, 0)
    return made


def check(machine: Machine) -> HealthCheck:
    return HealthCheck(cast("Any", Tmux(machine)), cast("Any", machine), SystemClock())


async def test_the_processes_are_read_while_tmux_answers() -> None:
    status, row = (await check(Machine([AGENT], {})).check([pane(AGENT.id)]))[1]
    assert (status.alive, status.responsive, status.memory_usage) == (True, True, 1_000)
    assert row is not None


async def test_a_program_that_started_behind_the_pass_is_alive() -> None:
    status, _ = (await check(Machine([], {10: AGENT})).check([pane(AGENT.id)]))[1]
    assert (status.alive, status.memory_usage) == (True, 1_000)


async def test_a_stranger_with_its_pid_is_not_the_agent() -> None:
    status, _ = (await check(Machine([STRANGER], {10: STRANGER})).check([pane(AGENT.id)]))[1]
    assert (status.alive, status.memory_usage) == (False, None)
