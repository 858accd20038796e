"""The durable record of what was spent, written by the same thread as the missions."""

from collections.abc import Sequence

from orchestrator_tui.core.usage import ApiRequest, ConversationCost, Counted, MissionTurn, TranscriptMark, UsageReport
from orchestrator_tui.missions.store import MissionStore
from orchestrator_tui.missions.writer import GroupWriter


class UsageLedger:
    """Every method returns after the commit. Raises StoreUnavailable."""

    def __init__(self, writer: GroupWriter[MissionStore]) -> None:
        self._writer = writer

    async def record(
        self,
        requests: Sequence[ApiRequest],
        marks: Sequence[TranscriptMark] = (),
        costs: Sequence[ConversationCost] = (),
        turns: Sequence[MissionTurn] = (),
    ) -> list[Counted]:
        """Counts requests, each once, together with how far transcripts are read; what the sums grew by.

        ``costs`` price the requests of their conversations that have no price of their own; ``turns`` say for which
        mission requests were made.
        """
        return await self._writer.run(lambda store: store.record_usage(requests, marks, costs, turns))

    async def marks(self) -> list[TranscriptMark]:
        """How far transcripts are read, the newest last."""
        return await self._writer.run(lambda store: store.transcript_marks())

    async def since(self, at: int) -> list[Counted]:
        """What requests answered at ``at`` (milliseconds since the epoch) or later spent, without their missions."""
        return await self._writer.run(lambda store: store.spent_since(at))

    async def report(self, day: str | None = None) -> UsageReport:
        """Sums of one local day (``2026-11-27``), or of all."""
        return await self._writer.run(lambda store: store.usage_report(day))
