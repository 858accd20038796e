"""A ``Memory`` in one small JSON file."""

import asyncio
import json
import logging
from pathlib import Path
from typing import cast

from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.state_files import write_private

log = logging.getLogger(__name__)


class FileMemory:
    """Written beside the event loop, whole and in one step, so that the file is never half of one.

    A file that is missing, unreadable or damaged is an empty memory, and is replaced by the next ``put``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = _read(path)
        self._writing: asyncio.Task[None] | None = None
        self._is_dirty = False
        self._is_kept_elsewhere = False

    @classmethod
    async def open(cls, path: Path) -> "FileMemory":
        """Reads the file beside the event loop."""
        return await asyncio.to_thread(cls, path)

    def get(self, key: str) -> object:
        """The value, or None."""
        return self._values.get(key)

    def put(self, key: str, value: object) -> None:
        """Keeps a JSON value; several that come together are written once."""
        if self._is_kept_elsewhere or self._values.get(key) == value:
            return
        self._values[key] = value
        self._is_dirty = True
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name=f"write {self._path.name}")

    def keep_nothing_more(self) -> None:
        """From now on ``put`` does nothing: somebody else writes this file."""
        self._is_kept_elsewhere = True

    async def aclose(self) -> None:
        """Returns when everything is written."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._is_dirty:
            self._is_dirty = False
            text = json.dumps(self._values, ensure_ascii=False, indent=1)
            try:
                await asyncio.to_thread(write_private, self._path, text)
            except CannotRun as error:
                log.warning("the dashboard will not remember: %s", error)


def _read(path: Path) -> dict[str, object]:
    try:
        data: object = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        log.warning("%s is not usable and begins anew: %s", path, error)
        return {}
    return cast("dict[str, object]", data) if isinstance(data, dict) else {}
