"""What is typed into a pane, as tmux commands: pure."""

import unicodedata
from collections.abc import Sequence

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.views import Stroke
from orchestrator_tui.pty.protocol import Command

_CHUNK = 4_000


def clean_line(text: str) -> str:
    """``text`` as one line: line breaks and tabs become spaces, other control characters vanish."""
    spaced = "".join(" " if character in "\n\t\u2028\u2029\x85" else character for character in _unified(text))
    return "".join(character for character in spaced if unicodedata.category(character) not in ("Cc", "Cs"))


def _unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text_commands(pane_id: str, text: str) -> list[Command]:
    """The commands that type one line literally and submit nothing."""
    return _literally(pane_id, clean_line(text))


def line_commands(pane_id: str, text: str) -> list[Command]:
    """The commands that type one line literally and then, as a key of its own, Enter."""
    return [*text_commands(pane_id, text), ("send-keys", "-t", pane_id, "Enter")]


def clean_text(text: str) -> str:
    """``text`` with its lines and tabs; other control characters, which could end a paste, vanish."""
    return "".join(
        character
        for character in _unified(text)
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    )


def paste_commands(pane_id: str, text: str) -> list[Command]:
    """The commands that paste text literally, bracketed where the program asked for it, without submitting it."""
    cleaned = clean_text(text)
    buffer = f"paste{pane_id.removeprefix('%')}"
    chunks = [cleaned[start : start + _CHUNK] for start in range(0, len(cleaned), _CHUNK)]
    filled: list[Command] = [
        ("set-buffer", *(("-a",) if number else ()), "-b", buffer, "--", chunk) for number, chunk in enumerate(chunks)
    ]
    return [*filled, ("paste-buffer", "-p", "-d", "-b", buffer, "-t", pane_id)] if filled else []


def key_command(pane_id: str, keys: Sequence[str]) -> Command:
    """The command that presses tmux keys (``Enter``, ``C-c``, ``Escape``, ``a``) in order.

    Raises UsageError for an empty key or one with control characters.
    """
    for key in keys:
        if not key or any(unicodedata.category(character) == "Cc" for character in key):
            raise UsageError(f"{key!r} is not a key.", remedy="Use tmux key names such as Enter or C-c.", field="keys")
    return ("send-keys", "-t", pane_id, "--", *keys)


def stroke_commands(pane_id: str, strokes: Sequence[Stroke]) -> list[Command]:
    """The commands that type what a person pressed, in order; texts that follow each other become one.

    Raises UsageError as ``key_command`` does.
    """
    commands: list[Command] = []
    text = ""
    for stroke in strokes:
        if stroke.key:
            commands += _literally(pane_id, text)
            text = ""
            commands.append(key_command(pane_id, (stroke.key,)))
        else:
            text += clean_line(stroke.text)
    return commands + _literally(pane_id, text)


def _literally(pane_id: str, text: str) -> list[Command]:
    chunks = (text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK))
    return [("send-keys", "-t", pane_id, "-l", "--", chunk) for chunk in chunks]
