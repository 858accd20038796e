"""The list above the chosen request of the inbox: pure."""

from collections.abc import Sequence

from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.ui.format import Span, Spans, duration, fit

_ROWS = 8
_ROWS_IF_LOW = 4
_LOW = 30


def rows_at_most(height: int) -> int:
    """How many requests are listed on a screen of this height."""
    return _ROWS if height >= _LOW else _ROWS_IF_LOW


def list_spans(items: Sequence[AttentionItem], chosen: str | None, now_ms: int, size: tuple[int, int]) -> Spans:
    """A line for each request near the chosen one, by which a click chooses it; ``size`` is the screen's."""
    ids = [item.id for item in items]
    at = ids.index(chosen) if chosen in ids else 0
    most = rows_at_most(size[1])
    first = min(max(0, at - most + 1), max(0, len(items) - most))
    width = max(20, min(100, int(size[0] * 0.96)) - 6)
    spans: list[Span] = []
    for item in items[first : first + most]:
        mark = "❯ " if item.id == chosen else "  "
        who = item.agent_name or item.mission_id or ""
        text = f"{mark}{duration(now_ms - item.since):>3}  {fit(who, 12)} {fit(item.text, max(1, width - 20))}"
        spans.append(Span(text, "strong" if item.id == chosen else "text", f"screen.choose({item.id!r})"))
        spans.append(Span("\n"))
    hidden = len(items) - len(items[first : first + most])
    if hidden:
        spans.append(Span(f"  and {hidden} more\n", "muted"))
    return tuple(spans)
