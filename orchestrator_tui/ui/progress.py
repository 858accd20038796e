"""Work that takes long: named, counted where it tells how far it is, and shown once it has run for a second.

Time in which a person is asked something does not count: then it is the person who is waited for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

SHOWN_AFTER_S = 1.0


class Job:
    """One piece of work. ``done`` of ``total`` parts are done, both None where that is not known."""

    def __init__(self, name: str, changed: Callable[[], None]) -> None:
        self.name = name
        self.done: int | None = None
        self.total: int | None = None
        self.is_shown = False
        self.since_s = 0.0
        self._changed = changed
        self._waits = 0
        self._timer: asyncio.TimerHandle | None = None

    def go(self) -> None:
        """It works from now on."""
        loop = asyncio.get_running_loop()
        self.since_s = loop.time()
        self._timer = loop.call_later(SHOWN_AFTER_S, self._show)

    def halt(self) -> None:
        """It does not work any more, or not now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.is_shown:
            self.is_shown = False
            self._changed()

    def wait(self, by: int) -> None:
        """One thing more (1) or less (-1) is waited for from a person."""
        self._waits += by
        self.halt()
        if not self._waits:
            self.go()

    def report(self, done: int, total: int) -> None:
        """So many parts are done."""
        self.done, self.total = done, total
        if self.is_shown:
            self._changed()

    def _show(self) -> None:
        self.is_shown = True
        self._changed()


_current: ContextVar[Job | None] = ContextVar("job", default=None)


class Progress:
    """The work of one dashboard; ``changed`` hears when something else is to be shown."""

    def __init__(self) -> None:
        self.changed: Callable[[], None] = lambda: None
        self._jobs: list[Job] = []

    def shown(self) -> tuple[Job, ...]:
        """What has taken long, the oldest first."""
        return tuple(job for job in self._jobs if job.is_shown)

    async def follow(self, work: Awaitable[None], name: str) -> None:
        """Awaits the work as one job."""
        job = Job(name, lambda: self.changed())
        self._jobs.append(job)
        token = _current.set(job)
        job.go()
        try:
            await work
        finally:
            _current.reset(token)
            self._jobs.remove(job)
            job.halt()


def name_job(name: str) -> None:
    """Says in other words what the work at hand does."""
    job = _current.get()
    if job is not None:
        job.name, job.done, job.total = name, None, None


def report(done: int, total: int) -> None:
    """Tells how far the work at hand is."""
    job = _current.get()
    if job is not None:
        job.report(done, total)


def current_job() -> Job | None:
    """The work at hand, for what goes on in another task."""
    return _current.get()


@contextmanager
def person_is_asked() -> Generator[None]:
    """Meanwhile the work at hand waits for a person."""
    with _waiting(_current.get(), 1):
        yield


@contextmanager
def goes_on(job: Job | None) -> Generator[None]:
    """Meanwhile this work goes on although its question to the person is still open, and is the work at hand."""
    token = _current.set(job)
    try:
        with _waiting(job, -1):
            yield
    finally:
        _current.reset(token)


@contextmanager
def _waiting(job: Job | None, by: int) -> Generator[None]:
    if job is None:
        yield
        return
    job.wait(by)
    try:
        yield
    finally:
        job.wait(-by)
