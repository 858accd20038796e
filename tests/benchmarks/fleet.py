"""A large fleet on the screen: panes that never rest, agents that call all the time, and the memory of a long watch."""

import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import psutil

from tests.benchmarks.endpoint import Target, call, status_target
from tests.benchmarks.key_app import MARK
from tests.benchmarks.lab import until
from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples, percentile
from tests.benchmarks.program import Started, program
from tests.benchmarks.repaint import cursor_keys, plain_keys
from tests.benchmarks.watched import Watched, watched

SIZE = (160, 45)
PANES, PANES_SEEN = 50, 4
FLEET = 200
CALLERS = 50
FRAMES_AT_MOST = 30.0
"""How often the pane is drawn while somebody types into it."""
WATCH_S = 10.0
UNDER_LOAD_S = 75.0
"""A sample: the frames, then a hundred and twenty keys here and in the empty app."""
OTHER_EACH_TIME = (2, 3, 5, 1, 4)
"""As many lines are printed: the same number each time would leave a full screen as it is."""
KEY_APP = (sys.executable, "-m", "tests.benchmarks.key_app")
EMPTY = (sys.executable, "-m", "tests.benchmarks.empty_app")
FIRST_S, LAST_S, AGAIN_S = 60.0, 600.0, 15.0


# -- fifty panes that never rest


async def _mirror(folder: Path, plan: Plan) -> AsyncGenerator[Samples, None]:
    async with program(folder / "program") as started:
        with (
            watched(started.argv("--provider", "demo"), started, SIZE) as dashboard,
            watched(EMPTY, started, SIZE) as bare,
        ):
            dashboard.wait_seen("Agents")
            started.run("agent", "spawn-pool", "--count", str(PANES), "--role", "coder")
            started.wait_idle(PANES)
            prompt = _printing(0.05, WATCH_S * plan.repeats + 90)
            for _ in range(PANES):
                started.run("mission", "distribute", prompt, "--role", "coder")
            until(lambda: started.count("busy") == PANES, f"{PANES} panes are redrawn", pause_s=1.0)
            _show_grid(dashboard)
            ours, floor = psutil.Process(dashboard.pid), psutil.Process(bare.pid)
            while True:
                yield {"mirror_50": await _percent(ours, floor)}


def _printing(every_s: float, seconds: float) -> str:
    """A mission that changes its screen so often for so long."""
    steps = (f"[[lines {count}]][[sleep {every_s}]]" for count in itertools.cycle(OTHER_EACH_TIME))
    return "".join(itertools.islice(steps, int(seconds / every_s)))


def _show_grid(dashboard: Watched) -> None:
    """Opens the grid at its largest and goes round to four panes."""
    here = dashboard.here()
    for key in "vvv":
        dashboard.type(key)
        time.sleep(0.5)
    dashboard.wait_seen(f"{PANES - PANES_SEEN} more not seen", here)


async def _percent(ours: psutil.Process, floor: psutil.Process) -> Sample:
    """Percent of a core that a program and its children take, and what the other one takes meanwhile."""
    before, before_floor, begun = _cpu(ours), _cpu(floor), time.perf_counter()
    await asyncio.sleep(WATCH_S)
    percent = 100 / (time.perf_counter() - begun)
    return Sample((_cpu(ours) - before) * percent, (_cpu(floor) - before_floor) * percent)


def _cpu(process: psutil.Process) -> float:
    used = 0.0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            used += times.user + times.system
    return used


# -- two hundred agents and those who call


