"""The texts that tell of a limit: what Claude Code 2.1.328 prints, what older versions printed, and what is none."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest

from orchestrator_tui.core.limit_text import read_limit, reset_in
from orchestrator_tui.core.quota import LimitKind

TOKYO = timezone(timedelta(hours=9))
SANTIAGO = timezone(timedelta(hours=-3))
LOCAL = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 27, 23, 33, 10, tzinfo=UTC)


def zones(name: str) -> tzinfo | None:
    return {"UTC": UTC, "Asia/Tokyo": TOKYO, "America/Santiago": SANTIAGO}.get(name)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


NOW_MS = ms(NOW)


def utc(day: int, hour: int, minute: int, second: int = 0, month: int = 11, year: int = 2026) -> int:
    return ms(datetime(year, month, day, hour, minute, second, tzinfo=UTC))


RESETS = [
    # By the minute, which is cut: the reset of the first was at 00:34:53.
    ("You've hit your 5-hour limit · resets 12:34am (UTC)", utc(28, 0, 35)),
    ("You've hit your 5-hour limit · resets 9:35am (Asia/Tokyo)", utc(28, 0, 36)),
    ("You've hit your weekly limit · resets Nov 30, 11:50pm (UTC)", utc(30, 23, 51)),
    ("You've hit your session limit · resets 8:30pm (Asia/Tokyo)", utc(28, 11, 31)),
    ("You've hit your limit · resets 3am", utc(28, 2, 1)),
    ("You've hit your limit · resets 3pm (UTC)", utc(28, 15, 1)),
    ("5-hour limit reached ∙ resets 1am", utc(28, 0, 1)),
    ("resets at 15:00 (UTC)", utc(28, 15, 1)),
    ("resets at 15:00 UTC", utc(28, 15, 1)),
    ("Claude usage limit reached. Your limit will reset at 3pm (America/Santiago).", utc(28, 18, 1)),
    ("You've hit your limit · resets Sun 12:00 AM (UTC)", utc(29, 0, 1)),
    ("You've hit your limit · resets Jan 2, 2027, 4pm (UTC)", utc(2, 16, 1, month=1, year=2027)),
    ("You've hit your limit · resets Jan 2 at 4pm (UTC)", utc(2, 16, 1, month=1, year=2027)),
    ("spend limit reached · resets Dec 1 (UTC)", utc(1, 0, 0, month=12)),
    ("Claude AI usage limit reached|1795826093", 1795826093000),
    ("Claude AI usage limit reached|1795826093123", 1795826093123),
    ('{"status":"rejected","resetsAt":1795826093}', 1795826093000),
    ("anthropic-ratelimit-unified-reset: 1795826093", 1795826093000),
    ("You will regain access on 2026-12-01 at 00:00 UTC.", utc(1, 0, 0, month=12)),
    ("anthropic-ratelimit-requests-reset: 2026-11-28T00:00:00Z", utc(28, 0, 0)),
    ("until 2026-11-28T02:00:30+02:00", utc(28, 0, 0, 30)),
    ("Retry-After: 30", NOW_MS + 30_000),
    ("Please try again in 2 minutes and 5 seconds.", NOW_MS + 125_000),
    ("resets in 1h 30m", NOW_MS + 5_400_000),
    ("try again in 20s", NOW_MS + 20_000),
    # Over since a few minutes: today's, so that nobody waits a day for a text that is late.
    ("resets 11:25pm (UTC)", utc(27, 23, 26)),
    ("resets 11:10pm (UTC)", utc(28, 23, 11)),
    ("resets 4pm (Nowhere/Land)", utc(28, 15, 1)),
]


@pytest.mark.parametrize(("text", "wanted"), RESETS)
def test_the_reset_is_read(text: str, wanted: int) -> None:
    assert reset_in(text, NOW_MS, LOCAL, zones) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "This request would exceed your account's rate limit. Please try again later.",
        "resets",
        "resets 5",
        "resets 25:00 (UTC)",
        "resets Feb 31, 4pm (UTC)",
        "on 2026-13-45 at 00:00 UTC",
        "reset your password in 3 steps",
    ],
)
def test_a_text_without_a_time_says_none(text: str) -> None:
    assert reset_in(text, NOW_MS, LOCAL, zones) is None


KINDS = [
    ("rate_limit", "You've hit your 5-hour limit · resets 12:34am (UTC)", LimitKind.USAGE),
    ("rate_limit", "API Error: Request rejected (429) · stub rate_limit_error", LimitKind.USAGE),
    ("unknown", "API Error: 400 You have reached your specified API usage limits.", LimitKind.USAGE),
    ("billing_error", "Credit balance is too low", LimitKind.USAGE),
    ("server_error", "API Error: 529 Overloaded. This is a server-side issue, usually temporary", LimitKind.OVERLOAD),
    ("server_error", "API Error: Repeated 529 Overloaded errors", LimitKind.OVERLOAD),
    ("rate_limit", "API Error: Server is temporarily limiting requests (not your usage limit)", LimitKind.OVERLOAD),
    ("server_error", "API Error: 500 boom. This is a server-side issue", None),
    ("authentication_failed", "Invalid API key", None),
    ("unknown", "API Error: 400 prompt is too long", None),
    ("interrupted", "", None),
]


@pytest.mark.parametrize(("error", "text", "kind"), KINDS)
def test_limits_are_told_from_other_failures(error: str, text: str, kind: LimitKind | None) -> None:
    limit = read_limit(error, text, NOW_MS, LOCAL, zones)
    assert (limit.kind if limit else None) is kind
