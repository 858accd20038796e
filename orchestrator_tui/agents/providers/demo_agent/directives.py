"""What a mission's text asks the demo agent to do. Pure functions of that text.

The format of the text is made by ``agents/mission_text.py``; only its prompt is searched for directives.
"""

from __future__ import annotations

import re

_HEADER = re.compile(r"^Mission (\S+) \(delivery (\S+)\)$", re.MULTILINE)
_NAMES = "sleep|child|output|fail|fatal|crash-once|crash|silent|hang|ask|tokens|lines|append|limit"
_DIRECTIVE = re.compile(rf"\[\[({_NAMES})(?:\s+(.*?))?\s*\]\]", re.DOTALL)
_KEY = re.compile(r"[A-Za-z0-9._-]{1,64}")


class BadDirective(Exception):
    """A directive whose arguments cannot be understood; the text says which."""


class Delivery:
    """A mission found in a text: its id and its exact prompt."""

    __slots__ = ("mission_id", "prompt")

    def __init__(self, mission_id: str, prompt: str) -> None:
        self.mission_id = mission_id
        self.prompt = prompt


class Directive:
    """One step: its name and its arguments as text."""

    __slots__ = ("args", "name")

    def __init__(self, name: str, args: tuple[str, ...]) -> None:
        self.name = name
        self.args = args


def find_delivery(text: str) -> Delivery | None:
    """The mission that a text delivers, or None for any other text."""
    header = _HEADER.search(text)
    if header is None:
        return None
    mission_id, nonce = header.groups()
    begin, end = f"\n----- BEGIN PROMPT {nonce} -----\n", f"\n----- END PROMPT {nonce} -----"
    start = text.find(begin, header.end())
    stop = text.find(end, start + len(begin)) if start >= 0 else -1
    return Delivery(mission_id, text[start + len(begin) : stop]) if stop >= 0 else None


def parse(prompt: str) -> list[Directive]:
    """The prompt's directives in the order written.

    Raises BadDirective before anything is done, so a mistyped script never half happens.
    """
    return [Directive(name, _arguments(name, (rest or "").strip())) for name, rest in _DIRECTIVE.findall(prompt)]


def default_output(prompt: str) -> str:
    """What a mission answers if its prompt does not say."""
    lines = (line.strip() for line in _DIRECTIVE.sub("", prompt).splitlines())
    return f"done: {next((line for line in lines if line), '')}"


def _arguments(name: str, rest: str) -> tuple[str, ...]:
    if name in ("sleep", "child", "limit"):
        return (_number(name, rest),)
    if name == "lines":
        return (_count(name, rest),)
    if name == "tokens":
        parts = rest.split()
        if len(parts) != 2:
            raise BadDirective("[[tokens]] needs two numbers: [[tokens IN OUT]]")
        return (_count(name, parts[0]), _count(name, parts[1]))
    if name in ("fail", "fatal"):
        code, _, message = rest.partition(" ")
        return (code or "failed", message.strip() or "failed as scripted")
    if name == "append":
        file, _, text = rest.partition(" ")
        if not file:
            raise BadDirective("[[append]] needs a file: [[append FILE TEXT]]")
        return (file, " ".join(text.splitlines()))
    if name == "crash-once":
        if not _KEY.fullmatch(rest):
            raise BadDirective("[[crash-once]] needs a key of letters, digits, dots, dashes: [[crash-once KEY]]")
        return (rest,)
    return (rest,)


def _number(name: str, text: str) -> str:
    try:
        ok = 0 <= float(text) < float("inf")
    except ValueError:
        ok = False
    if not ok:
        raise BadDirective(f"[[{name} {text}]] needs a number that is not negative")
    return text


def _count(name: str, text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise BadDirective(f"[[{name}]] needs whole numbers, not {text!r}")
    return text