async def _under_load(folder: Path, plan: Plan) -> AsyncGenerator[Samples, None]:
    async with program(folder / "program") as started:
        with (
            watched(started.argv("--provider", "demo"), started, SIZE) as dashboard,
            watched(KEY_APP, started, SIZE) as bare,
        ):
            dashboard.wait_seen("Agents")
            bare.wait_seen(MARK)
            started.run("agent", "spawn", "--role", "tester")
            started.wait_idle(1)
            started.run("agent", "spawn-pool", "--count", str(FLEET - 1), "--role", "coder")
            started.wait_idle(FLEET)
            for _ in range(plan.repeats):
                # One after the other: a command line may not be so long that one would do.
                started.run("mission", "distribute", _printing(0.025, UNDER_LOAD_S + 15), "--role", "tester")
            until(lambda: started.count("busy") == 1, "one agent prints", pause_s=1.0)
            callers = _Callers(started)
            await callers.start()
            try:
                for _ in itertools.count():
                    yield await asyncio.to_thread(_seen_under_load, dashboard, bare, plan)
                    callers.check()
            finally:
                await callers.stop()


def _seen_under_load(dashboard: Watched, bare: Watched, plan: Plan) -> Samples:
    here = dashboard.here()
    for key in "gi":
        dashboard.type(key)
        time.sleep(0.5)
    dashboard.wait_seen("TYPING", here)
    frames = dashboard.frames_in(WATCH_S / 2) / (WATCH_S / 2)
    for key in ("\x11", "1"):
        # Typing ends, and the keyboard goes from the pane back to the agents.
        dashboard.type(key)
        time.sleep(0.5)
    ours, floor = cursor_keys(dashboard, plan), plain_keys(bare, plan)
    return {
        "ui_under_load_fps": Sample(frames, FRAMES_AT_MOST),
        "ui_under_load_p95": Sample(percentile(ours, 95), percentile(floor, 95)),
    }


class _Callers:
    """Fifty clients that ask for the fleet's state once a second, each on a connection of its own."""

    def __init__(self, started: Started) -> None:
        self._where = status_target(started.endpoint())
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Not all in the same moment."""
        for number in range(CALLERS):
            self._tasks.append(asyncio.create_task(_calls(self._where, number / CALLERS)))
        await asyncio.sleep(2.0)

    def check(self) -> None:
        """Raises what ended one of them."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def stop(self) -> None:
        """Ends them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _calls(where: Target, after_s: float) -> None:
    await asyncio.sleep(after_s)
    reader, writer = await asyncio.open_connection("127.0.0.1", where.port)
    try:
        while True:
            await call(reader, writer, where)
            await asyncio.sleep(1.0)
    finally:
        writer.close()


# -- a long watch


async def _memory(folder: Path, plan: Plan) -> AsyncGenerator[Samples, None]:
    first, last = (FIRST_S / 6, FIRST_S / 2) if plan.is_quick else (FIRST_S, LAST_S)
    async with program(folder / "program") as started:
        with watched(started.argv("--provider", "demo"), started, SIZE) as dashboard:
            dashboard.wait_seen("Agents")
            started.run("agent", "spawn-pool", "--count", str(FLEET), "--role", "coder")
            started.wait_idle(FLEET)
            process = psutil.Process(dashboard.pid)
            await asyncio.sleep(first)
            early = _mebibytes(process)
            await asyncio.sleep(last - first)
            while True:
                yield {"memory_200": Sample(_mebibytes(process), early)}
                await asyncio.sleep(AGAIN_S)


def _mebibytes(process: psutil.Process) -> float:
    return process.memory_info().rss / 2**20


BENCHMARKS: dict[str, Benchmark] = {
    "mirror_50": Benchmark(
        _mirror,
        {"mirror_50": RowSpec("% of a core", "an empty Textual app at the same time", Bound("value", "<=", 8))},
    ),
    "ui_under_load": Benchmark(
        _under_load,
        {
            "ui_under_load_fps": RowSpec("/s", "as often as a pane is ever drawn", Bound("value", ">=", 25)),
            "ui_under_load_p95": RowSpec("ms", "an empty Textual app at the same time", Bound("value", "<=", 40)),
        },
    ),
    "memory_200": Benchmark(
        _memory, {"memory_200": RowSpec("MiB", "the same after one minute", Bound("ratio", "<=", 1.05))}
    ),
}
