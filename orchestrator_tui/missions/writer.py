"""One thread owns the store. Operations that wait at the same time share one transaction and one synchronised write."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from orchestrator_tui.core.errors import StoreUnavailable
from orchestrator_tui.core.events import Event
from orchestrator_tui.missions.store import Transactions

log = logging.getLogger(__name__)

StoreT = TypeVar("StoreT", bound=Transactions)
T = TypeVar("T")

_LARGEST_GROUP = 256


@dataclass(slots=True)
class _Job(Generic[StoreT]):
    operation: Callable[[StoreT], object]
    answer: "asyncio.Future[Any]"


@dataclass(frozen=True, slots=True)
class _Outcome(Generic[StoreT]):
    """What one job leads to; ``error`` None means ``value`` counts."""

    job: _Job[StoreT]
    value: object = None
    error: Exception | None = None
    events: Sequence[Event] = ()


class GroupWriter(Generic[StoreT]):
    """Runs operations in the order of their calls and answers only after the commit.

    An operation that fails is taken back alone. When the transaction as a whole fails, each of its operations is
    tried once more in its own, so that a fault of one never fails another.
    """

    def __init__(self, open_store: Callable[[], StoreT], publish: Callable[[Event], None]) -> None:
        self._open_store = open_store
        self._publish = publish
        self._jobs: queue.SimpleQueue[_Job[StoreT] | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opened: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] | None = None
        self._accepts = True
        self._is_open = False
        self._thread = threading.Thread(target=self._main, name="mission store", daemon=True)
        self.commits = 0
        self.error: str | None = None

    @property
    def accepts(self) -> bool:
        """Whether operations can still be asked for."""
        return self._accepts

    async def start(self) -> None:
        """Opens the store, once; ``run`` does it where nobody has. Raises what opening it raises."""
        if self._opened is None:
            self._loop = asyncio.get_running_loop()
            self._opened, self._closed = self._loop.create_future(), self._loop.create_future()
            self._thread.start()
        await asyncio.shield(self._opened)

    async def run(self, operation: Callable[[StoreT], T]) -> T:
        """Runs ``operation`` in a transaction; returns its answer once that is durable.

        Raises what the operation raises, and StoreUnavailable when nothing was written.
        """
        if self._accepts and not self._is_open:
            await self.start()
            self._is_open = True
        # It may have been closed while it opened.
        if not self._accepts:
            raise StoreUnavailable("The mission store is closed.", remedy="Open the queue again.")
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(operation, answer))
        return await answer

    async def aclose(self) -> None:
        """Finishes what was asked before, then closes the store."""
        if self._accepts:
            self._accepts = False
            self._jobs.put(None)
        if self._closed is not None:
            await asyncio.shield(self._closed)
            self._thread.join()

    # -- the thread ------------------------------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            store = self._open_store()
        except Exception as error:  # the border of the thread: reported to whoever opens
            self._tell(self._settle_opening, error)
            return
        self._tell(self._settle_opening, None)
        try:
            while (group := self._next_group()) is not None:
                outcomes = self._commit(store, group)
                self._tell(self._deliver, outcomes)
        except Exception:  # the border of the thread: whoever waits gets an error, and the log the reason
            log.exception("the mission store's thread ended")
        finally:
            store.close()
            self._tell(self._end)

    def _next_group(self) -> list[_Job[StoreT]] | None:
        job = self._jobs.get()
        if job is None:
            return None
        group = [job]
        while len(group) < _LARGEST_GROUP and not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)
                break
            group.append(job)
        return group

    def _commit(self, store: StoreT, group: Sequence[_Job[StoreT]]) -> list[_Outcome[StoreT]]:
        try:
            store.begin()
            outcomes = [self._attempt(store, job) for job in group]
            store.commit()
        except StoreUnavailable as error:
            self._give_back(store)
            if len(group) > 1:
                return [outcome for job in group for outcome in self._commit(store, [job])]
            self.error = error.message
            return [_Outcome(group[0], error=error)]
        self.commits += 1
        self.error = None
        return outcomes

    def _attempt(self, store: StoreT, job: _Job[StoreT]) -> _Outcome[StoreT]:
        store.savepoint()
        try:
            value = job.operation(store)
        except StoreUnavailable:
            raise
        except Exception as error:  # the border of one operation: reported to its caller
            store.undo()
            return _Outcome(job, error=error)
        return _Outcome(job, value, events=store.release())

    def _give_back(self, store: StoreT) -> None:
        try:
            store.rollback()
        except StoreUnavailable:
            log.exception("a transaction could not be taken back")

    def _tell(self, what: Callable[..., object], *args: object) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(what, *args)
        except RuntimeError:
            # The loop is closed: nobody waits for the answer any more.
            log.debug("the loop ended before the mission store")

    # -- the loop --------------------------------------------------------------------------------------------------

    def _settle_opening(self, error: Exception | None) -> None:
        if error is None:
            if self._opened is not None and not self._opened.done():
                self._opened.set_result(None)
            return
        self._end()
        if self._opened is not None and not self._opened.done():
            self._opened.set_exception(error)

    def _deliver(self, outcomes: Sequence[_Outcome[StoreT]]) -> None:
        for outcome in outcomes:
            for event in outcome.events:
                self._publish(event)
            answer = outcome.job.answer
            if answer.done():
                continue
            if outcome.error is not None:
                answer.set_exception(outcome.error)
            else:
                answer.set_result(outcome.value)

    def _end(self) -> None:
        self._accepts = False
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is not None and not job.answer.done():
                job.answer.set_exception(StoreUnavailable("The mission store is closed.", remedy="See the log."))
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)
