"""One action on many: done side by side, and told in one line. Nothing that is refused stops the others."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from orchestrator_tui.core.errors import OrchestratorError

_log = logging.getLogger(__name__)

Key = TypeVar("Key", int, str)
Answer = TypeVar("Answer")

AT_ONCE = 10
"""How many of the many are asked for at the same time."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Key, Answer]):
    """What came of it: keys and answers where it was done; keys, names and reasons where it was refused."""

    done: tuple[tuple[Key, Answer], ...]
    refused: tuple[tuple[Key, str, str], ...]

    @property
    def done_keys(self) -> tuple[Key, ...]:
        """Those that it was done to."""
        return tuple(key for key, _ in self.done)

    def told(self, verb: str) -> str:
        """``3 killed, 1 refused.`` and a line for each refusal."""
        parts = [f"{len(self.done)} {verb}"] if self.done or not self.refused else []
        parts += [f"{len(self.refused)} refused"] if self.refused else []
        return "\n".join([", ".join(parts) + ".", *self.reasons()])

    def reasons(self) -> list[str]:
        """A line for each refusal."""
        return [f"{name}: {reason}" for _, name, reason in self.refused]


async def to_each(
    subjects: Sequence[tuple[Key, str]], work: Callable[[Key], Awaitable[Answer]]
) -> Outcome[Key, Answer]:
    """Does ``work`` for each key; ``subjects`` are keys with names, whose order the outcome keeps."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(key: Key) -> Answer:
        async with limit:
            return await work(key)

    results = await asyncio.gather(*(one(key) for key, _ in subjects), return_exceptions=True)
    done: list[tuple[Key, Answer]] = []
    refused: list[tuple[Key, str, str]] = []
    for (key, name), result in zip(subjects, results, strict=True):
        if isinstance(result, BaseException):
            refused.append((key, name, _reason(result, name)))
        else:
            done.append((key, result))
    return Outcome(tuple(done), tuple(refused))


def _reason(error: BaseException, name: str) -> str:
    if isinstance(error, OrchestratorError):
        # It stands behind the name already.
        text = f"{error.message} {error.remedy}".strip()
        return text.removeprefix(f"{name} ")
    if not isinstance(error, Exception):
        raise error
    _log.error("unexpected failure for %s", name, exc_info=error)
    return f"{type(error).__name__}: {error} (the details are in the log)"


def listed(names: Sequence[str], most: int = 6) -> str:
    """The names in words; of many only the first."""
    shown = list(names) if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
