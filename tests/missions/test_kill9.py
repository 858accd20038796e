"""A process killed at any moment loses nothing that it acknowledged."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from orchestrator_tui.core.models import MissionState
from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, open_queue

KILLS = 10
DEADLINE_S = 15.0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.005)


def entries(log: Path) -> list[list[str]]:
    """Whole lines only: the last one may have been cut off by the kill."""
    if not log.exists():
        return []
    return [line.split() for line in log.read_text().split("\n")[:-1]]


async def run_and_kill(database: Path, log: Path, name: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.missions.crash_worker", str(database), str(log), name
    )
    try:
        await until(lambda: ["ready"] in entries(log))
        # The moment is random in work done, not in time, so that every run gets somewhere.
        goal = len(entries(log)) + random.randint(5, 150)
        await until(lambda: len(entries(log)) >= goal or process.returncode is not None)
        assert process.returncode is None, "the worker ended by itself"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def check(queue: MissionQueue, logged: list[list[str]]) -> Counter[str]:
    completed = Counter(line[1] for line in logged if line[0] == "completed")
    started = Counter((line[1], line[2]) for line in logged if line[0] == "started")
    assert not [key for key, times in completed.items() if times > 1], "completed twice"
    assert not [key for key, times in started.items() if times > 1], "one attempt was given twice"
    for line in logged:
        if line[0] == "enqueued":
            await queue.get(line[1])
    for mission_id in completed:
        mission = await queue.get(mission_id)
        assert mission.state is MissionState.COMPLETED
        assert [attempt.code for attempt in mission.attempt_log].count(None) == 1
        assert all(attempt.ended_at is not None for attempt in mission.attempt_log)
        for parent_id in mission.depends_on:
            parent = await queue.get(parent_id)
            assert parent.ended_at is not None
            assert mission.started_at is not None
            assert mission.started_at >= parent.ended_at
    return completed


async def test_no_acknowledged_step_is_lost_and_nothing_is_done_twice(tmp_path: Path):
    database = tmp_path / "missions.db"
    logs = [tmp_path / f"{number}.log" for number in range(KILLS)]
    for number, log in enumerate(logs):
        await run_and_kill(database, log, f"run{number}")
    queue = await open_queue(database, FakeClock())
    logged = [line for log in logs for line in entries(log)]
    completed = await check(queue, logged)
    assert len(completed) > KILLS
    stats = await queue.get_stats()
    listed = Counter(mission.state.value for mission in await queue.list_missions(1_000_000))
    assert {state.value: getattr(stats, state.value) for state in MissionState} == {
        state.value: listed[state.value] for state in MissionState
    }
    assert stats.completed >= len(completed)
    await queue.aclose()
