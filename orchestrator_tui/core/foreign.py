"""JSON and TOML that others wrote: what Python's own readers stumble over is refused like any other mistake. Pure.

Python gives up on deep nesting with a RecursionError, reads numbers without end, and lets half characters through that
neither a file nor a database can hold.
"""

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any, TypeVar

from orchestrator_tui.core.errors import ConfigError

LARGEST = 2**53
"""The largest whole number that every reader of JSON agrees on."""

T = TypeVar("T")

_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def read_json(data: bytes | str) -> Any:
    """The value; half characters become replacement characters. Raises ValueError for what is no JSON."""
    text = data if isinstance(data, str) else data.decode("utf-8-sig")
    value = _within_limits(json.loads, text)
    return _whole(value) if _HALF.search(text) is not None else value


def read_toml(text: str, source: object) -> dict[str, Any]:
    """The tables of a file. Raises ConfigError naming ``source`` and the place."""
    try:
        return _within_limits(tomllib.loads, text)
    except ValueError as error:
        raise ConfigError(f"{source}: not valid TOML: {error}.", remedy="Correct that line.") from None


def milliseconds(seconds: object) -> int | None:
    """A time in seconds as whole milliseconds; None for what is no time."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    return round(seconds * 1000) if abs(seconds) * 1000 < LARGEST else None


def _within_limits(read: Callable[[Any], T], data: object) -> T:
    try:
        return read(data)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _whole(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
