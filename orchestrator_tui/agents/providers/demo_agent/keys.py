"""Turns the bytes of a terminal into keys."""

from __future__ import annotations

import codecs

ENTER, BACKSPACE, KILL_LINE, ESCAPE, INTERRUPT, END = "enter", "backspace", "kill-line", "escape", "interrupt", "end"

_CONTROLS = {
    "\r": ENTER,
    "\n": ENTER,
    "\x7f": BACKSPACE,
    "\x08": BACKSPACE,
    "\x15": KILL_LINE,
    "\x03": INTERRUPT,
    "\x04": END,
}
_PASTE_BEGINS, _PASTE_ENDS = "[200~", "[201~"


class Key:
    """One key: a name from this module, or a text that was typed or pasted."""

    __slots__ = ("name", "text")

    def __init__(self, name: str = "", text: str = "") -> None:
        self.name = name
        self.text = text


class KeyDecoder:
    """Decodes UTF-8, escape sequences (arrows and the like are dropped) and bracketed paste, in any chunks."""

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._sequence: str | None = None
        self._pasting = False

    @property
    def is_inside_sequence(self) -> bool:
        """Whether the next bytes decide what an escape byte meant; silence means that it was the key."""
        return self._sequence is not None

    def feed(self, data: bytes) -> list[Key]:
        """The keys that these bytes complete."""
        keys: list[Key] = []
        for char in self._utf8.decode(data):
            keys.extend(self._char(char))
        return keys

    def timed_out(self) -> list[Key]:
        """What an unfinished sequence was after all, when nothing followed it."""
        alone = self._sequence == ""
        self._sequence = None
        return [Key(ESCAPE)] if alone and not self._pasting else []

    def _char(self, char: str) -> list[Key]:
        if self._sequence is not None:
            return self._in_sequence(self._sequence, char)
        if char == "\x1b":
            self._sequence = ""
            return []
        if self._pasting:
            return [Key(text="\n" if char == "\r" else char)]
        if char in _CONTROLS:
            return [Key(_CONTROLS[char])]
        return [Key(text=char)] if char >= " " else []

    def _in_sequence(self, sequence: str, char: str) -> list[Key]:
        if not sequence:
            if char in "[O":
                self._sequence = char
                return []
            # An escape byte in front of anything else was the key itself.
            self._sequence = None
            return ([] if self._pasting else [Key(ESCAPE)]) + self._char(char)
        sequence += char
        if sequence[0] == "[" and not "@" <= char <= "~" and len(sequence) < 32:
            self._sequence = sequence
            return []
        self._sequence = None
        if sequence == _PASTE_BEGINS:
            self._pasting = True
        elif sequence == _PASTE_ENDS:
            self._pasting = False
        return []
