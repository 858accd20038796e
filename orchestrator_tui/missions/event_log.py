"""The session's event log: one JSON object a line, numbered, rotated, written beside the event loop.

``health`` events are never written. The log is for people and scripts; the truth about missions is in the store.
"""

import asyncio
import contextlib
import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.history import EventPage
from orchestrator_tui.missions.event_lines import (
    blocks_backwards,
    event_of,
    line_of,
    lines_backwards,
    log_files,
    older_events,
)

_RETRY_S = 1.0
_LARGEST_BACKLOG = 20_000
KEPT_FILES = 3
LOOKED_AT = 5_000


class EventLog:
    """Appends to ``path``; beyond ``max_bytes`` it becomes ``path.1`` and so on, ``keep`` old files at most.

    Never raises for the disk's sake: ``error`` says what is wrong, and lines are kept and tried again each second
    (the oldest are dropped beyond a backlog).
    """

    def __init__(self, path: Path, *, max_bytes: int = 8_000_000, keep: int = KEPT_FILES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._backlog: deque[bytes] = deque(maxlen=_LARGEST_BACKLOG)
        self._file = threading.Lock()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self.error: str | None = None
        with self._file:
            self._try(self._mend)
        newest = self.tail(1)
        self._seq = newest[-1].seq if newest else 0

    def append(self, event: Event) -> Event:
        """Queues an event for writing; returns it with its number. ``health`` events come back as they are."""
        if event.type is EventType.HEALTH:
            return event
        with self._changed:
            self._seq += 1
            numbered = replace(event, seq=self._seq)
            self._backlog.append(line_of(numbered))
            if self._thread is None:
                self._thread = threading.Thread(target=self._main, name="event log", daemon=True)
                self._thread.start()
            self._changed.notify()
        return numbered

    def tail(self, n: int) -> list[Event]:
        """The newest ``n`` events, oldest first; lines that are no events are passed over."""
        self._write()
        found: deque[Event] = deque()
        with self._file, contextlib.suppress(OSError):
            for line in self._lines_backwards():
                if len(found) >= n:
                    break
                event = event_of(line)
                if event is not None:
                    found.appendleft(event)
        return list(found)

    async def older(
        self, before: int | None, limit: int, accepts: Callable[[Event], bool], oldest_ms: int | None = None
    ) -> EventPage:
        """A page of older events, as ``older_events`` reads it; looks at a few thousand. Reads beside the loop.

        Raises OSError.
        """
        return await asyncio.to_thread(self._older, before, limit, accepts, oldest_ms)

    def since(self, at: int, kind: EventType) -> list[Event]:
        """Events of one kind that happened at ``at`` or later, oldest first; reads files and is for threads."""
        self._write()
        mark = f'"type":"{kind.value}"'.encode()
        found: deque[Event] = deque()
        with self._file, contextlib.suppress(OSError):
            for line in self._lines_backwards():
                # Most lines are of other kinds: they are passed over without being parsed.
                event = event_of(line) if mark in line else None
                if event is None or event.type is not kind:
                    continue
                if event.at < at:
                    break
                found.appendleft(event)
        return list(found)

    async def flush(self) -> None:
        """Returns once everything that was appended is written, or could not be."""
        await asyncio.to_thread(self._write)

    async def aclose(self) -> None:
        """Writes what is left and ends the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        await self.flush()

    def _older(
        self, before: int | None, limit: int, accepts: Callable[[Event], bool], oldest_ms: int | None
    ) -> EventPage:
        self._write()
        files = log_files(self._path, self._keep)
        return older_events(files, before, limit, accepts, oldest_ms=oldest_ms, look_at=LOOKED_AT)

    # -- writing ---------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._backlog) or self._closing)
                if self._closing:
                    return
            self._write()
            if self.error is not None:
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, _RETRY_S)

    def _write(self) -> None:
        with self._file:
            with self._changed:
                lines = list(self._backlog)
            if lines and self._try(lambda: self._write_lines(lines)):
                with self._changed:
                    # A backlog at its limit may have dropped some of these lines meanwhile.
                    written = {id(line) for line in lines}
                    while self._backlog and id(self._backlog[0]) in written:
                        self._backlog.popleft()

    def _write_lines(self, lines: list[bytes]) -> None:
        size = self._path.stat().st_size if self._path.exists() else 0
        batch: list[bytes] = []
        length = 0
        for line in lines:
            if size + length and size + length + len(line) > self._max_bytes:
                self._append_bytes(b"".join(batch), size)
                self._rotate()
                batch, length, size = [], 0, 0
            batch.append(line)
            length += len(line)
        self._append_bytes(b"".join(batch), size)

    def _append_bytes(self, data: bytes, size: int) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            written = 0
            while written < len(data):
                written += os.write(descriptor, data[written:])
        except OSError:
            # Half a batch must not stay: the same lines are written again later.
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, size)
            raise
        finally:
            os.close(descriptor)

    def _rotate(self) -> None:
        files = log_files(self._path, self._keep)
        for newer, older in reversed(list(itertools.pairwise(files))):
            if newer.exists():
                newer.replace(older)
        if self._keep == 0:
            self._path.unlink(missing_ok=True)

    def _lines_backwards(self) -> Iterator[bytes]:
        paths = log_files(self._path, self._keep)
        return itertools.chain.from_iterable(lines_backwards(path) for path in paths if path.exists())

    def _mend(self) -> None:
        """Ends a last line that a crash tore: complete ones are kept, the rest is cut off."""
        if not self._path.exists():
            return
        with self._path.open("r+b") as handle:
            end = handle.seek(0, os.SEEK_END)
            if end == 0 or next(blocks_backwards(self._path)).endswith(b"\n"):
                return
            torn = next(lines_backwards(self._path))
            if event_of(torn) is not None:
                handle.write(b"\n")
            else:
                handle.truncate(end - len(torn))

    def _try(self, action: Any) -> bool:
        try:
            action()
        except OSError as error:
            self.error = f"The event log {self._path} cannot be written: {error.strerror or error}."
            return False
        self.error = None
        return True
