"""What an API error's text says of an account's limit and of its reset: pure functions of that text.

The forms are those that Claude Code 2.1.328 prints (measured) and older versions printed (their public bug reports):
``You've hit your 5-hour limit · resets 12:34am (UTC)``, ``resets Nov 30, 11:50pm (UTC)``, ``Claude AI usage limit
reached|1762952400``, ``Your limit will reset at 3pm (America/Santiago)``, ``regain access on 2026-12-01 at 00:00 UTC``.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from orchestrator_tui.core.quota import Limit, LimitKind

Zones = Callable[[str], tzinfo | None]
"""The time zone of a name, or None for an unknown one."""

STALE = timedelta(minutes=15)
"""A time of day that was over that recently is today's and not tomorrow's."""

_USAGE_ERRORS = frozenset({"rate_limit", "billing_error"})
_USAGE = re.compile(
    r"hit your .{0,40}limit|limit reached|reached your .{0,40}limit|regain access|credit balance is too low"
    r"|out of (?:usage|extra)|spend(?:ing)? limit|request rejected \(429\)",
    re.IGNORECASE,
)
_OVERLOAD = re.compile(r"\b529\b|overloaded|temporarily limiting", re.IGNORECASE)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH, _DAY = "|".join(_MONTHS), "|".join(_DAYS)
_EPOCH = re.compile(r"(?:\||resets?_?at\W{1,4}|reset\W{1,4})(\d{13}|\d{10})\b", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T|,? at | )(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?")
_AFTER = re.compile(
    r"(?:retry[- _]after|try again in|retry(?:ing)? in|resets? in|available in)\W{0,4}(?:about )?((?:\d[^.·;()]*)?)",
    re.IGNORECASE,
)
_UNIT_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "": 1_000}
_CLOCK = re.compile(
    rf"resets?\s+(?:at\s+|on\s+)?(?:(?P<day>{_DAY})[a-z]*,?\s*)?(?:(?P<month>{_MONTH})[a-z]*\.?\s+(?P<date>\d{{1,2}})"
    rf"(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?)?,?\s*(?:at\s+)?"
    rf"(?:(?P<hour>\d{{1,2}})(?::(?P<minute>\d\d))?\s*(?P<half>[ap]\.?m)?\.?)?\s*\(?(?P<zone>[A-Z][\w/+-]*)?",
    re.IGNORECASE,
)


def read_limit(error: str, text: str, now_ms: int, local: tzinfo, zones: Zones) -> Limit | None:
    """The limit behind a failed turn, or None for another failure.

    ``error`` is the kind that the program gives (``rate_limit``, ``server_error``, …), ``text`` its message. A time
    without a zone is in ``local``.
    """
    if _OVERLOAD.search(text) and error != "billing_error":
        return Limit(LimitKind.OVERLOAD, text, _retry_at(text, now_ms))
    if error in _USAGE_ERRORS or _USAGE.search(text):
        return Limit(LimitKind.USAGE, text, reset_in(text, now_ms, local, zones))
    return None


def reset_in(text: str, now_ms: int, local: tzinfo, zones: Zones) -> int | None:
    """When the limit ends, in milliseconds since the epoch; None when the text does not say.

    A time told by the minute means the end of that minute: the program cuts the seconds off.
    """
    if epoch := _EPOCH.search(text):
        return int(epoch[1]) * (1 if len(epoch[1]) == 13 else 1000)
    if (later := _retry_at(text, now_ms)) is not None:
        return later
    if iso := _ISO.search(text):
        return _iso(iso, local)
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    for clock in _CLOCK.finditer(text):
        found = _clock(clock, now, local, zones)
        if found is not None:
            return round(found.timestamp() * 1000)
    return None


def _retry_at(text: str, now_ms: int) -> int | None:
    for after in _AFTER.finditer(text):
        parts = list(_parts(after[1]))
        if parts:
            return now_ms + round(sum(parts))
    return None


def _parts(text: str) -> Iterator[float]:
    for part in re.finditer(r"(\d+(?:\.\d+)?)\s*([dhms]?)[a-z]*[\s,]*(?:and\s+)?", text, re.IGNORECASE):
        yield float(part[1]) * _UNIT_MS[part[2].lower()]


def _iso(found: re.Match[str], local: tzinfo) -> int | None:
    year, month, day, hour, minute = (int(found[group]) for group in range(1, 6))
    zone: tzinfo = local
    if found[7] in ("Z", "UTC"):
        zone = UTC
    elif found[7]:
        zone = datetime.strptime(found[7].replace(":", ""), "%z").tzinfo or local
    try:
        at = datetime(year, month, day, hour, minute, int(found[6] or 0), tzinfo=zone)
    except ValueError:
        return None
    return round(at.timestamp() * 1000)


def _clock(found: re.Match[str], now: datetime, local: tzinfo, zones: Zones) -> datetime | None:
    if found["hour"] is None and found["date"] is None:
        return None
    zone = (zones(found["zone"]) if found["zone"] else None) or local
    here = now.astimezone(zone)
    hour, minute = int(found["hour"] or 0), int(found["minute"] or 0)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower().startswith("p") else 0)
    elif found["hour"] and found["minute"] is None:
        # "resets 5" alone is no time.
        return None
    try:
        at = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if found["date"]:
            year = int(found["year"] or here.year)
            at = at.replace(year=year, month=_MONTHS.index(found["month"].lower()) + 1, day=int(found["date"]))
            if not found["year"] and at < here - timedelta(days=180):
                at = at.replace(year=year + 1)
        elif found["day"]:
            at += timedelta(days=(_DAYS.index(found["day"].lower()) - here.weekday()) % 7)
            if at < here - STALE:
                at += timedelta(days=7)
        elif at < here - STALE:
            at += timedelta(days=1)
    except ValueError:
        return None
    return at + timedelta(minutes=1) if found["hour"] else at
