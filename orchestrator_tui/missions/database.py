"""One SQLite file: connection, schema, transactions, and the events that a transaction has to tell."""

import contextlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

import apsw

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import StoreUnavailable
from orchestrator_tui.core.events import Event
from orchestrator_tui.missions.schema import SCHEMA_VERSION, UPGRADES

Value: TypeAlias = int | float | str | None
Row: TypeAlias = tuple[Any, ...]

_BUSY_TIMEOUT_MS = 5_000
_PRAGMAS = (
    # As FULL, and the folder too when a new store's first journal goes: one that came back after a power cut would
    # take everything back that was written since.
    "synchronous = EXTRA",
    "journal_mode = WAL",
    # What one large import made of it does not stay for good; checkpoints keep it at half of that.
    "journal_size_limit = 8388608",
    "foreign_keys = ON",
    "cache_size = -65536",
    "temp_store = MEMORY",
)


class _Cursor(Protocol):
    def fetchall(self) -> list[Row]: ...


class _Connection(Protocol):
    """What is used of ``apsw.Connection``, whose own types name things of a later Python."""

    @property
    def in_transaction(self) -> bool: ...
    def execute(self, statements: str, bindings: Sequence[Value], /) -> _Cursor: ...
    def executemany(self, statements: str, bindings: Iterable[Sequence[Value]], /) -> _Cursor: ...
    def set_busy_timeout(self, milliseconds: int, /) -> None: ...
    def config(self, option: int, value: int, /) -> int: ...
    def close(self, force: bool, /) -> None: ...


class Database:
    """Used by one thread at a time; every failure of SQLite is raised as StoreUnavailable.

    ``path`` None is a database in memory. The clock is read inside the write transaction, so that a mission never
    starts before its dependency ended.
    """

    def __init__(self, path: Path | None, clock: Clock, new_id: Callable[[], str]) -> None:
        self.now = clock.now_ms
        self.new_id = new_id
        self.events: list[Event] = []
        self._path = path
        # The first operation of a transaction is the whole of it so far, and needs no savepoint to be taken back.
        self._is_first = True
        self._is_saved = False
        try:
            if path is not None:
                # The texts are private, and SQLite gives its side files the same mode.
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            name = str(path) if path is not None else ":memory:"
            self._connection = cast("_Connection", apsw.Connection(name, statementcachesize=256))
        except (apsw.Error, OSError) as error:
            raise self._unavailable(error) from error
        try:
            self._prepare()
        except BaseException:
            self._connection.close(True)
            raise

    def _prepare(self) -> None:
        self._connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
        # Otherwise SQLite plans a statement anew for every bound value, which costs ten times the look-up itself.
        self._connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        for pragma in _PRAGMAS:
            self.rows(f"PRAGMA {pragma}")
        self.begin()
        try:
            version = self.rows("PRAGMA user_version")[0][0]
            if version > SCHEMA_VERSION:
                raise StoreUnavailable(
                    f"The mission store {self._path} has format {version}, this program knows {SCHEMA_VERSION}.",
                    remedy="Use the program's version that wrote it, or another session.",
                )
            if version < SCHEMA_VERSION:
                for step in range(version, SCHEMA_VERSION):
                    self.run(UPGRADES[step])
                self.run(f"PRAGMA user_version = {SCHEMA_VERSION}")
        except StoreUnavailable:
            self.rollback()
            raise
        self.commit()

    # -- statements ------------------------------------------------------------------------------------------------

    def rows(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        """Every row of a statement."""
        try:
            return self._connection.execute(sql, params).fetchall()
        except apsw.Error as error:
            raise self._unavailable(error) from error

    def one(self, sql: str, params: Sequence[Value] = ()) -> Row | None:
        """The first row, or None."""
        found = self.rows(sql, params)
        return found[0] if found else None

    def run(self, sql: str, params: Sequence[Value] = ()) -> None:
        """A statement without an answer."""
        try:
            self._connection.execute(sql, params).fetchall()
        except apsw.Error as error:
            raise self._unavailable(error) from error

    def many(self, sql: str, params: Iterable[Sequence[Value]]) -> None:
        """One statement for each set of parameters."""
        try:
            self._connection.executemany(sql, params).fetchall()
        except apsw.Error as error:
            raise self._unavailable(error) from error

    def count(self, name: str) -> int:
        """The next number of a durable counter, from 1."""
        row = self.one(
            "INSERT INTO counter VALUES(?, 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value", (name,)
        )
        assert row is not None
        return int(row[0])

    def tell(self, event: Event) -> None:
        """Notes an event that is published once the transaction is committed."""
        self.events.append(event)

    # -- transactions ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Takes the write lock."""
        self._is_first = True
        self.run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Makes the transaction durable: returns after the file is synchronised."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Gives the transaction up; SQLite may have done so itself."""
        self.events.clear()
        if self._connection.in_transaction:
            self.run("ROLLBACK")

    def savepoint(self) -> None:
        """Begins one operation inside the transaction."""
        self._is_saved = not self._is_first
        if self._is_saved:
            self.run("SAVEPOINT operation")

    def release(self) -> list[Event]:
        """Keeps the operation; its events."""
        if self._is_saved:
            self.run("RELEASE operation")
        self._is_first = False
        events, self.events = self.events, []
        return events

    def undo(self) -> None:
        """Takes the operation back."""
        if not self._is_saved:
            self.rollback()
            self.begin()
            return
        self.events.clear()
        self.run("ROLLBACK TO operation")
        self.run("RELEASE operation")

    def close(self) -> None:
        """Closes the file."""
        with contextlib.suppress(apsw.Error):
            self._connection.close(True)

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(
            f"The mission store {self._path} cannot be used: {error}.",
            remedy="Look at the disk (space, permissions); the missions that were acknowledged are in the file.",
        )
