"""A day of much traffic in a few seconds: the event log stays bounded, and so does the store's write-ahead log."""

import asyncio
from pathlib import Path

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import MissionSpec
from orchestrator_tui.core.usage import ApiRequest
from orchestrator_tui.missions.event_log import KEPT_FILES, EventLog
from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, open_queue

HOUR_MS = 3_600_000
MISSIONS_AN_HOUR = 60
AT_ONCE = 64
IMPORTED = 350
EVENTS_A_DAY = 40_000
FILE_BYTES = 8_000_000
WAL_BYTES = 9_000_000


async def work(queue: MissionQueue, agent_id: int) -> int:
    """Takes and completes one mission after the other until none is left; how many."""
    done = 0
    while (mission := await queue.dequeue(agent_id)) is not None:
        await queue.complete(mission.id, output="o" * 500)
        done += 1
    return done


def sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.iterdir()]


async def test_the_write_ahead_log_stays_small_over_a_day(tmp_path: Path, clock: FakeClock):
    queue = await open_queue(tmp_path / "missions.db", clock)
    wal = tmp_path / "missions.db-wal"
    seen: list[int] = []
    for hour in range(24):
        count, length = (IMPORTED, 30_000) if hour == 9 else (MISSIONS_AN_HOUR, 2_000)
        await queue.enqueue_many([MissionSpec(prompt=f"{hour} {number} " + "p" * length) for number in range(count)])
        if hour == 9:
            assert wal.stat().st_size > WAL_BYTES, "the import is larger than what may stay"
        assert sum(await asyncio.gather(*(work(queue, agent) for agent in range(AT_ONCE)))) == count
        at = clock.now_ms()
        requests = [ApiRequest(f"{hour}-{number}", number % AT_ONCE, at, input=10, output=5) for number in range(300)]
        await queue.ledger.record(requests)
        await asyncio.gather(*(queue.add_spent({"nobody": 1}) for _ in range(AT_ONCE)))
        clock.advance(HOUR_MS)
        seen.append(wal.stat().st_size)
    await queue.aclose()
    assert max(seen) < WAL_BYTES, seen
    assert not wal.exists()


async def test_the_event_log_keeps_its_newest_and_no_more_than_its_share(tmp_path: Path, clock: FakeClock):
    log = EventLog(tmp_path / "events.jsonl")
    most = 0
    for number in range(1, EVENTS_A_DAY + 1):
        clock.advance(24 * HOUR_MS // EVENTS_A_DAY)
        event = Event(EventType.STATUS, clock.now_ms(), agent_id=number % 50, data={"state": "busy", "why": "w" * 900})
        log.append(event)
        if number % 2_000 == 0:
            await log.flush()
            files = sizes(tmp_path)
            assert max(files) <= FILE_BYTES
            most = max(most, sum(files))
    assert len(sizes(tmp_path)) == 1 + KEPT_FILES
    assert KEPT_FILES * FILE_BYTES < most <= (1 + KEPT_FILES) * FILE_BYTES
    assert [event.seq for event in log.tail(5_000)] == list(range(EVENTS_A_DAY - 4_999, EVENTS_A_DAY + 1))
    await log.aclose()
