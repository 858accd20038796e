"""How soon a key changes the screen in a busy fleet, and what an idle screen writes to its terminal."""

import asyncio
import itertools
import random
import re
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from orchestrator_tui.core.models import MissionSpec, Role
from orchestrator_tui.missions.queue import MissionQueue
from orchestrator_tui.pty.system_clock import SystemClock
from tests.benchmarks.key_app import MARK
from tests.benchmarks.lab import until
from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples, percentile
from tests.benchmarks.program import Started, program
from tests.benchmarks.watched import Watched, watched

SIZE = (160, 45)
AGENTS = 50
PRINTING = 10
MISSIONS = 10_000
KEYS = 120
IDLE_S = 10.0
SETTLE_S = 65.0
"""In its first minute a state's age is told in seconds, so every row changes with every tick."""
PRINTS_S = 400
NOBODYS_ROLE = Role.ORACLE
"""No agent has it, so the missions stay in the queue and say so."""
_CURSOR = re.compile(rb"\xe2\x96\x8c[^\n]{0,160}?agent-(\d+)")


async def _repaint(folder: Path, plan: Plan) -> AsyncGenerator[Samples, None]:
    async with program(folder / "program") as started:
        await _fill_queue(started)
        key_app = [sys.executable, "-m", "tests.benchmarks.key_app"]
        with (
            watched(started.argv("--provider", "demo"), started, SIZE) as dashboard,
            watched(key_app, started, SIZE) as bare,
        ):
            dashboard.wait_for(lambda painted: b"Agents" in painted, 0)
            bare.wait_for(lambda painted: MARK.encode() in painted, 0)
            started.run("agent", "spawn-pool", "--count", str(AGENTS), "--role", "coder")
            started.wait_idle(AGENTS)
            await asyncio.sleep(SETTLE_S)
            idle = Sample(_bytes_a_second(dashboard), _bytes_a_second(bare))
            _print(started)
            first: Samples = {"idle_bytes_50": idle}
            while True:
                ours, floor = cursor_keys(dashboard, plan), plain_keys(bare, plan)
                yield {
                    **first,
                    "repaint_p50": Sample(percentile(ours, 50), percentile(floor, 50)),
                    "repaint_p95": Sample(percentile(ours, 95), percentile(floor, 95)),
                }
                first = {}


async def _fill_queue(started: Started) -> None:
    session = started.session
    session.create()
    queue = await MissionQueue.open(session.database, clock=SystemClock())
    await queue.enqueue_many([MissionSpec(prompt=f"Waits {number}", role=NOBODYS_ROLE) for number in range(MISSIONS)])
    await queue.aclose()


def _bytes_a_second(terminal: Watched) -> float:
    return sum(map(len, terminal.writes_in(IDLE_S))) / IDLE_S


def _print(started: Started) -> None:
    """Ten missions that print ten lines every fifth of a second, each at an agent of its own."""
    prompt = "[[lines 10]][[sleep 0.2]]" * (PRINTS_S * 5)
    for _ in range(PRINTING):
        started.run("mission", "distribute", prompt, "--priority", "critical", "--role", "coder")
    until(lambda: started.count("busy") == PRINTING, "ten agents print", pause_s=1.0)


def cursor_keys(dashboard: Watched, plan: Plan) -> list[float]:
    """The cursor goes down and up among the agents that print; from each key to the other row painted."""
    at = ""
    for key in "gjk":
        here = dashboard.here()
        dashboard.type(key)
        time.sleep(1.0)
        at = _cursor(dashboard.painted(here)) or at
    times: list[float] = []
    for key in _down_and_up(plan):
        _pause()
        here = dashboard.here()
        pressed = dashboard.type(key)
        times.append(
            (dashboard.wait_for(lambda painted, at=at: _cursor(painted) not in ("", at), here) - pressed) * 1000
        )
        at = _cursor(dashboard.painted(here))
    return times


def _cursor(painted: bytes) -> str:
    """The agent whose row was painted last with the cursor; its own row is painted again at each tick."""
    found = _CURSOR.findall(painted)
    return found[-1].decode() if found else ""


def plain_keys(bare: Watched, plan: Plan) -> list[float]:
    """As many keys; from each to its letter painted by a program that does nothing else."""
    times: list[float] = []
    for key in _down_and_up(plan):
        _pause()
        here, wanted = bare.here(), f"{MARK}{key}".encode()
        pressed = bare.type(key)
        times.append((bare.wait_for(lambda painted, wanted=wanted: wanted in painted, here) - pressed) * 1000)
    return times


def _down_and_up(plan: Plan) -> Sequence[str]:
    way = ["j"] * (PRINTING - 1) + ["k"] * (PRINTING - 1)
    return list(itertools.islice(itertools.cycle(way), KEYS // 4 if plan.is_quick else KEYS))


def _pause() -> None:
    """Not in step with any timer of the program."""
    time.sleep(random.uniform(0.06, 0.16))


BENCHMARKS = {
    "repaint": Benchmark(
        _repaint,
        {
            "repaint_p50": RowSpec("ms", "an empty Textual app at the same time", Bound("value", "<=", 40)),
            "repaint_p95": RowSpec("ms", "an empty Textual app at the same time", Bound("value", "<=", 40)),
            "idle_bytes_50": RowSpec("bytes/s", "an empty Textual app", Bound("value", "<=", 400)),
        },
    ),
}
