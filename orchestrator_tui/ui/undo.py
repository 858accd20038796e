"""Kills that can still be taken back, and how that is said. Pure."""

from dataclasses import dataclass

from orchestrator_tui.core.views import UNDO_WINDOW_MS
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.hints import key_span


@dataclass(frozen=True, slots=True)
class UndoOffer:
    """What one kill ended: ids and names; it can be undone until ``until_ms``."""

    agents: tuple[tuple[int, str], ...]
    until_ms: int

    @property
    def names(self) -> str:
        """Whom it ended, in words."""
        names = [name for _, name in self.agents]
        return names[0] if len(names) == 1 else f"{len(names)} agents"


def offer(agents: tuple[tuple[int, str], ...], now_ms: int) -> UndoOffer:
    """The offer that begins now."""
    return UndoOffer(agents, now_ms + UNDO_WINDOW_MS)


def open_offer(offers: list[UndoOffer], now_ms: int) -> UndoOffer | None:
    """The newest kill that can be undone; those whose time is over are dropped from ``offers``."""
    offers[:] = [one for one in offers if one.until_ms > now_ms]
    return offers[-1] if offers else None


def countdown(one: UndoOffer, now_ms: int) -> Spans:
    """``u brings api-auth back (7 s)``."""
    seconds = -(-(one.until_ms - now_ms) // 1000)
    return (key_span("u"), Span(f" brings {one.names} back ({seconds} s)", "needs"))
