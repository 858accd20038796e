"""A list that grows at both ends and keeps the number of each of its items: pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class LogLines(Generic[T]):
    """Items numbered in order; newer ones get higher numbers, older ones lower, below zero too."""

    def __init__(self, items: Iterable[T] = ()) -> None:
        self._older: list[T] = []
        self._newer: list[T] = list(items)
        self._first_newer = 0

    @property
    def keys(self) -> range:
        """The numbers, the oldest first."""
        return range(self._first_newer - len(self._older), self._first_newer + len(self._newer))

    def __len__(self) -> int:
        return len(self._older) + len(self._newer)

    def __getitem__(self, key: int) -> T:
        place = key - self._first_newer
        return self._newer[place] if place >= 0 else self._older[-1 - place]

    def __iter__(self) -> Iterator[T]:
        yield from reversed(self._older)
        yield from self._newer

    def append(self, items: Iterable[T]) -> None:
        """Adds newer items, in order."""
        self._newer.extend(items)

    def prepend(self, items: Sequence[T]) -> None:
        """Adds older items, in order."""
        self._older.extend(reversed(items))

    def forget_oldest(self, count: int) -> None:
        """Leaves out the oldest items."""
        of_older = min(count, len(self._older))
        if of_older:
            del self._older[-of_older:]
        del self._newer[: count - of_older]
        self._first_newer += count - of_older
