"""The dashboard in a real terminal: how soon it is there, what it costs while nothing happens, and under a flood."""

import asyncio
import contextlib
import fcntl
import itertools
import os
import pty
import select
import shlex
import struct
import subprocess
import sys
import termios
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path

import psutil

from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.core.events import EventType
from orchestrator_tui.core.views import PaneFrame
from orchestrator_tui.pty.manager import PTYManager
from orchestrator_tui.ui.ansi import PLAIN, parse_line
from orchestrator_tui.ui.pane_puller import INTERVAL_S
from tests.benchmarks.empty_app import MARK
from tests.benchmarks.lab import DEADLINE_S, bare_server, elapsed_ms, end, pane_manager, tmux, until
from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples
from tests.benchmarks.program import ROOT, Started, program

SIZE = (160, 45)
IDLE_AGENTS = 50
FLOOD_LINES = 1_500_000
EMPTY = [sys.executable, "-m", "tests.benchmarks.empty_app"]
DASHBOARD_MARK = b"Agents"


# -- the first picture


async def _first_paint(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    # The first one only fills the machine's caches.
    await _paint_once(folder / "program-0")
    for number in itertools.count(1):
        yield {"first_paint": await _paint_once(folder / f"program-{number}")}


async def _paint_once(folder: Path) -> Sample:
    async with program(folder) as started:
        argv = started.argv("--provider", "demo")
        ours = _painted(argv, started.environ, started.root, DASHBOARD_MARK)
        return Sample(ours, _painted(EMPTY, started.environ, ROOT, MARK.encode()))


def _painted(argv: Sequence[str], environ: Mapping[str, str], cwd: Path, mark: bytes) -> float:
    """Milliseconds from the start of a program to its first picture in a terminal of its own; then it is killed."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    started = time.perf_counter()
    process = subprocess.Popen(
        argv, env=dict(environ), cwd=cwd, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    seen = b""
    try:
        while mark not in seen:
            ready, _, _ = select.select([master], [], [], DEADLINE_S)
            if not ready:
                raise TimeoutError(f"{mark!r} is not painted: {seen[-500:]!r}")
            seen += os.read(master, 65536)
        return elapsed_ms(started)
    finally:
        process.kill()
        process.wait()
        os.close(master)


# -- nothing happens


async def _idle_cpu(folder: Path, plan: Plan) -> AsyncGenerator[Samples, None]:
    async with program(folder / "program") as started:
        argv = started.argv("--provider", "demo")
        dashboard = f"cd {shlex.quote(str(started.root))} && exec {_with_environment(started, argv)}"
        with bare_server(started.sockets, dashboard, size=SIZE) as terminal:
            info = started.endpoint()
            dashboard_id = started.remember(info.pid)
            try:
                async for sample in _watch_idle(started, terminal, info.pid, plan):
                    yield sample
            finally:
                # Before its terminal goes: it would hand its agents to a new supervisor.
                end(dashboard_id)


async def _watch_idle(started: Started, terminal: Path, pid: int, plan: Plan) -> AsyncGenerator[Samples, None]:
    until(lambda: "Agents" in tmux(terminal, "capture-pane", "-p"), "the dashboard is painted")
    started.run("agent", "spawn-pool", "--count", str(IDLE_AGENTS))
    started.wait_idle(IDLE_AGENTS)
    empty = f"cd {shlex.quote(str(ROOT))} && exec {_with_environment(started, EMPTY)}"
    floor = psutil.Process(int(tmux(terminal, "new-window", "-P", "-F", "#{pane_pid}", empty)))
    until(lambda: MARK in tmux(terminal, "capture-pane", "-p"), "the empty app is painted")
    tmux(terminal, "select-window", "-t", ":0")
    dashboard = psutil.Process(pid)
    await asyncio.sleep(5)  # what the start left to do is not idleness
    while True:
        ours = [dashboard, *dashboard.children(recursive=True), started.agents_server()]
        before, before_floor = _cpu(ours), _cpu([floor])
        begun = time.perf_counter()
        await asyncio.sleep(plan.idle_s)
        percent = 100 / (time.perf_counter() - begun)
        yield {"idle_cpu_50": Sample((_cpu(ours) - before) * percent, (_cpu([floor]) - before_floor) * percent)}


def _with_environment(started: Started, argv: Sequence[str]) -> str:
    return shlex.join(["env", *(f"{name}={value}" for name, value in started.environ.items()), *argv])


def _cpu(processes: Sequence[psutil.Process]) -> float:
    """Processor seconds that these have used."""
    used = 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
    return used


# -- a flood


async def _flood(_folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    async with pane_manager() as (manager, _):
        number = 0
        while True:
            number += 2
            unmirrored = await _flooded(manager, number, mirrored=False)
            mirrored = await _flooded(manager, number + 1, mirrored=True)
            yield {"flood": Sample(mirrored, unmirrored)}


async def _flooded(manager: PTYManager, agent_id: int, *, mirrored: bool) -> float:
    """Lines a second of an agent that prints as fast as its pane takes them."""
    events = manager.watch_all()
    config = PTYConfig(command=["seq", "1", str(FLOOD_LINES)], auto_restart=False)
    started = time.perf_counter()
    await manager.spawn(agent_id, config)
    mirror = asyncio.create_task(_mirror(manager, agent_id)) if mirrored else None
    async for event in events:
        if event.type is EventType.EXIT and event.agent_id == agent_id:
            break
    seconds = time.perf_counter() - started
    if mirror is not None:
        mirror.cancel()
        await asyncio.wait({mirror})
    events.close()
    await manager.remove(agent_id)
    return FLOOD_LINES / seconds


async def _mirror(manager: PTYManager, agent_id: int) -> None:
    """As often as the dashboard: the screen fetched and made into what is drawn."""
    while True:
        frame = await manager.capture(agent_id)
        if frame is not None:
            _draw(frame)
        await asyncio.sleep(INTERVAL_S)


def _draw(frame: PaneFrame) -> None:
    state = PLAIN
    for line in frame.lines:
        _, state = parse_line(line, state)


BENCHMARKS = {
    "first_paint": Benchmark(
        _first_paint, {"first_paint": RowSpec("ms", "an empty Textual app", Bound("ratio", "<=", 1.6))}
    ),
    "flood": Benchmark(_flood, {"flood": RowSpec("lines/s", "the same pane unmirrored", Bound("ratio", ">=", 0.9))}),
    "idle_cpu_50": Benchmark(
        _idle_cpu,
        {"idle_cpu_50": RowSpec("% of a core", "an empty Textual app at the same time", Bound("value", "<=", 2))},
    ),
}
