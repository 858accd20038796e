"""One event a line, as JSON: written, read, and found backwards through a log's files."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from orchestrator_tui.core.event_export import event_record
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.history import EventPage

_BLOCK = 64 * 1024
_OUT_OF_ORDER_MS = 3_600_000
"""Events carry the time at which something was first so, which may be earlier than that of events before them."""


def log_files(path: Path, keep: int) -> list[Path]:
    """The log's files, the newest first."""
    return [path.with_name(f"{path.name}.{number}") if number else path for number in range(keep + 1)]


def line_of(event: Event) -> bytes:
    """The event as a line."""
    return json.dumps(event_record(event), separators=(",", ":"), default=str).encode() + b"\n"


def event_of(line: bytes) -> Event | None:
    """The line's event; None for what is none, also one of a later program's."""
    try:
        record = cast("dict[str, Any]", json.loads(line))
        return Event(
            type=EventType(record["type"]),
            at=int(record["at"]),
            agent_id=record.get("agent_id"),
            mission_id=record.get("mission_id"),
            attempt=record.get("attempt"),
            data=record.get("data") or {},
            seq=int(record["seq"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def lines_backwards(path: Path, end: int | None = None) -> Iterator[bytes]:
    """The lines of a file before the byte ``end`` (None: all), the last one first, without blank ones."""
    rest = b""
    for block in blocks_backwards(path, end):
        lines = (block + rest).split(b"\n")
        rest = lines[0]
        yield from (line for line in reversed(lines[1:]) if line)
    if rest:
        yield rest


def blocks_backwards(path: Path, end: int | None = None) -> Iterator[bytes]:
    """A file in blocks, the last one first."""
    with path.open("rb") as handle:
        position = handle.seek(0, os.SEEK_END) if end is None else end
        while position > 0:
            start = max(0, position - _BLOCK)
            handle.seek(start)
            yield handle.read(position - start)
            position = start


def older_events(
    files: Sequence[Path],
    before: int | None,
    limit: int,
    accepts: Callable[[Event], bool],
    *,
    oldest_ms: int | None = None,
    look_at: int | None = None,
) -> EventPage:
    """Up to ``limit`` events that pass, the newest of those numbered below ``before`` (None: of all).

    Looks at ``look_at`` events at most, and not much beyond those older than ``oldest_ms``. Files may rotate meanwhile:
    they only become older, the way in which they are read, so nothing is left out. Raises OSError.
    """
    found: list[Event] = []
    looked, last = 0, before
    for line in _lines_before(files, before):
        event = event_of(line)
        if event is None or (last is not None and event.seq >= last):
            continue
        if len(found) >= limit or (look_at is not None and looked >= look_at):
            return EventPage(tuple(reversed(found)), last)
        if oldest_ms is not None and event.at < oldest_ms - _OUT_OF_ORDER_MS:
            break
        looked, last = looked + 1, event.seq
        if accepts(event):
            found.append(event)
    return EventPage(tuple(reversed(found)), None)


def _lines_before(files: Sequence[Path], before: int | None) -> Iterator[bytes]:
    for path in files:
        with suppress(FileNotFoundError):
            yield from lines_backwards(path, None if before is None else _end_of_older(path, before))


def _end_of_older(path: Path, before: int) -> int:
    """Where the lines numbered below ``before`` end in a file whose numbers rise: by halves, not by reading it all."""
    with path.open("rb") as handle:
        low, high = 0, handle.seek(0, os.SEEK_END)
        while low < high:
            middle = (low + high) // 2
            start, line, event = _next_event(handle, middle)
            if event is None or event.seq >= before:
                high = middle
            else:
                low = start + len(line)
        return low


def _next_event(handle: IO[bytes], position: int) -> tuple[int, bytes, Event | None]:
    """The first line that begins at ``position`` or behind it and is an event: where, the line, the event."""
    handle.seek(max(0, position - 1))
    if position:
        handle.readline()
    while True:
        start = handle.tell()
        line = handle.readline()
        event = event_of(line)
        if event is not None or not line:
            return start, line, event
