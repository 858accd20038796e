"""Rules that answer permission requests without a person: pure.

Deny wins over ask, ask over allow, whatever their order; among rules of one action the most specific one (with the most
literal characters) is the one that is named. Only ``*`` is special in a pattern; it stands for any text.

An allow rule with ``*`` is careful: its stars never reach over a shell operator, a line break, or ``..`` in a path, so
that ``git status*`` does not allow ``git status; rm -rf ~``. Deny and ask rules look at the whole text and also at each
command of a chain.
"""

import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator_tui.core.errors import UsageError


class RuleAction(StrEnum):
    """What a rule answers; ``ask`` leaves it to a person."""

    ALLOW = "allow"
    DENY = "deny"
    ASK = "ask"


class PermissionRule(BaseModel):
    """An answer for requests of a tool whose subject (command, file, address) fits the pattern."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: RuleAction
    tool: str = Field(min_length=1, max_length=200)
    pattern: str = Field(default="*", min_length=1, max_length=10_000)

    def __str__(self) -> str:
        return f"{self.action} {self.tool}({self.pattern})"


_SUBJECTS = ("command", "file_path", "notebook_path", "url", "query", "question", "path")
_OPERATORS = re.compile(r"[;&|`\n\r<>]|\$\(|\$\{")
_SEPARATORS = re.compile(r"[;&|\n\r`()]+")
_RANK = {RuleAction.DENY: 0, RuleAction.ASK: 1, RuleAction.ALLOW: 2}


def subject_of(tool_input: Mapping[str, object]) -> str:
    """What a request is about: the command, file or address; the whole input as JSON for other tools."""
    for key in _SUBJECTS:
        value = tool_input.get(key)
        if isinstance(value, str) and value:
            return value
    return json.dumps(dict(tool_input), ensure_ascii=False, sort_keys=True, default=str) if tool_input else ""


def decide(rules: Iterable[PermissionRule], tool: str, tool_input: Mapping[str, object]) -> PermissionRule | None:
    """The rule that answers the request, or None when none fits."""
    subject = subject_of(tool_input)
    fitting = [rule for rule in rules if _fits(rule, tool, subject)]
    return min(fitting, key=lambda rule: (_RANK[rule.action], -_weight(rule)), default=None)


def exact_rule(action: RuleAction, tool: str, tool_input: Mapping[str, object]) -> PermissionRule:
    """The narrowest rule for a request: this tool and this very subject. Raises UsageError where none can say it."""
    pattern = subject_of(tool_input).replace("*", r"\*") or "*"
    try:
        return PermissionRule(action=action, tool=tool, pattern=pattern)
    except ValidationError:
        raise UsageError(
            "No rule can hold what this asks: it is too long, or no text.",
            remedy="Answer it once, or write a rule with * in your config.toml.",
            field="pattern",
        ) from None


def _fits(rule: PermissionRule, tool: str, subject: str) -> bool:
    if not _match(rule.tool, tool):
        return False
    if rule.action is RuleAction.ALLOW:
        return _allows(rule.pattern, subject)
    parts = [part.strip() for part in _SEPARATORS.split(subject)]
    return any(_match(rule.pattern, text) for text in (subject, *parts) if text or rule.pattern == "*")


def _allows(pattern: str, subject: str) -> bool:
    if pattern == "*":
        return True
    found = _expression(pattern).fullmatch(subject)
    if found is None:
        return False
    return not any(_OPERATORS.search(text) or ".." in re.split(r"[/\\\s]", text) for text in _with_edges(found))


def _with_edges(found: re.Match[str]) -> list[str]:
    """What each star stands for, with a neighbour on both sides: an operator must not be put together by halves."""
    texts: list[str] = []
    for group in range(1, (found.re.groups or 0) + 1):
        start, end = found.span(group)
        texts.append(found.string[max(0, start - 2) : end + 2] if start != end else "")
    return texts


def _match(pattern: str, text: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\\\*|\*)", pattern)
    made = "".join("(.*)" if part == "*" else r"\*" if part == r"\*" else re.escape(part) for part in parts)
    return re.compile(made, re.DOTALL)


def _weight(rule: PermissionRule) -> int:
    return sum(character != "*" for character in rule.tool + rule.pattern)
