"""The machine's clock."""

import time


class SystemClock:
    """Implements ``core.clock.Clock`` with the machine's clocks."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Milliseconds of a clock that never jumps."""
        return time.monotonic_ns() // 1_000_000
