"""tmux, health and death, without a supervisor around them."""

import asyncio
import contextlib
import os
import signal
import statistics
import subprocess
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import psutil

from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.core.events import EventType
from orchestrator_tui.pty.commands import list_all
from orchestrator_tui.pty.death import DeathWatcher, OnDeath, Watch, system_deaths
from orchestrator_tui.pty.link import TmuxLink
from orchestrator_tui.pty.manager import PTYManager
from orchestrator_tui.pty.procs import ProcessId
from orchestrator_tui.pty.server import TMUX_SESSION, TmuxServer
from orchestrator_tui.pty.socket import socket_path
from tests.benchmarks.lab import PROCESSES, SLEEPER, bare_control, elapsed_ms, pane_manager, short_folder
from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples, percentile

AGENTS = 200
KILLS = 100
FAMILY = ("/bin/sh", "-c", "sleep 86400 & sleep 86400 & sleep 86400 & wait")
"""An agent of four processes."""


# -- one command


@contextlib.asynccontextmanager
async def _link() -> AsyncGenerator[tuple[TmuxLink, Path]]:
    with short_folder() as folder:
        overlay = {"TMUX_TMPDIR": str(folder)}
        environment = {**os.environ, **overlay}
        server = TmuxServer(socket_path("s", environment), overlay, PROCESSES)
        link = TmuxLink(server, environment, lambda: None)
        try:
            await server.start()
            await link.open()
            yield link, server.socket
        finally:
            await link.close()
            await server.stop()


