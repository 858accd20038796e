"""The settings in force, and where each of them came from. Pure."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel

from orchestrator_tui.core.command_words import hide_secrets
from orchestrator_tui.core.config import Settings
from orchestrator_tui.core.permission_rules import PermissionRule
from orchestrator_tui.core.user_commands import UserCommand

BUILT_IN = "built in"
NOTHING = "-"

_COLLECTED = frozenset({"budgets", "permissions"})
"""What several files add to or lower, instead of the last one replacing it."""


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting: its key, its value in a few words, and the file or variable that set it."""

    key: str
    value: str
    source: str


def settings_report(settings: Settings, layers: Sequence[tuple[str, Mapping[str, Any]]]) -> tuple[SettingLine, ...]:
    """Every setting; ``layers`` are the sources with what each of them sets, those that win last."""
    return tuple(
        SettingLine(key, hide_secrets(_words(getattr(settings, key))), _source(key, layers))
        for key in Settings.model_fields
    )


def _source(key: str, layers: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    sources = [source for source, data in layers if key in data]
    if not sources:
        return BUILT_IN
    return ", ".join(sources) if key in _COLLECTED else sources[-1]


def _words(value: object) -> str:
    """A value in a few words: of what has parts only the names, for it may hold what is nobody's business."""
    if isinstance(value, BaseModel):
        value = value.model_dump(exclude_none=True)
        return ", ".join(f"{key} {one}" for key, one in value.items()) or NOTHING
    if isinstance(value, dict):
        return ", ".join(cast("dict[str, object]", value)) or NOTHING
    if isinstance(value, tuple):
        parts = cast("tuple[object, ...]", value)
        if any(isinstance(one, PermissionRule) for one in parts):
            return f"{len(parts)} rule{'s' * (len(parts) != 1)}"
        commands = [one.name for one in parts if isinstance(one, UserCommand)]
        return ", ".join(commands) or shlex.join(map(str, parts)) or NOTHING
    return NOTHING if value in (None, "") else str(value)
