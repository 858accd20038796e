"""How often each agent may call: a bucket of calls that fills again by itself."""

import time
from collections.abc import Callable

PER_SECOND = 50.0
BURST = 250.0


class Rates:
    """One bucket an agent; the operator, who may stop everything anyway, has none."""

    def __init__(
        self, per_second: float = PER_SECOND, burst: float = BURST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.per_second = per_second
        self._burst = burst
        self._clock = clock
        self._left: dict[int, tuple[float, float]] = {}

    def take(self, agent_id: int | None) -> float:
        """Takes one call; 0, or the seconds after which there is one again, which then was not taken."""
        if agent_id is None:
            return 0.0
        now = self._clock()
        left, at = self._left.get(agent_id, (self._burst, now))
        left = min(self._burst, left + (now - at) * self.per_second)
        if left < 1:
            self._left[agent_id] = (left, now)
            return (1 - left) / self.per_second
        self._left[agent_id] = (left - 1, now)
        return 0.0
