"""The answer to ``usage``: who spent how much on what."""

import datetime
from collections.abc import Mapping

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.core.errors import UsageError


async def usage_answer(fleet: Fleet, day: str | None) -> Mapping[str, object]:
    """Sums as JSON data, of one local day or of all; agents that are forgotten have no name. Raises UsageError."""
    if day is not None:
        _check_day(day)
    report = await fleet.queue.ledger.report(day)
    names = {record.id: record.name for record in fleet.book.records()}
    return {
        "day": day,
        "total": report.total.as_dict(),
        "agents": [{"agent_id": key, "agent_name": names.get(key), **one.as_dict()} for key, one in report.agents],
        "missions": [{"mission_id": key, **one.as_dict()} for key, one in report.missions],
        "days": [{"day": key, **one.as_dict()} for key, one in report.days],
    }


def _check_day(day: str) -> None:
    try:
        is_day = datetime.date.fromisoformat(day).isoformat() == day
    except ValueError:
        is_day = False
    if not is_day:
        raise UsageError(f"`day`: {day!r} is not a day.", remedy="Write it like 2026-11-27.", field="day")
