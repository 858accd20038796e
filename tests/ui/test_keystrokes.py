"""Keys of the dashboard as keys of a pane."""

import pytest

from orchestrator_tui.core.views import Stroke
from orchestrator_tui.ui.keystrokes import stroke_of


@pytest.mark.parametrize(
    ("key", "character", "stroke"),
    [
        ("a", "a", Stroke(text="a")),
        ("D", "D", Stroke(text="D")),
        ("space", " ", Stroke(text=" ")),
        ("exclamation_mark", "!", Stroke(text="!")),
        ("é", "é", Stroke(text="é")),
        ("enter", "\r", Stroke(key="Enter")),
        ("escape", "\x1b", Stroke(key="Escape")),
        ("tab", "\t", Stroke(key="Tab")),
        ("shift+tab", None, Stroke(key="BTab")),
        ("backspace", "\x7f", Stroke(key="BSpace")),
        ("ctrl+c", "\x03", Stroke(key="C-c")),
        ("ctrl+at", "\x00", Stroke(key="C-@")),
        ("up", None, Stroke(key="Up")),
        ("shift+up", None, Stroke(key="S-Up")),
        ("ctrl+left", None, Stroke(key="C-Left")),
        ("alt+b", None, Stroke(key="M-b")),
        ("f5", None, Stroke(key="F5")),
        ("pagedown", None, Stroke(key="NPage")),
        ("ctrl+shift+right", None, Stroke(key="C-S-Right")),
        ("shift+escape", None, Stroke(key="Escape")),
        ("shift+backspace", None, Stroke(key="BSpace")),
        ("shift+enter", None, Stroke(key="C-j")),
        ("ctrl+shift+a", None, Stroke(key="C-a")),
        ("ctrl+alt+enter", None, Stroke(key="M-Enter")),
        ("super+a", None, None),
        ("<scroll-up>", None, None),
    ],
)
def test_a_key_is_what_a_terminal_would_send(key: str, character: str | None, stroke: Stroke | None) -> None:
    assert stroke_of(key, character) == stroke
