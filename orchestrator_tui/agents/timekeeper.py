"""Counts the running time of missions: only while their agent works and a supervisor lives."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from orchestrator_tui.core.config import DEFAULT_TIMEOUT_MS
from orchestrator_tui.core.models import Mission

FLUSH_MS = 5_000


@dataclass(slots=True)
class _Timed:
    attempt: int
    stored_ms: int
    pending_ms: int = 0


class Timekeeper:
    """Accumulates monotonic time for each running mission; pure of clocks and stores.

    ``tick`` takes the time since the last tick; ``take_pending`` hands out what should be written down.
    """

    def __init__(self) -> None:
        self._timed: dict[str, _Timed] = {}
        self._since_flush_ms = 0

    def tick(
        self,
        running: Iterable[Mission],
        elapsed_ms: int,
        counts: Callable[[Mission], bool],
        default_timeout_ms: Callable[[Mission], int | None],
    ) -> list[Mission]:
        """Adds ``elapsed_ms`` where ``counts`` says so; returns the missions whose time is over."""
        overdue: list[Mission] = []
        seen: set[str] = set()
        for mission in running:
            seen.add(mission.id)
            timed = self._timed.get(mission.id)
            if timed is None or timed.attempt != mission.attempts:
                timed = self._timed[mission.id] = _Timed(mission.attempts, mission.spent_ms)
            if counts(mission):
                timed.pending_ms += elapsed_ms
            limit = mission.timeout_ms or default_timeout_ms(mission) or DEFAULT_TIMEOUT_MS
            if timed.stored_ms + timed.pending_ms >= limit:
                overdue.append(mission)
        for ended in self._timed.keys() - seen:
            del self._timed[ended]
        self._since_flush_ms += elapsed_ms
        return overdue

    def take_pending(self, *, now: bool = False) -> dict[str, int]:
        """Milliseconds by mission id that are not yet stored, every few seconds or ``now``; else empty."""
        if self._since_flush_ms < FLUSH_MS and not now:
            return {}
        self._since_flush_ms = 0
        pending = {key: timed.pending_ms for key, timed in self._timed.items() if timed.pending_ms}
        for key, spent in pending.items():
            self._timed[key].stored_ms += spent
            self._timed[key].pending_ms = 0
        return pending
