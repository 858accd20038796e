"""What is typed into forms, read as values; every refusal names its field."""

from orchestrator_tui.core.errors import UsageError

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}


def read_duration_ms(text: str, field: str) -> int | None:
    """``90s``, ``30m``, ``1.5h`` or plain minutes as milliseconds; None when empty."""
    cleaned = text.strip().lower()
    if not cleaned:
        return None
    unit = next((unit for unit in ("ms", "s", "m", "h") if cleaned.endswith(unit)), "")
    try:
        amount = float(cleaned.removesuffix(unit).strip())
    except ValueError:
        amount = -1.0
    if not 0 < amount < 1e7:
        raise UsageError("This is no duration.", remedy="Write 90s, 30m or 2h.", field=field)
    return max(1, round(amount * _UNITS[unit or "m"]))


def write_duration(ms: int | None) -> str:
    """Milliseconds as ``read_duration_ms`` reads them."""
    if ms is None:
        return ""
    for unit in ("h", "m", "s"):
        if ms % _UNITS[unit] == 0:
            return f"{ms // _UNITS[unit]}{unit}"
    return f"{ms}ms"


def read_count(text: str, field: str, *, least: int, most: int) -> int | None:
    """A whole number within limits; None when empty."""
    cleaned = text.strip()
    if not cleaned:
        return None
    if not cleaned.isdecimal() or not least <= int(cleaned) <= most:
        raise UsageError("This is no usable number.", remedy=f"Write {least} to {most}.", field=field)
    return int(cleaned)


def read_ids(text: str) -> tuple[str, ...]:
    """Ids separated by commas or blanks, each once, in order."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))
