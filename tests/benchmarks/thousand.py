"""What a fleet of a thousand sleepers costs, five times as large as the one that the targets are for."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import psutil

from orchestrator_tui.composition import OwnedRuntime
from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.session import Session
from tests.benchmarks.lab import elapsed_ms, short_folder
from tests.benchmarks.measure import Benchmark, Plan, RowSpec, Sample, Samples
from tests.benchmarks.supervision import SleeperProvider, own, private_sockets

POOL, POOLS = 200, 5
SWEEPS = 5
REST_S = 6.0
"""One look at everybody's health falls into it. Sleepers say nothing of themselves, so their screens are looked at."""


async def _thousand(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    """The same of two hundred agents and of a thousand, one after the other in one supervisor."""
    session = Session(folder / "state", "thousand")
    with short_folder() as short, private_sockets(short):
        runtime = await own(session, folder)
        try:
            first_ms = await _spawn(runtime)
            small = [await _costs(runtime)]
            runtime, small_adopted_ms = await _again(runtime, session, folder)
            others_ms = [await _spawn(runtime) for _ in range(POOLS - 1)]
            samples: Samples = {"thousand_spawn": Sample(others_ms[-1], first_ms)}
            while True:
                sweep_ms, percent, mebibytes = await _costs(runtime)
                runtime, adopted_ms = await _again(runtime, session, folder)
                samples = {
                    **samples,
                    "thousand_sweep": Sample(sweep_ms, small[0][0]),
                    "thousand_rest": Sample(percent, small[0][1]),
                    "thousand_memory": Sample(mebibytes, small[0][2]),
                    "thousand_adopt": Sample(adopted_ms, small_adopted_ms),
                }
                yield samples
                samples = {}
        finally:
            await runtime.supervisor.fleet.manager.stop_server()
            await runtime.aclose()


async def _spawn(runtime: OwnedRuntime) -> float:
    started = time.perf_counter()
    await runtime.supervisor.spawner.spawn_pool(POOL, AgentConfig(provider=SleeperProvider.name))
    return elapsed_ms(started)


async def _costs(runtime: OwnedRuntime) -> tuple[float, float, float]:
    """Milliseconds of one look at all, percent of a core at rest, resident MiB; of this process alone."""
    sweeps: list[float] = []
    for _ in range(SWEEPS):
        started = time.perf_counter()
        await runtime.supervisor.fleet.manager.health_all()
        sweeps.append(elapsed_ms(started))
    before, begun = time.process_time(), time.perf_counter()
    await asyncio.sleep(REST_S)
    percent = 100 * (time.process_time() - before) / (time.perf_counter() - begun)
    return statistics.median(sweeps), percent, psutil.Process().memory_info().rss / 2**20


async def _again(runtime: OwnedRuntime, session: Session, folder: Path) -> tuple[OwnedRuntime, float]:
    """Lets go of all agents and takes them over; how long the second took."""
    agents = len(runtime.supervisor.spawner.agents())
    await runtime.aclose()
    started = time.perf_counter()
    runtime = await own(session, folder)
    took = elapsed_ms(started)
    manager = runtime.supervisor.fleet.manager
    owned = sum(manager.is_alive(agent.id) for agent in runtime.supervisor.spawner.agents())
    assert owned == agents, f"{owned} of {agents} adopted"
    return runtime, took


BENCHMARKS: dict[str, Benchmark] = {
    "thousand": Benchmark(
        _thousand,
        {
            "thousand_spawn": RowSpec("ms", "the first 200 agents; ours: those from 800 to 1,000", None),
            "thousand_sweep": RowSpec("ms", "200 agents", None),
            "thousand_rest": RowSpec("% of a core", "200 agents", None),
            "thousand_memory": RowSpec("MiB", "200 agents", None),
            "thousand_adopt": RowSpec("ms", "200 agents", None),
        },
    )
}
