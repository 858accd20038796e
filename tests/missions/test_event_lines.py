"""Older events, found backwards through the log's files by halves."""

import json
from pathlib import Path

import pytest

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.missions.event_lines import line_of, log_files, older_events
from orchestrator_tui.missions.event_log import EventLog


def everything(event: Event) -> bool:
    return True


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A thousand events over four files, some lines damaged, blank, or a later program's."""
    paths = log_files(tmp_path / "events.jsonl", 3)
    for number, path in enumerate(reversed(paths)):
        lines = b""
        for seq in range(number * 250 + 1, number * 250 + 251):
            padding = {"text": "x" * (seq * 7 % 300)}
            lines += line_of(Event(EventType.STATUS, seq * 1_000, agent_id=seq % 7, data=padding, seq=seq))
            if seq % 50 == 0:
                lines += (
                    b'{"seq": 1, "torn\n\n' + json.dumps({"seq": seq, "at": 1, "type": "levitated"}).encode() + b"\n"
                )
        path.write_bytes(lines)
    return paths


@pytest.mark.parametrize("before", [None, 1, 2, 17, 249, 250, 251, 252, 500, 501, 750, 751, 999, 1_000, 1_001, 5_000])
def test_a_page_ends_right_before_a_number(files: list[Path], before: int | None) -> None:
    page = older_events(files, before, 20, everything)
    last = min(1_000, 1_000 if before is None else before - 1)
    assert [event.seq for event in page.events] == list(range(max(1, last - 19), last + 1))


@pytest.mark.parametrize("limit", [1, 7, 250, 999, 1_000, 2_000])
def test_pages_join_without_gap_or_repeat_down_to_the_first(files: list[Path], limit: int) -> None:
    found: list[int] = []
    before, pages = None, 0
    while True:
        page = older_events(files, before, limit, everything)
        found = [event.seq for event in page.events] + found
        before, pages = page.next_before, pages + 1
        if before is None:
            break
    assert found == list(range(1, 1_001))
    assert pages <= 1_000 // limit + 1


def test_a_page_looks_at_so_many_and_says_where_to_go_on(files: list[Path]) -> None:
    page = older_events(files, None, 10, lambda event: event.seq == 3, look_at=100)
    assert page.events == ()
    assert page.next_before == 901


def test_what_is_too_old_is_not_read(files: list[Path]) -> None:
    looked: list[int] = []

    def accepts(event: Event) -> bool:
        looked.append(event.seq)
        return event.at >= 5_000_000

    slack_s = 3_600
    for seq in (4_000, 9_000):
        with files[0].open("ab") as file:
            file.write(line_of(Event(EventType.STATUS, seq * 1_000, seq=seq)))
    page = older_events(files, None, 100, accepts, oldest_ms=8_000_000)
    assert [event.seq for event in page.events] == [9_000]
    assert page.next_before is None
    assert min(looked) * 1_000 >= 8_000_000 - slack_s * 1_000


async def test_the_log_reads_what_it_has_not_written_yet(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl", max_bytes=1_000)
    logged = [log.append(Event(EventType.STATUS, number)) for number in range(40)]
    page = await log.older(logged[30].seq, 12, everything)
    assert list(page.events) == logged[18:30]
    await log.aclose()


async def test_no_log_yet_is_an_empty_page(tmp_path: Path) -> None:
    page = older_events(log_files(tmp_path / "events.jsonl", 3), None, 10, everything)
    assert (page.events, page.next_before) == ((), None)
