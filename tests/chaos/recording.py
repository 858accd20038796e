"""The real queue at work, with everything that it asks of the disk and everything that it promises written down."""

import asyncio
import itertools
import random
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.models import Mission, MissionState
from orchestrator_tui.missions.event_log import EventLog
from orchestrator_tui.missions.queue import MissionQueue
from tests.chaos.disk import Recorder
from tests.missions.helpers import FakeClock

DATABASE = "missions.db"
EVENTS = "events.jsonl"


@dataclass(frozen=True, slots=True)
class Promise:
    """What a caller was told of a mission, after so many steps of the disk; ``ended`` is of its newest attempt."""

    after: int
    id: str
    prompt: str
    parents: tuple[str, ...] = ()
    state: MissionState = MissionState.PENDING
    attempts: int = 0
    ended: bool = False
    lease: str | None = None
    output: str | None = None
    error_code: str | None = None


@dataclass
class Recording:
    """What the disk was asked for, what was promised meanwhile, and the event log as it was then."""

    recorder: Recorder = field(default_factory=Recorder)
    promises: list[Promise] = field(default_factory=list[Promise])
    events: bytes = b""

    def promise_queued(self, mission_id: str, prompt: str, parents: Sequence[str]) -> None:
        """The caller knows now that the mission is queued."""
        self.promises.append(Promise(len(self.recorder.steps), mission_id, prompt, tuple(parents)))

    def promise(self, mission: Mission) -> None:
        """The caller has the answer now."""
        self.promises.append(
            Promise(
                len(self.recorder.steps),
                mission.id,
                mission.prompt,
                mission.depends_on,
                mission.state,
                mission.attempts,
                bool(mission.attempt_log) and mission.attempt_log[-1].ended_at is not None,
                mission.lease,
                mission.output,
                mission.error_code,
            )
        )


async def record(folder: Path, chance: random.Random, steps: int) -> Recording:
    """Lets the queue work for so many calls, alone and many at once, and be opened a second time on the way."""
    made = Recording()
    with made.recorder.recording():
        log = EventLog(folder / EVENTS)
        for part in range(2):
            clock = FakeClock()
            clock.advance(part * 1_000_000)
            queue = await MissionQueue.open(
                folder / DATABASE, clock=clock, new_id=partial(_numbered, itertools.count(1), f"p{part}")
            )
            watch = queue.watch()
            await _Workload(queue, clock, chance, made, f"p{part}").run(steps // 2)
            await queue.aclose()
            async for event in watch:
                log.append(event)
        await log.aclose()
    made.events = (folder / EVENTS).read_bytes()
    return made


def _numbered(numbers: Iterator[int], name: str) -> str:
    return f"{name}-token-{next(numbers)}"


class _Workload:
    def __init__(self, queue: MissionQueue, clock: FakeClock, chance: random.Random, made: Recording, name: str):
        self._queue = queue
        self._clock = clock
        self._chance = chance
        self._made = made
        self._name = name
        self._ids: list[str] = []
        self._held: list[str] = []

    async def run(self, steps: int) -> None:
        """About so many calls; every eighth turn makes a dozen at once, which share one transaction."""
        done = 0
        while done < steps:
            self._clock.advance(self._chance.randrange(1, 50))
            size = 12 if self._chance.random() < 0.12 else 1
            await asyncio.gather(*(self._call() for _ in range(size)))
            done += size

    def _call(self) -> Coroutine[None, None, None]:
        luck = self._chance.random()
        if luck < 0.4 or not self._ids:
            return self._enqueue()
        if luck < 0.7:
            return self._take()
        if not self._held:
            return self._cancel()
        mission_id = self._held.pop(self._chance.randrange(len(self._held)))
        return self._complete(mission_id) if luck < 0.93 else self._fail(mission_id)

    async def _enqueue(self) -> None:
        mission_id = f"{self._name}-{len(self._ids)}"
        parents = self._chance.sample(self._ids, min(2, len(self._ids))) if self._chance.random() < 0.2 else []
        self._ids.append(mission_id)
        prompt = f"Do {mission_id}: " + "p" * self._chance.choice((20, 400, 9_000))
        await self._queue.enqueue(prompt=prompt, id=mission_id, depends_on=parents, max_retries=1)
        self._made.promise_queued(mission_id, prompt, parents)

    async def _take(self) -> None:
        mission = await self._queue.dequeue(self._chance.randrange(1, 5))
        if mission is not None:
            self._made.promise(mission)
            self._held.append(mission.id)

    async def _complete(self, mission_id: str) -> None:
        output = "o" * self._chance.choice((10, 300, 6_000))
        self._made.promise(await self._queue.complete(mission_id, output=output))

    async def _fail(self, mission_id: str) -> None:
        recoverable = self._chance.random() < 0.5
        self._made.promise(
            await self._queue.fail(mission_id, code="broke", message="it broke", recoverable=recoverable, delay_ms=0)
        )

    async def _cancel(self) -> None:
        # The newest: what others wait for would block them all.
        with suppress(NotAllowedNow):
            self._made.promise(await self._queue.cancel(self._ids[-1], supervised=True))