async def _command_roundtrip(_folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    command = ("display-message", "-p", "x")
    async with _link() as (link, socket):
        while True:
            ours: list[float] = []
            theirs: list[float] = []
            for _ in range(300):
                started = time.perf_counter()
                await link.run(*command)
                ours.append(elapsed_ms(started))
            for _ in range(30):
                started = time.perf_counter()
                subprocess.run(["tmux", "-S", str(socket), *command], capture_output=True, check=True)  # noqa: ASYNC221
                theirs.append(elapsed_ms(started))
            yield {"command_roundtrip": Sample(statistics.median(ours), statistics.median(theirs))}


# -- health


async def _health_sweep(_folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    async with pane_manager() as (manager, socket):
        pids = await _spawn_families(manager)
        with bare_control(socket, f"={TMUX_SESSION}") as bare:
            health = await manager.health_all()
            while True:
                sweeps: list[float] = []
                floors: list[float] = []
                for _ in range(10):
                    started = time.perf_counter()
                    health = await manager.health_all()
                    sweeps.append(elapsed_ms(started))
                    started = time.perf_counter()
                    bare.run([list_all()])
                    _raw_pass()
                    floors.append(elapsed_ms(started))
                alive = sum(status.alive for status in health.values())
                assert alive == AGENTS, f"{alive} of {AGENTS} alive"
                sweep = statistics.median(sweeps)
                started = time.perf_counter()
                found = sum(1 + len(psutil.Process(pid).children(recursive=True)) for pid in pids)
                per_agent = elapsed_ms(started)
                assert found == 4 * AGENTS, f"psutil finds {found} processes"
                yield {
                    "health_sweep_200": Sample(sweep, statistics.median(floors)),
                    "health_sweep_200_psutil": Sample(sweep, per_agent),
                }


async def _spawn_families(manager: PTYManager) -> list[int]:
    config = PTYConfig(command=list(FAMILY))
    handles = await asyncio.gather(*(manager.spawn(number, config) for number in range(1, AGENTS + 1)))
    pids = [handle.pid for handle in handles]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 30
    table = PROCESSES.table()
    while any(len(table.tree(pid)) != 4 for pid in pids):
        assert loop.time() < deadline, "the agents do not get their four processes"
        await asyncio.sleep(0.1)
        table = PROCESSES.table()
    return pids


def _raw_pass() -> None:
    """The least that tells every process's parent, memory and time: its stat line, read and split."""
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                try:
                    with open(f"/proc/{entry.name}/stat", "rb", 0) as file:  # noqa: PTH123 - a hot loop
                        data = file.read()
                except OSError:
                    continue
                data[data.rfind(b")") + 2 :].split()


# -- death


class _Timed(DeathWatcher):
    """The machine's watcher; notes when each death became known inside."""

    def __init__(self) -> None:
        self._real = system_deaths(PROCESSES)
        self.known: dict[int, float] = {}

    def watch(self, process: ProcessId, on_death: OnDeath) -> Watch:
        def told() -> None:
            self.known[process.pid] = time.perf_counter()
            on_death()

        return self._real.watch(process, told)

    def close(self) -> None:
        self._real.close()


async def _crash(_folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    config = PTYConfig(command=list(SLEEPER), auto_restart=False)
    agent_ids = range(1, KILLS + 1)
    with short_folder() as folder:
        deaths = _Timed()
        manager = PTYManager("bench", socket_name="s", tmux_env={"TMUX_TMPDIR": str(folder)}, deaths=deaths)
        try:
            await manager.open()
            while True:
                handles = await asyncio.gather(*(manager.spawn(number, config) for number in agent_ids))
                events = manager.watch_all()
                known: list[float] = []
                told: list[float] = []
                bare: list[float] = []
                exact = 0
                for handle in handles:
                    started = time.perf_counter()
                    os.kill(handle.pid, signal.SIGKILL)
                    event = await asyncio.wait_for(anext(events), 10)
                    while event.type is not EventType.CRASH or event.agent_id != handle.agent_id:
                        event = await asyncio.wait_for(anext(events), 10)
                    told.append(elapsed_ms(started))
                    known.append((deaths.known[handle.pid] - started) * 1000)
                    exact += event.data.get("signal") in ("SIGKILL", "KILL", 9)
                    bare.append(await _bare_death())
                events.close()
                for number in agent_ids:
                    await manager.remove(number)
                yield {
                    "crash_known": Sample(percentile(known, 50), percentile(bare, 50)),
                    "crash_event_p50": Sample(percentile(told, 50), percentile(bare, 50)),
                    "crash_event_p99": Sample(percentile(told, 99), percentile(bare, 99)),
                    "crash_exact": Sample(exact, KILLS),
                }
        finally:
            await manager.stop_server()
            await manager.aclose()


async def _bare_death() -> float:
    """How soon the loop knows of the death of a bare child, by its pidfd alone."""
    loop = asyncio.get_running_loop()
    child = subprocess.Popen(SLEEPER)  # noqa: ASYNC220 - a child whose start is not measured
    descriptor = os.pidfd_open(child.pid)
    died: asyncio.Future[float] = loop.create_future()
    started = 0.0

    def dead() -> None:
        loop.remove_reader(descriptor)
        died.set_result(elapsed_ms(started))

    loop.add_reader(descriptor, dead)
    started = time.perf_counter()
    os.kill(child.pid, signal.SIGKILL)
    took = await died
    child.wait()
    os.close(descriptor)
    return took


_FLOOR = "bare tmux list-panes + one bare pass over /proc"

BENCHMARKS = {
    "command_roundtrip": Benchmark(
        _command_roundtrip,
        {"command_roundtrip": RowSpec("ms", "one tmux process", Bound("ratio", "<=", 1 / 30))},
    ),
    "health_sweep": Benchmark(
        _health_sweep,
        {
            "health_sweep_200": RowSpec("ms", _FLOOR, Bound("ratio", "<=", 1.5)),
            "health_sweep_200_psutil": RowSpec(
                "ms", "psutil children(recursive=True) an agent", Bound("ratio", "<=", 1 / 50)
            ),
        },
    ),
    "crash": Benchmark(
        _crash,
        {
            "crash_known": RowSpec("ms", "bare pidfd of a child, p50", Bound("value", "<=", 2)),
            "crash_event_p50": RowSpec("ms", "bare pidfd of a child, p50", Bound("value", "<=", 6)),
            "crash_event_p99": RowSpec("ms", "bare pidfd of a child, p99", Bound("value", "<=", 20)),
            "crash_exact": RowSpec("of 100", "kills", Bound("value", ">=", KILLS)),
        },
    ),
}
