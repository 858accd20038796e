"""What a usable mission is; the plan file and the queue ask here."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.models import MissionSpec, Priority, Role, TaskType, TokenUsage

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LARGEST = 2**53

EnumT = TypeVar("EnumT", bound=StrEnum)


def checked_spec(spec: MissionSpec) -> MissionSpec:
    """The mission with real enums and a tuple of distinct dependencies.

    Raises UsageError naming the field.
    """
    return replace(
        spec,
        prompt=checked_prompt(spec.prompt),
        id=None if spec.id is None else checked_id(spec.id),
        context=None if spec.context is None else checked_text(spec.context, "context"),
        type=one_of(TaskType, spec.type, "type"),
        priority=one_of(Priority, spec.priority, "priority"),
        role=None if spec.role is None else one_of(Role, spec.role, "role"),
        timeout_ms=at_least(1, spec.timeout_ms, "timeout_ms"),
        max_retries=at_least(0, spec.max_retries, "max_retries"),
        depends_on=_checked_dependencies(spec.depends_on),
    )


def checked_id(value: object, field: str = "id") -> str:
    """A usable mission id. Raises UsageError."""
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise UsageError(
        f"`{field}`: {value!r} is not a usable mission id.",
        remedy="Begin with a letter or digit, then letters, digits, `.`, `_`, `-`; at most 64 characters.",
        field=field,
    )


def checked_prompt(value: object) -> str:
    """A prompt that says something. Raises UsageError."""
    if isinstance(value, str) and value.strip():
        return checked_text(value, "prompt")
    raise UsageError("`prompt` is empty.", remedy="Say what is to be done.", field="prompt")


def checked_text(value: object, field: str) -> str:
    """A text that can be stored and sent. Raises UsageError."""
    if not isinstance(value, str):
        raise UsageError(f"`{field}` is not a text.", remedy="Give a string.", field=field)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"`{field}` holds half a character.", remedy="Give valid Unicode.", field=field) from None
    return value


def one_of(kind: type[EnumT], value: object, field: str) -> EnumT:
    """A member of ``kind`` by its value. Raises UsageError."""
    try:
        return kind(value)
    except ValueError:
        names = ", ".join(member.value for member in kind)
        raise UsageError(f"`{field}`: {value!r} is not known.", remedy=f"Use one of {names}.", field=field) from None


def at_least(minimum: int, value: object, field: str) -> int | None:
    """A whole number from ``minimum`` on, or None. Raises UsageError."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= _LARGEST:
        return value
    raise UsageError(
        f"`{field}`: {value!r} is not a whole number from {minimum} on.", remedy="Give another number.", field=field
    )


def checked_usage(value: TokenUsage | Mapping[str, int] | None) -> TokenUsage:
    """Tokens as reported; unset is none. Raises UsageError."""
    if isinstance(value, TokenUsage):
        return value
    if value is None:
        return TokenUsage()
    counts = {key: at_least(0, value.get(key, 0), f"token_usage.{key}") or 0 for key in ("input", "output")}
    return TokenUsage(**counts)


def fingerprint(spec: MissionSpec) -> str:
    """A short hash of a checked mission's content without its id; dependencies count as a set."""
    role = spec.role.value if spec.role else None
    content = (
        *(spec.prompt, spec.context, spec.type.value, spec.priority.value, role, spec.timeout_ms, spec.max_retries),
        sorted(spec.depends_on),
    )
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _checked_dependencies(values: Iterable[object]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise UsageError(
            "`depends_on` is one text, not a list of ids.", remedy=f"Write [{values}].", field="depends_on"
        )
    return tuple(dict.fromkeys(checked_id(value, "depends_on") for value in values))
