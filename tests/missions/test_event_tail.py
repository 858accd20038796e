"""A session's events read from outside of its supervisor."""

from pathlib import Path

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.missions.event_lines import line_of, log_files
from orchestrator_tui.missions.event_log import EventLog
from orchestrator_tui.missions.event_tail import EventTail, agent_names


async def test_every_event_comes_once_and_in_order_also_over_rotations(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = EventLog(path, max_bytes=1_500, keep=3)
    found: list[int] = []
    tail: EventTail | None = None
    for number in range(1, 61):
        log.append(Event(EventType.STATUS, number))
        await log.flush()
        if number == 25:
            tail = EventTail(log_files(path, 3))
        if tail is not None and number % 4 == 0:
            found += [event.seq for event in tail.new()]
    assert tail is not None
    assert found == list(range(1, 61))
    assert log_files(path, 3)[3].exists(), "it did not rotate often enough to show anything"
    tail.close()
    await log.aclose()


def test_a_line_that_is_being_written_comes_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = line_of(Event(EventType.STATUS, 1, seq=1))
    path.write_bytes(whole[:20])
    tail = EventTail(log_files(path, 3))
    assert list(tail.new()) == []
    with path.open("ab") as file:
        file.write(whole[20:])
    assert [event.seq for event in tail.new()] == [1]
    assert list(tail.new()) == []
    tail.close()


def test_a_log_that_comes_to_be_later_is_found(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = EventTail(log_files(path, 3), after=1)
    assert list(tail.new()) == []
    path.write_bytes(b"".join(line_of(Event(EventType.STATUS, 1, seq=seq)) for seq in (1, 2)))
    assert [event.seq for event in tail.new()] == [2]
    tail.close()


def test_names_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    assert agent_names(tmp_path / "missions.db") == {}
    (tmp_path / "missions.db").write_text("no database")
    assert agent_names(tmp_path / "missions.db") == {}
