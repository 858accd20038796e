"""The names of keys, as Textual has them and as far as terminals send them."""

import difflib
import unicodedata

from textual.keys import KEY_NAME_REPLACEMENTS

from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.ui.keystrokes import LEAVE


def _name(character: str) -> str:
    if character.isalnum():
        return character
    name = unicodedata.name(character).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


CHARACTERS = {_name(character): character for character in map(chr, range(33, 127))}
"""The printable keys by name; letters and digits are their own."""

_BY_CHARACTER = {character: name for name, character in CHARACTERS.items()}
_OTHERS = ("enter", "escape", "tab", "shift+tab", "space", "backspace", "delete", "insert")
_MOVES = ("home", "end", "pageup", "pagedown", "up", "down", "left", "right")
_WITH_CTRL = tuple(f"ctrl+{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in "him")
KEY_NAMES = frozenset(
    (
        *CHARACTERS,
        *_OTHERS,
        *_MOVES,
        *(f"{modifier}+{key}" for modifier in ("shift", "ctrl") for key in _MOVES),
        *_WITH_CTRL,
        *(f"f{number}" for number in range(1, 13)),
    )
)
"""Every key that a terminal tells apart: ctrl with h, i or m is backspace, tab or enter there."""


def character_of(key: str) -> str | None:
    """The character that a key prints, None for keys that print none."""
    return " " if key == "space" else CHARACTERS.get(key)


def read_keys(action_id: str, text: str, field: str = "keys") -> tuple[str, ...]:
    """The keys of ``"ctrl+n, ?"`` by their names; ``field`` is the configuration's key that they stand in.

    Raises ConfigError for an empty list, for what is no key, with the nearest one that is, and for a key that an
    agent's pane needs.
    """
    keys = tuple(_BY_CHARACTER.get(key, key) for part in text.split(",") if (key := part.strip()))
    if not keys:
        raise ConfigError(
            f"{field}: `{action_id}` has no key.",
            remedy="Name one, such as `ctrl+n`, or leave the line out.",
            field=field,
        )
    for key in keys:
        if key == LEAVE:
            raise ConfigError(
                f"{field}: `{LEAVE}` cannot be given to `{action_id}`.",
                remedy="It leaves an agent's pane everywhere; choose another key.",
                field=field,
            )
        if key not in KEY_NAMES:
            near = difflib.get_close_matches(key.lower(), KEY_NAMES, n=1, cutoff=0.5)
            hint = f"Did you mean `{near[0]}`?" if near else "Names are such as `ctrl+n`, `f5`, `pagedown`, `slash`."
            raise ConfigError(f"{field}: `{key}` of `{action_id}` is no key.", remedy=hint, field=field)
    return keys
