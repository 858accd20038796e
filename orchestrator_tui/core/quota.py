"""One breaker for each account: when its limit allows new work. Pure; times in milliseconds since the epoch.

A closed breaker is no breaker at all. An open one lets nothing start until its time; then one mission tries it; when
that got an answer, the others start one after the other.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

GRACE_MS = 1_000
"""A reset is told in whole seconds: that much later it is over for certain."""

LONGEST_WAIT_MS = 32 * 86_400_000
"""A reset further away than a month's spending limit is a misreading."""

SPACING_MS = 3_000
"""Between two starts after a reset, on average."""

WAKING_ENDS_MS = 60_000
"""After that long without a start nobody is left to wake."""


class LimitKind(StrEnum):
    """What stops an account."""

    USAGE = "usage"
    OVERLOAD = "overload"


class Phase(StrEnum):
    """Where a breaker is; ``trying`` is half-open, ``waking`` the staggered start after it."""

    OPEN = "open"
    TRYING = "trying"
    WAKING = "waking"


BACK_OFF_MS: dict[LimitKind, tuple[int, int]] = {
    LimitKind.USAGE: (60_000, 1_800_000),
    LimitKind.OVERLOAD: (15_000, 300_000),
}
"""First and longest wait where no reset is known."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who pays for an agent: ``id`` tells accounts apart and holds no secret, ``label`` is for people."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as an agent's program met it; ``resets_at`` None when it did not say."""

    kind: LimitKind
    text: str
    resets_at: int | None = None


@dataclass(frozen=True, slots=True)
class Breaker:
    """An account's limit.

    Nothing starts before ``until``, which is the reset where that ``is_known`` and a back-off otherwise. ``failures``
    counts limits in a row; ``last`` is the mission that was let through last; ``to_wake`` how many starts are still
    spaced.
    """

    account: Account
    kind: LimitKind
    text: str
    since: int
    until: int
    is_known: bool = False
    phase: Phase = Phase.OPEN
    failures: int = 1
    last: str | None = None
    to_wake: int = 0


def after_limit(breaker: Breaker | None, account: Account, limit: Limit, now: int) -> Breaker:
    """The breaker once an agent of the account met a limit.

    While it is open already, a reset that is known counts more than one that is not, and of two the later.
    """
    known = _usable(limit.resets_at, now)
    if breaker is None:
        until = known if known is not None else now + back_off_ms(limit.kind, 1)
        return Breaker(account, limit.kind, limit.text, now, until, known is not None)
    if breaker.phase is not Phase.OPEN or breaker.until <= now:
        failures = breaker.failures + 1
        until = known if known is not None else now + back_off_ms(limit.kind, failures)
        return Breaker(account, limit.kind, limit.text, breaker.since, until, known is not None, failures=failures)
    if known is not None and not (breaker.is_known and breaker.until >= known):
        return replace(breaker, kind=limit.kind, text=limit.text, until=known, is_known=True)
    return breaker


def with_reset(breaker: Breaker, resets_at: int, now: int) -> Breaker:
    """An open breaker whose exact reset became known."""
    known = _usable(resets_at, now)
    if breaker.phase is not Phase.OPEN or known is None:
        return breaker
    return replace(breaker, until=known, is_known=True)


def admits(breaker: Breaker, now: int) -> bool:
    """Whether another mission may start now."""
    match breaker.phase:
        case Phase.OPEN | Phase.WAKING:
            return now >= breaker.until
        case Phase.TRYING:
            return breaker.last is None


def admit(breaker: Breaker, mission_id: str, now: int, chance: float) -> Breaker | None:
    """The breaker once a mission is let through; None when it is not. Repeats for one mission are harmless.

    ``chance`` is a random number from 0 to 1: starts lie half to one and a half ``SPACING_MS`` apart.
    """
    if breaker.phase is not Phase.OPEN and breaker.last == mission_id:
        return breaker
    if not admits(breaker, now):
        return None
    if breaker.phase is not Phase.WAKING:
        return replace(breaker, phase=Phase.TRYING, last=mission_id)
    return replace(
        breaker, last=mission_id, to_wake=breaker.to_wake - 1, until=now + round(SPACING_MS * (0.5 + chance))
    )


def after_answer(breaker: Breaker, agents: int, now: int, chance: float) -> Breaker | None:
    """The breaker once the trying mission got an answer: the other ``agents`` - 1 wake, or None when there are none."""
    if agents <= 1:
        return None
    until = now + round(SPACING_MS * (0.5 + chance))
    return replace(breaker, phase=Phase.WAKING, until=until, last=None, to_wake=agents - 1)


def without_trier(breaker: Breaker) -> Breaker:
    """The trying mission ended without an answer: another one may try."""
    return replace(breaker, last=None)


def is_over(breaker: Breaker, now: int) -> bool:
    """Whether everybody has been woken."""
    return breaker.phase is Phase.WAKING and (breaker.to_wake <= 0 or now >= breaker.until + WAKING_ENDS_MS)


def back_off_ms(kind: LimitKind, failures: int) -> int:
    """How long to wait after that many limits in a row without a known reset: doubling up to the longest."""
    first, longest = BACK_OFF_MS[kind]
    return min(longest, first * 2 ** min(max(failures, 1) - 1, 20))


def _usable(resets_at: int | None, now: int) -> int | None:
    """A reset in the past was met again, and says nothing of the next."""
    if resets_at is None or not now <= resets_at <= now + LONGEST_WAIT_MS:
        return None
    return resets_at + GRACE_MS
