"""The event log: numbered, rotated, and robust against crashes and full disks."""

import json
import os
from pathlib import Path

import pytest

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.missions.event_log import EventLog


def event(number: int, kind: EventType = EventType.STATUS) -> Event:
    return Event(kind, at=number, agent_id=1, mission_id="m", attempt=2, data={"n": number, "text": "ä\nb"})


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_one_object_a_line_with_exactly_these_keys(tmp_path: Path):
    log = EventLog(tmp_path / "events.jsonl")
    logged = log.append(event(7))
    await log.aclose()
    assert logged.seq == 1
    assert lines_of(tmp_path / "events.jsonl") == [
        {
            "seq": 1,
            "at": 7,
            "type": "status",
            "agent_id": 1,
            "mission_id": "m",
            "attempt": 2,
            "data": {"n": 7, "text": "ä\nb"},
        }
    ]
    assert (tmp_path / "events.jsonl").lstat().st_mode & 0o777 == 0o600


async def test_health_is_never_written(tmp_path: Path):
    log = EventLog(tmp_path / "events.jsonl")
    assert log.append(event(1, EventType.HEALTH)).seq == 0
    assert log.append(event(2)).seq == 1
    await log.aclose()
    assert len(lines_of(tmp_path / "events.jsonl")) == 1


async def test_the_tail_is_what_was_appended_last_written_or_not(tmp_path: Path):
    log = EventLog(tmp_path / "events.jsonl")
    logged = [log.append(event(number)) for number in range(300)]
    assert log.tail(3) == logged[-3:]
    assert log.tail(1_000) == logged
    assert log.tail(0) == []
    await log.aclose()


async def test_numbers_go_on_after_a_restart(tmp_path: Path):
    for start in (1, 4):
        log = EventLog(tmp_path / "events.jsonl")
        assert [log.append(event(number)).seq for number in range(3)] == [start, start + 1, start + 2]
        await log.aclose()
    assert [line["seq"] for line in lines_of(tmp_path / "events.jsonl")] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "torn", ['{"seq":4,"at":1,"ty', '{"seq":4}', "\x00" * 70_000, '{"seq":4,"at":"' + "x" * 200_000]
)
async def test_a_torn_last_line_is_cut_off(tmp_path: Path, torn: str):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    for number in range(3):
        log.append(event(number))
    await log.aclose()
    whole = path.read_text()
    path.write_text(whole + torn)
    again = EventLog(path)
    assert [found.seq for found in again.tail(10)] == [1, 2, 3]
    assert again.append(event(9)).seq == 4
    await again.aclose()
    assert path.read_text().startswith(whole)
    assert [line["seq"] for line in lines_of(path)] == [1, 2, 3, 4]


async def test_a_whole_last_line_that_lacks_only_its_end_is_kept(tmp_path: Path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append(event(1))
    await log.aclose()
    path.write_text(path.read_text().rstrip("\n"))
    again = EventLog(path)
    assert again.append(event(2)).seq == 2
    await again.aclose()
    assert [line["seq"] for line in lines_of(path)] == [1, 2]


async def test_old_files_are_kept_up_to_a_number(tmp_path: Path):
    log = EventLog(tmp_path / "events.jsonl", max_bytes=1_000, keep=2)
    for number in range(200):
        log.append(event(number))
        if number % 7 == 0:
            await log.flush()
    assert [found.seq for found in log.tail(20)] == list(range(181, 201))
    await log.aclose()
    sizes = {entry.name: entry.stat().st_size for entry in os.scandir(tmp_path)}
    names = sorted(sizes)
    assert names == ["events.jsonl", "events.jsonl.1", "events.jsonl.2"]
    assert max(sizes.values()) <= 1_000
    numbers = [line["seq"] for name in reversed(names) for line in lines_of(tmp_path / name)]
    assert numbers == list(range(201 - len(numbers), 201))


async def test_numbers_go_on_when_the_newest_file_is_gone(tmp_path: Path):
    log = EventLog(tmp_path / "events.jsonl", max_bytes=500)
    for number in range(10):
        log.append(event(number))
    await log.aclose()
    newest = len(lines_of(tmp_path / "events.jsonl"))
    (tmp_path / "events.jsonl").unlink()
    again = EventLog(tmp_path / "events.jsonl")
    assert again.append(event(1)).seq == 11 - newest
    await again.aclose()


async def test_a_disk_that_refuses_is_reported_and_nothing_is_lost(tmp_path: Path):
    path = tmp_path / "events.jsonl"
    path.mkdir()
    log = EventLog(path)
    log.append(event(1))
    await log.flush()
    assert log.error is not None
    assert "events.jsonl" in log.error
    path.rmdir()
    log.append(event(2))
    await log.flush()
    assert log.error is None
    assert [line["seq"] for line in lines_of(path)] == [1, 2]
    await log.aclose()


async def test_data_that_json_does_not_know_is_written_as_text(tmp_path: Path):
    log = EventLog(tmp_path / "events.jsonl")
    log.append(Event(EventType.STATUS, at=1, data={"path": Path("/x"), "kind": EventType.CRASH}))
    await log.aclose()
    assert lines_of(tmp_path / "events.jsonl")[0]["data"] == {"path": "/x", "kind": "crash"}


async def test_events_of_one_kind_are_read_from_a_time_on_across_rotated_files(tmp_path: Path):
    log = EventLog(tmp_path / "events.jsonl", max_bytes=600)
    for number in range(12):
        log.append(event(number, EventType.STATUS if number % 2 else EventType.READY))
    assert [one.at for one in log.since(5, EventType.STATUS)] == [5, 7, 9, 11]
    assert (tmp_path / "events.jsonl.1").exists()
    assert log.since(50, EventType.STATUS) == []
    await log.aclose()
