"""What a terminal is sent so that it tells a person who looks elsewhere: pure."""

import unicodedata

_LONGEST = 200


def notification_codes(title: str, text: str) -> str:
    """The bell, then OSC 9 and OSC 777; terminals show the one they know. Nothing of an agent's text can end a code."""
    head, body = _plain(title).replace(";", ","), _plain(text)
    return f"\a\x1b]9;{head}: {body}\x1b\\\x1b]777;notify;{head};{body}\x1b\\"


def _plain(text: str) -> str:
    kept = "".join(" " if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") else one for one in text)
    return " ".join(kept.split())[:_LONGEST]
