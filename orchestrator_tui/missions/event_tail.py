"""A session's events in their order, and then those that are added, read from outside of its supervisor."""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import quote

from orchestrator_tui.core.events import Event
from orchestrator_tui.missions.event_lines import event_of


class EventTail:
    """Reads the log's files (the newest first in ``files``), each event once, numbers above ``after`` only."""

    def __init__(self, files: Sequence[Path], after: int = 0) -> None:
        self._path = files[0]
        self._last = after
        self._handle: IO[bytes] | None = None
        # Opened from the newest on: a rotation in between shows a file twice, which numbers tell, but leaves none out.
        self._waiting = [handle for path in files if (handle := _open(path)) is not None][::-1]

    def new(self) -> Iterator[Event]:
        """What was not given yet; ends when there is no more for now."""
        while True:
            if self._handle is not None:
                yield from self._rest(self._handle)
            if self._waiting:
                self._take(self._waiting.pop(0))
            elif self._has_been_replaced():
                self._take(_open(self._path))
            else:
                return

    def close(self) -> None:
        """Closes the files."""
        self._take(None)
        for handle in self._waiting:
            handle.close()

    def _rest(self, handle: IO[bytes]) -> Iterator[Event]:
        while True:
            start = handle.tell()
            line = handle.readline()
            if not line.endswith(b"\n"):
                # The end, or a line that is just being written.
                handle.seek(start)
                return
            event = event_of(line)
            if event is not None and event.seq > self._last:
                self._last = event.seq
                yield event

    def _has_been_replaced(self) -> bool:
        with contextlib.suppress(OSError):
            there = self._path.stat().st_ino
            return self._handle is None or there != os.fstat(self._handle.fileno()).st_ino
        return False

    def _take(self, handle: IO[bytes] | None) -> None:
        if self._handle is not None:
            self._handle.close()
        self._handle = handle


def agent_names(database: Path) -> dict[int, str]:
    """The names of a session's agents by id, read without a supervisor; empty where they cannot be read."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)) as connection:
            rows: list[tuple[int, str]] = connection.execute("SELECT id, record FROM agent").fetchall()
            return {number: str(json.loads(record)["name"]) for number, record in rows}
    except (sqlite3.Error, ValueError, KeyError, TypeError):
        return {}


def _open(path: Path) -> IO[bytes] | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None
