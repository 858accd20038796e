"""What agents have spent, as it becomes known: from telemetry with its price, from transcripts without."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.core.usage import ApiRequest, ConversationCost, Counted, MissionTurn, TranscriptMark, day_of

PRICED_WITHIN_MS = 3_000
"""How late a price may be: programs export once a second, and what is left when they end."""


class UsageIntake:
    """Counts requests in the ledger and keeps the fleet's sums in step with it.

    ``sampled``, and then ``counted``, are told what grew.
    """

    def __init__(self, fleet: Fleet, sampled: Callable[[Sequence[Counted]], None]) -> None:
        self._fleet = fleet
        self._sampled = sampled
        self.counted: Callable[[Sequence[Counted]], Awaitable[None]] | None = None
        self._pending = 0
        self._pending_since = 0

    async def load(self) -> list[TranscriptMark]:
        """Reads the sums of earlier supervisors; returns how far they read transcripts."""
        ledger, today = self._fleet.queue.ledger, day_of(self._fleet.clock.now_ms())
        marks = await ledger.marks()
        self._fleet.usage.load(await ledger.report(), today, marks)
        return marks

    async def take(
        self,
        requests: Sequence[ApiRequest],
        marks: Sequence[TranscriptMark] = (),
        costs: Sequence[ConversationCost] = (),
        turns: Sequence[MissionTurn] = (),
    ) -> None:
        """Counts requests, each once; returns when that is durable. Raises StoreUnavailable."""
        if not (requests or marks or costs or turns):
            return
        fleet = self._fleet
        counted = await fleet.queue.ledger.record(requests, marks, costs, turns)
        unpriced = sum(one.grown.unpriced for one in counted)
        self._pending = max(0, self._pending + unpriced)
        if unpriced > 0:
            self._pending_since = fleet.clock.monotonic_ms()
        fleet.usage.add(counted, day_of(fleet.clock.now_ms()))
        self._sampled(counted)
        for agent_id in {one.agent_id for one in counted}:
            fleet.changed(agent_id)
        if counted and self.counted is not None:
            await self.counted(counted)

    async def priced(self) -> None:
        """Waits until what is known has its price, as long as one may still come."""
        clock = self._fleet.clock
        while self._pending and clock.monotonic_ms() - self._pending_since < PRICED_WITHIN_MS:
            await asyncio.sleep(0.05)
