"""What a later supervisor has to know of the inbox: open requests, and what was told of.

A request that its program made of an earlier supervisor keeps its id, its time and its whole input.
"""

import asyncio
import json
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from orchestrator_tui.agents.private_files import write_private_bytes
from orchestrator_tui.core.attention import Ask

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """The file's content; ``last_id`` is the number of the newest request."""

    last_id: int = 0
    asks: tuple[Ask, ...] = ()
    told: tuple[str, ...] = ()


_KEPT = TypeAdapter(Kept)


class InboxStore:
    """One private file (0600), replaced as a whole, off the event loop. Without a path nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.kept = _read(path) if path is not None else Kept()
        self._is_dirty = asyncio.Event()

    def keep_asks(self, last_id: int, asks: Iterable[Ask]) -> None:
        """Notes the open requests."""
        self._change(Kept(last_id, tuple(asks), self.kept.told))

    def keep_told(self, told: Collection[str]) -> None:
        """Notes the items that a person was told of."""
        self._change(Kept(self.kept.last_id, self.kept.asks, tuple(sorted(told))))

    async def run(self) -> None:
        """Writes what changed until cancelled."""
        while True:
            await self._is_dirty.wait()
            self._is_dirty.clear()
            await self.flush()

    async def flush(self) -> None:
        """Writes the present state."""
        if self._path is None:
            return
        try:
            await asyncio.to_thread(_write, self._path, self.kept)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error)

    def _change(self, kept: Kept) -> None:
        if kept != self.kept:
            self.kept = kept
            self._is_dirty.set()


def _write(path: Path, kept: Kept) -> None:
    # The inputs of tools may be large: they become text beside the event loop too.
    content = json.dumps(_KEPT.dump_python(kept, mode="json"), ensure_ascii=False).encode("utf-8", "replace")
    write_private_bytes(path, content)


def _read(path: Path) -> Kept:
    try:
        return _KEPT.validate_json(path.read_bytes())
    except FileNotFoundError:
        pass
    except (OSError, ValidationError) as error:
        log.warning("%s cannot be read and is begun anew: %s", path, error)
    return Kept()
