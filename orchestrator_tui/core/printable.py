"""Text that somebody else wrote, made safe for a person's terminal: pure."""

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL_BUT_LAYOUT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """``text`` without control characters and marks that turn the direction of writing; its width stays the same."""
    return _CONTROL.sub("", text)


def several_lines(text: str) -> str:
    """The same for several lines: line feeds and tabs stay."""
    return _CONTROL_BUT_LAYOUT.sub("", text)


def is_one_line(text: str) -> bool:
    """Whether ``one_line`` would leave it as it is."""
    return _CONTROL.search(text) is None
