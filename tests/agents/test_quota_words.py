"""How an account's limit reads."""

from datetime import datetime

from orchestrator_tui.agents.quota_words import clock_text, describe, items, light, sentence, wait
from orchestrator_tui.core.quota import Account, Breaker, LimitKind, Phase
from orchestrator_tui.core.views import QuotaView

ACCOUNT = Account("claude-1", "Claude (~/.claude)")


def at(hour: int, minute: int, second: int = 0, day: int = 27) -> int:
    """Local time."""
    return round(datetime(2026, 11, day, hour, minute, second).timestamp() * 1000)


def breaker(phase: Phase = Phase.OPEN, kind: LimitKind = LimitKind.USAGE, last: str | None = None) -> Breaker:
    text = "You've hit your\n5-hour limit"
    return Breaker(ACCOUNT, kind, text, at(12, 0), at(15, 3, 20), True, phase, last=last)


NOW = at(12, 0)


def test_the_time_is_never_before_the_reset() -> None:
    assert clock_text(at(15, 3, 20), NOW) == "15:04"
    assert clock_text(at(15, 4), NOW) == "15:04"
    assert clock_text(at(15, 3, 20, day=29), NOW) == "Nov 29 15:04"


def test_a_mission_says_until_when_it_waits() -> None:
    assert wait(breaker(), NOW) == "waits for quota until 15:04"
    assert wait(breaker(Phase.TRYING, last="m-1"), NOW) == "waits for quota: m-1 tries it first"


def test_the_light_shows_the_longest_wait() -> None:
    assert light([], NOW) is None
    assert light([breaker(Phase.WAKING)], NOW) is None
    assert light([breaker(), breaker(Phase.TRYING)], NOW) == "quota 15:04"


def test_one_item_an_account_and_none_for_an_overload() -> None:
    (item,) = items([breaker(), breaker(kind=LimitKind.OVERLOAD), breaker(Phase.WAKING)], NOW)
    assert (item.id, item.kind, item.since) == ("quota-claude-1", "quota", at(12, 0))
    assert item.text == "Claude (~/.claude): no new mission until 15:04: You've hit your 5-hour limit"


def test_a_guess_is_called_one() -> None:
    guess = Breaker(ACCOUNT, LimitKind.USAGE, "limit", NOW, at(12, 1))
    assert sentence(guess, NOW) == "Claude (~/.claude): no reset is known, the next try is at 12:01: limit"


def test_the_command_lists_accounts() -> None:
    assert describe([], NOW) == "No account is at its limit."
    view = QuotaView("claude-1", "Claude (~/.claude)", "usage", "open", NOW, at(12, 1), False, "limit", (1, 2))
    assert describe([view], NOW) == (
        "Claude (~/.claude): open until 12:01 (a guess: no reset is known); agents 1, 2; limit"
    )
