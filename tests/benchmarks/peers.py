"""Other durable queues on SQLite, each set to lose nothing in a power cut and given what its documentation advises.

None of them does what ours does beside it: dependencies, leases, retries, counters.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from huey.storage import SqliteStorage
from litequeue import LiteQueue, Message
from persistqueue.sqlackqueue import SQLiteAckQueue

from orchestrator_tui.core.models import Priority
from tests.benchmarks.store import PROMPT, settle

_PRIORITIES = len(Priority)


class Peer(Protocol):
    """One queue at its most durable; ``number`` says a mission's text and, as in ours, its priority."""

    def put(self, number: int) -> None:
        """Queues one mission."""
        ...

    def take(self) -> Any:
        """Hands out the next one."""
        ...

    def finish(self, taken: Any) -> None:
        """What was taken is done."""
        ...

    def tidy(self) -> None:
        """Clears away what is done."""
        ...

    def connections(self) -> Sequence[sqlite3.Connection]:
        """Of its files."""
        ...

    def close(self) -> None:
        """Closes them."""
        ...


class LiteQueues:
    """litequeue knows no priority: a file for each, as it advises for several queues."""

    def __init__(self, folder: Path, count: int) -> None:
        paths = [folder / f"litequeue-{priority}.db" for priority in range(_PRIORITIES)]
        # Half of its methods have no types.
        self._queues = [cast("Any", LiteQueue(path)) for path in paths]
        for first, queue in enumerate(self._queues):
            with queue.transaction():
                for number in range(first, count, _PRIORITIES):
                    queue.put(_text(number))
            queue.conn.execute("PRAGMA synchronous = FULL")
        for path in paths:
            settle(path)

    def put(self, number: int) -> None:
        """Into the file of its priority."""
        self._queues[number % _PRIORITIES].put(_text(number))

    def take(self) -> tuple[Any, Message]:
        """From the most urgent that has one."""
        for queue in self._queues:
            message: Message | None = queue.pop()
            if message is not None:
                return queue, message
        raise LookupError("all queues are empty")

    def finish(self, taken: tuple[Any, Message]) -> None:
        """Marks it."""
        queue, message = taken
        queue.done(message.message_id)

    def tidy(self) -> None:
        """Deletes what is marked."""
        for queue in self._queues:
            queue.prune()

    def connections(self) -> Sequence[sqlite3.Connection]:
        """One for each priority."""
        return [queue.conn for queue in self._queues]

    def close(self) -> None:
        """Closes them."""
        for queue in self._queues:
            queue.close()


class _AckQueue(SQLiteAckQueue):
    """Durable as ``synchronous`` says, which its own constructor cannot be told."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self._synchronous = synchronous
        super().__init__(str(path))  # pyright: ignore[reportUnknownMemberType]

    def _new_db_connection(self, path: str, multithreading: bool, timeout: float) -> sqlite3.Connection:
        connection = super()._new_db_connection(path, multithreading, timeout)  # pyright: ignore[reportUnknownMemberType]
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        return connection

    @property
    def connection(self) -> sqlite3.Connection:
        """To its one file."""
        return self._putter


class PersistQueue:
    """persist-queue, the kind with acknowledgements; first in, first out, since that kind has no priority."""

    def __init__(self, folder: Path, count: int) -> None:
        path = folder / "persist-queue"
        filling = _AckQueue(path, "OFF")
        for number in range(count):
            filling.put(_text(number))
        filling.close()
        self._queue = _AckQueue(path, "FULL")
        settle(path / "data.db")

    def put(self, number: int) -> None:
        """At the end."""
        self._queue.put(_text(number))

    def take(self) -> Any:
        """From the front."""
        return self._queue.get(block=False, raw=True)

    def finish(self, taken: Any) -> None:
        """Acknowledges it."""
        self._queue.ack(taken)

    def tidy(self) -> None:
        """Deletes what is acknowledged: it is read over at every take."""
        self._queue.clear_acked_data(max_delete=0, keep_latest=0)  # pyright: ignore[reportUnknownMemberType]

    def connections(self) -> Sequence[sqlite3.Connection]:
        """The one."""
        return [self._queue.connection]

    def close(self) -> None:
        """Closes it."""
        self._queue.close()


class Huey:
    """huey's storage, strictly in order; what is taken is deleted, so that there is nothing to finish."""

    def __init__(self, folder: Path, count: int) -> None:
        path = folder / "huey.db"
        self._storage = cast("Any", SqliteStorage(filename=str(path), fsync=False, strict_fifo=True))
        for number in range(count):
            self.put(number)
        self._storage.close()
        self._storage = cast("Any", SqliteStorage(filename=str(path), fsync=True, strict_fifo=True))
        self._storage.queue_size()
        settle(path)

    def put(self, number: int) -> None:
        """Behind those of its priority; larger is more urgent here."""
        self._storage.enqueue(_text(number).encode(), _PRIORITIES - number % _PRIORITIES)

    def take(self) -> Any:
        """From the front."""
        return self._storage.dequeue()

    def finish(self, taken: Any) -> None:
        """Nothing is left of it."""

    def tidy(self) -> None:
        """There is nothing."""

    def connections(self) -> Sequence[sqlite3.Connection]:
        """The one."""
        return [self._storage.conn]

    def close(self) -> None:
        """Closes it."""
        self._storage.close()


def _text(number: int) -> str:
    return f"{number}: {PROMPT}"
