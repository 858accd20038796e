"""Keys as they are named on the screen, each of which a click presses too: pure."""

import re

from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.key_names import CHARACTERS, KEY_NAMES

_WORDS = {"esc": "escape", "pgdn": "pagedown", "pgup": "pageup", "F1": "f1"}
_SIGNS = {"↑": "up", "↓": "down", "←": "left", "→": "right", **{sign: name for name, sign in CHARACTERS.items()}}
_PARTS = re.compile(r"([↑↓←→]|(?<=.)[/ ](?=.))")


def key_of(shown: str) -> str | None:
    """The Textual name of a key as a person reads it (``^s`` is ``ctrl+s``); None for what is no single key."""
    if shown.startswith("^") and len(shown) > 1:
        return f"ctrl+{shown[1:]}"
    name = _SIGNS.get(shown) or _WORDS.get(shown, shown)
    return name if name in KEY_NAMES else None


def key_span(shown: str) -> Span:
    """One key."""
    name = key_of(shown)
    return Span(shown, "accent", click=f"app.hit('{name}')" if name else "")


def key_hints(*pairs: tuple[str, str]) -> Spans:
    """A line of keys and what they do; of several keys (``n/N``) the words stand for the first."""
    spans: list[Span] = []
    for shown, label in pairs:
        parts = [
            Span(part, "accent") if part in "/ " and len(shown) > 1 else key_span(part)
            for part in _PARTS.split(shown)
            if part
        ]
        spans += parts
        spans.append(Span(f" {label}   ", "muted", parts[0].click))
    return tuple(spans)
