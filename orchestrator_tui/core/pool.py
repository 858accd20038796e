"""Pools of agents as a person writes them: ``3 coders + 1 reviewer:opus``. Pure."""

import difflib
import re
from dataclasses import dataclass

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.models import ModelTier, Role

MOST_IN_POOL = 50
PRESET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_PART = re.compile(r"(?:(\d{1,9})\s*x?\s*)?([a-z]+)\s*(?::\s*([a-z]+))?")


@dataclass(frozen=True, slots=True)
class PoolPart:
    """``count`` agents of one role; ``model`` None is the role's own."""

    count: int
    role: Role
    model: ModelTier | None = None


def parse_pool(text: str, field: str = "pool") -> tuple[PoolPart, ...]:
    """The parts of a pool. Raises UsageError naming ``field`` and what cannot be read."""
    parts = tuple(_part(part.strip().casefold(), field) for part in re.split(r"[+,]", text))
    total = sum(part.count for part in parts)
    if total > MOST_IN_POOL:
        raise UsageError(f"These are {total} agents.", remedy=f"Write at most {MOST_IN_POOL}.", field=field)
    return parts


def checked_preset_name(name: str, field: str) -> str:
    """The name of a preset. Raises UsageError for one that cannot be used."""
    if not PRESET_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a preset.",
            remedy="Write 1 to 32 letters, digits, dots, dashes or underscores.",
            field=field,
        )
    return name


def _part(text: str, field: str) -> PoolPart:
    found = _PART.fullmatch(text)
    if found is None:
        what = f"`{text}` is no part of a pool" if text else "A part of the pool is empty"
        raise UsageError(f"{what}.", remedy="Write it as 3 coders + 1 reviewer:opus.", field=field)
    count = int(found[1] or 1)
    if count < 1:
        raise UsageError(f"`{text}` is no agent at all.", remedy="Write 1 or more, or leave it out.", field=field)
    role = found[2] if found[2] in list(Role) else found[2].removesuffix("s")
    if role not in list(Role):
        raise UsageError(f"No role is called {found[2]}.", remedy=_nearest(role, list(Role)), field=field)
    if found[3] is not None and found[3] not in list(ModelTier):
        raise UsageError(f"No model is called {found[3]}.", remedy=_nearest(found[3], list(ModelTier)), field=field)
    return PoolPart(count, Role(role), None if found[3] is None else ModelTier(found[3]))


def _nearest(word: str, known: list[Role] | list[ModelTier]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
