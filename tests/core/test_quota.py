"""An account's breaker: opened by a limit, tried by one mission, closed by an answer, woken one after the other."""

import pytest

from orchestrator_tui.core.quota import (
    GRACE_MS,
    SPACING_MS,
    WAKING_ENDS_MS,
    Account,
    Breaker,
    Limit,
    LimitKind,
    Phase,
    admit,
    admits,
    after_answer,
    after_limit,
    back_off_ms,
    is_over,
    with_reset,
    without_trier,
)

A = Account("a", "the account")
NOW = 1_000_000_000
MINUTE = 60_000


def limit(resets_at: int | None = None, kind: LimitKind = LimitKind.USAGE, text: str = "limit") -> Limit:
    return Limit(kind, text, resets_at)


def opened(resets_at: int | None = NOW + MINUTE, now: int = NOW, before: Breaker | None = None) -> Breaker:
    return after_limit(before, A, limit(resets_at), now)


def let_through(breaker: Breaker, mission: str, now: int, chance: float = 0.5) -> Breaker:
    after = admit(breaker, mission, now, chance)
    assert after is not None
    return after


def test_nothing_starts_before_the_known_reset() -> None:
    breaker = opened()
    assert (breaker.until, breaker.is_known, breaker.phase) == (NOW + MINUTE + GRACE_MS, True, Phase.OPEN)
    assert admit(breaker, "m", breaker.until - 1, 0.5) is None
    assert admits(breaker, breaker.until)


@pytest.mark.parametrize(
    ("kind", "minutes"),
    [(LimitKind.USAGE, [1, 2, 4, 8, 16, 30, 30]), (LimitKind.OVERLOAD, [0.25, 0.5, 1, 2, 4, 5, 5])],
)
def test_without_a_reset_the_wait_doubles_up_to_its_longest(kind: LimitKind, minutes: list[float]) -> None:
    assert [back_off_ms(kind, n) for n in range(1, 8)] == [n * MINUTE for n in minutes]
    breaker, now = after_limit(None, A, limit(kind=kind), NOW), NOW
    for wait in minutes[1:]:
        now = breaker.until
        breaker = after_limit(let_through(breaker, "m", now), A, limit(kind=kind), now)
        assert (breaker.until - now, breaker.phase, breaker.since) == (wait * MINUTE, Phase.OPEN, NOW)


def test_one_mission_tries_and_the_others_wait() -> None:
    breaker = opened()
    trying = let_through(breaker, "first", breaker.until)
    assert (trying.phase, trying.last) == (Phase.TRYING, "first")
    assert admit(trying, "second", breaker.until + 1, 0.5) is None
    assert admit(trying, "first", breaker.until + 1, 0.5) == trying
    assert let_through(without_trier(trying), "second", breaker.until + 2).last == "second"


def test_after_an_answer_the_others_start_one_after_the_other() -> None:
    breaker = let_through(opened(), "first", NOW + 2 * MINUTE)
    now = NOW + 3 * MINUTE
    waking = after_answer(breaker, 3, now, 0.0)
    assert waking is not None
    assert (waking.phase, waking.until, waking.to_wake) == (Phase.WAKING, now + SPACING_MS // 2, 2)
    assert admit(waking, "second", now, 0.5) is None
    second = let_through(waking, "second", waking.until, chance=1.0)
    assert second.until == waking.until + SPACING_MS * 3 // 2
    assert admit(second, "third", second.until - 1, 0.5) is None
    assert admit(second, "second", second.until - 1, 0.5) == second
    assert not is_over(second, second.until)
    assert is_over(let_through(second, "third", second.until), second.until)
    assert is_over(second, second.until + WAKING_ENDS_MS)


def test_a_single_agent_has_nobody_to_wake() -> None:
    assert after_answer(let_through(opened(), "m", NOW + 2 * MINUTE), 1, NOW, 0.5) is None


def test_a_limit_while_waking_opens_again_and_counts() -> None:
    waking = after_answer(let_through(opened(), "m", NOW + 2 * MINUTE), 3, NOW + 3 * MINUTE, 0.5)
    again = opened(None, NOW + 4 * MINUTE, waking)
    assert (again.phase, again.failures, again.until) == (Phase.OPEN, 2, NOW + 6 * MINUTE)


def test_while_open_the_better_known_and_later_reset_counts() -> None:
    unknown = opened(None)
    assert opened(None, NOW + 10, unknown) == unknown
    known = opened(NOW + 5 * MINUTE, NOW + 10, unknown)
    assert (known.until, known.is_known, known.failures) == (NOW + 5 * MINUTE + GRACE_MS, True, 1)
    assert opened(None, NOW + 20, known) == known
    assert opened(NOW + MINUTE, NOW + 20, known) == known
    assert opened(NOW + 9 * MINUTE, NOW + 20, known).until == NOW + 9 * MINUTE + GRACE_MS


@pytest.mark.parametrize("resets_at", [NOW - 1, NOW + 40 * 86_400_000])
def test_a_reset_that_cannot_be_is_not_believed(resets_at: int) -> None:
    breaker = opened(resets_at)
    assert (breaker.is_known, breaker.until) == (False, NOW + MINUTE)
    assert with_reset(breaker, resets_at, NOW) == breaker


def test_the_exact_reset_replaces_what_the_text_said() -> None:
    breaker = with_reset(opened(NOW + 5 * MINUTE), NOW + 20_000, NOW + 100)
    assert (breaker.until, breaker.is_known) == (NOW + 20_000 + GRACE_MS, True)
    trying = let_through(breaker, "m", breaker.until)
    assert with_reset(trying, NOW + 5 * MINUTE, NOW) == trying
