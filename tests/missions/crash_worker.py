"""A process that works on a queue until it is killed; every acknowledged step is written down at once."""

import asyncio
import os
import random
import sys
import time
from pathlib import Path

from orchestrator_tui.missions.queue import MissionQueue


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


def note(descriptor: int, *words: str) -> None:
    os.write(descriptor, (" ".join(words) + "\n").encode())


async def produce(queue: MissionQueue, log: int, name: str) -> None:
    last: str | None = None
    number = 0
    while True:
        depends_on = [last] if last and random.random() < 0.3 else []
        mission_id = f"{name}-{number}"
        last = await queue.enqueue(prompt="p" * 300, id=mission_id, depends_on=depends_on, max_retries=50)
        note(log, "enqueued", mission_id)
        number += 1


async def work(queue: MissionQueue, log: int, agent_id: int) -> None:
    while True:
        mission = await queue.dequeue(agent_id)
        if mission is None:
            await asyncio.sleep(0.001)
            continue
        note(log, "started", mission.id, str(mission.attempts))
        if random.random() < 0.05:
            await queue.fail(mission.id, code="c", message="", delay_ms=0)
            note(log, "failed", mission.id)
        else:
            await queue.complete(mission.id, output="o" * 100)
            note(log, "completed", mission.id)


async def main(database: str, log_path: str, name: str) -> None:
    log = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    queue = await MissionQueue.open(Path(database), clock=SystemClock())
    for mission in await queue.claimed():
        # What an earlier process left in hand goes back: that process is certainly dead.
        await queue.fail(mission.id, code="agent_crashed", message="", lease=mission.lease, delay_ms=0)
        note(log, "failed", mission.id)
    note(log, "ready")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(produce(queue, log, name))
        for agent_id in (1, 2, 3):
            tasks.create_task(work(queue, log, agent_id))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
