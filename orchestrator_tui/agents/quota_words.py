"""How an account's limit reads: pure functions of its breaker."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.quota import Breaker, LimitKind, Phase
from orchestrator_tui.core.views import QuotaView

SHOWN_TEXT = 160


def wait(breaker: Breaker, now_ms: int) -> str:
    """Why a mission has not started, for the NEXT column."""
    if breaker.phase is Phase.TRYING:
        return f"waits for quota: {breaker.last} tries it first"
    return f"waits for quota until {clock_text(breaker.until, now_ms)}"


def light(breakers: Iterable[Breaker], now_ms: int) -> str | None:
    """The header's light: until when the account waits that waits longest; None when none does."""
    waiting = [breaker for breaker in breakers if breaker.phase is not Phase.WAKING]
    if not waiting:
        return None
    latest = max(waiting, key=lambda breaker: breaker.until)
    return "quota: trying" if latest.phase is Phase.TRYING else f"quota {clock_text(latest.until, now_ms)}"


def items(breakers: Iterable[Breaker], now_ms: int) -> tuple[AttentionItem, ...]:
    """One item for each account at its usage limit; an overload passes by itself."""
    return tuple(
        AttentionItem(
            id=f"quota-{breaker.account.id}",
            kind=AttentionKind.QUOTA,
            since=breaker.since,
            text=sentence(breaker, now_ms),
        )
        for breaker in breakers
        if breaker.kind is LimitKind.USAGE and breaker.phase is not Phase.WAKING
    )


def sentence(breaker: Breaker, now_ms: int) -> str:
    """The account, until when nothing starts, and what its program said."""
    text = " ".join(breaker.text.split())[:SHOWN_TEXT]
    if breaker.phase is Phase.TRYING:
        return f"{breaker.account.label}: {breaker.last or 'the next mission'} tries whether it is over: {text}"
    how = "no new mission until" if breaker.is_known else "no reset is known, the next try is at"
    return f"{breaker.account.label}: {how} {clock_text(breaker.until, now_ms)}: {text}"


def clock_text(at_ms: int, now_ms: int) -> str:
    """Local time by the minute, rounded up; with the date when it is not within a day."""
    at = datetime.fromtimestamp(-(-at_ms // 60_000) * 60)
    return f"{at:%H:%M}" if at_ms - now_ms < 86_400_000 else f"{at:%b} {at.day} {at:%H:%M}"


def describe(views: Sequence[QuotaView], now_ms: int) -> str:
    """The accounts that wait, a line each."""
    if not views:
        return "No account is at its limit."
    lines: list[str] = []
    for view in views:
        until = "" if view.phase == Phase.TRYING else f" until {clock_text(view.until, now_ms)}"
        known = "" if view.is_known or view.phase != Phase.OPEN else " (a guess: no reset is known)"
        agents = ", ".join(str(agent_id) for agent_id in view.agents) or "none"
        lines.append(f"{view.label}: {view.phase}{until}{known}; agents {agents}; {' '.join(view.text.split())}")
    return "\n".join(lines)
