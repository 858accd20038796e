"""When this terminal rings for what waits."""

from collections.abc import Sequence

from orchestrator_tui.core.attention import AttentionItem, overdue


class Bell:
    """Rings once for what waits longer than ``after_s`` (0: never). A person may turn it off while they look."""

    def __init__(self, after_s: float) -> None:
        self.after_s = after_s
        self.is_on = after_s > 0
        self._told: set[str] = set()
        self._has_seen_first = False

    def due(self, items: Sequence[AttentionItem], now_ms: int, *, is_loaded: bool) -> Sequence[AttentionItem]:
        """What is to be told now.

        Whoever opened the dashboard has the first before their eyes, and whoever turned the bell off the later ones.
        """
        self._told &= {item.id for item in items}
        late = overdue(items, now_ms, self.after_s, self._told)
        self._told |= {item.id for item in late}
        may_ring, self._has_seen_first = self._has_seen_first and self.is_on, self._has_seen_first or is_loaded
        return late if may_ring else ()
