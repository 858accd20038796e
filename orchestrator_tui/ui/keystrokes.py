"""What a key pressed in the dashboard is in an agent's pane: pure."""

from orchestrator_tui.core.views import Stroke

LEAVE = "ctrl+q"
"""The one key that an agent never gets; it also leaves an attached terminal."""

_NAMES = {
    "enter": "Enter",
    "escape": "Escape",
    "tab": "Tab",
    "backspace": "BSpace",
    "delete": "DC",
    "insert": "IC",
    "home": "Home",
    "end": "End",
    "pageup": "PPage",
    "pagedown": "NPage",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "space": "Space",
    "at": "@",
    "backslash": "\\",
    "right_square_bracket": "]",
    "circumflex_accent": "^",
    "underscore": "_",
    "slash": "/",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
_MODIFIERS = {"ctrl": "C-", "alt": "M-", "shift": "S-"}
_MOVES = ("home", "end", "pageup", "pagedown", "up", "down", "left", "right", "insert", "delete")
_WITH_SHIFT = frozenset((*_MOVES, *(f"f{number}" for number in range(1, 13))))
_WITHOUT_CTRL_ALT = frozenset(("enter", "escape", "tab", "backspace", "slash"))
"""tmux types the name of a key that it cannot send as text, so what terminals do not tell apart is left out."""


def stroke_of(key: str, character: str | None) -> Stroke | None:
    """The stroke for a Textual key name and the character it printed; None for a key that terminals do not send.

    The names on the other side are tmux's (its manual, "KEY BINDINGS").
    """
    if character is not None and character.isprintable():
        return Stroke(text=character)
    *modifiers, name = key.split("+")
    if key == "shift+tab":
        return Stroke(key="BTab")
    if key == "shift+enter":
        # Another line, as people mean it; a line feed is that wherever Enter submits.
        return Stroke(key="C-j")
    if name not in _WITH_SHIFT:
        modifiers = [modifier for modifier in modifiers if modifier != "shift"]
    if {"ctrl", "alt"} <= set(modifiers) and (name in _WITHOUT_CTRL_ALT or name.isdecimal()):
        modifiers.remove("ctrl")
    base = _NAMES.get(name) or (name if len(name) == 1 else None)
    if base is None or any(modifier not in _MODIFIERS for modifier in modifiers):
        return None
    return Stroke(key="".join(_MODIFIERS[modifier] for modifier in modifiers) + base)
