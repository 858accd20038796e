"""When a crashed agent starts again: exponential back-off inside an intensity and a period, as in Erlang/OTP."""

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_RETRY_MS = 60_000
"""No failed attempt is followed by a longer wait."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """At most ``intensity`` restarts in ``period_ms``; the first waits ``base_ms``, each further one twice as long."""

    base_ms: int = 2_000
    intensity: int = 5
    period_ms: int = 300_000
    jitter: float = 0.1


def recent_crashes(crashes: Sequence[int], now_ms: int, policy: RestartPolicy) -> tuple[int, ...]:
    """The crash times that count at ``now_ms``; a clock that was set back makes none count for much longer."""
    return tuple(at for at in crashes if abs(now_ms - at) < policy.period_ms)


def restart_delay_ms(crashes: Sequence[int], now_ms: int, policy: RestartPolicy, random_unit: float) -> int | None:
    """How long to wait before the restart after the newest crash in ``crashes``, or None when the budget is spent.

    ``random_unit`` in [0, 1) spreads restarts from the second on; the first is exact.
    """
    recent = len(recent_crashes(crashes, now_ms, policy))
    if recent > policy.intensity:
        return None
    delay = policy.base_ms * 2 ** max(recent - 1, 0)
    if recent <= 1:
        return delay
    return round(delay * (1 + policy.jitter * random_unit))


def mission_retry_delay_ms(attempt: int, base_ms: int = 1_000, limit_ms: int = LONGEST_RETRY_MS) -> int:
    """The back-off after failed attempt number ``attempt`` (from 1): 1 s, doubling, at most a minute."""
    return min(limit_ms, base_ms * 2 ** min(max(attempt - 1, 0), 16))
