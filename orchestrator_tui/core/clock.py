"""Time and ids as things that are passed in."""

from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Wall time for records and monotonic time for durations."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def monotonic_ms(self) -> int:
        """Milliseconds of a clock that never jumps."""
        ...


IdFactory = Callable[[], str]
