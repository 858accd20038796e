"""An event loop of its own thread, in which whatever nobody expected is remembered."""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

CALL_WITHIN_S = 20.0


class Watched(logging.Handler):
    """Runs coroutines; ``surprises`` are errors that were logged, or that no task's owner took."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.surprises: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._unexpected)
        self._thread = threading.Thread(target=self._loop.run_forever, name="fuzz", daemon=True)
        self._thread.start()
        logging.getLogger().addHandler(self)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result, waited for in this thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_WITHIN_S)

    def check(self) -> None:
        """Fails when something surprising happened since the last look."""
        found, self.surprises = self.surprises, []
        assert not found, found[0]

    def emit(self, record: logging.LogRecord) -> None:
        """Notes what was logged as an error."""
        self.surprises.append(self.format(record))

    def shut(self) -> None:
        """Ends the loop and its thread."""
        logging.getLogger().removeHandler(self)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _unexpected(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.surprises.append(f"{context.get('message')}: {context.get('exception')!r}")
