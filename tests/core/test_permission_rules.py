"""Rules for permission requests: deny wins, an allow rule's star is careful."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction, decide, exact_rule, subject_of


def rule(text: str) -> PermissionRule:
    action, tool, pattern = text.split(" ", 2)
    return PermissionRule(action=RuleAction(action), tool=tool, pattern=pattern)


def verdict(rules: list[str], command: str, tool: str = "Bash") -> str | None:
    found = decide([rule(text) for text in rules], tool, {"command": command})
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("rules", "command", "expected"),
    [
        ([], "ls", None),
        (["allow Bash git status*"], "git status", "allow Bash(git status*)"),
        (["allow Bash git status*"], "git status -s", "allow Bash(git status*)"),
        (["allow Bash git status*"], "git stash", None),
        (["allow Bash git status"], "git status -s", None),
        (["allow Read *"], "ls", None),
        (["allow * *"], "ls; rm -rf ~", "allow *(*)"),
        (["allow Ba* ls"], "ls", "allow Ba*(ls)"),
        (["allow Bash *", "deny Bash rm *", "ask Bash rm *"], "rm x", "deny Bash(rm *)"),
        (["allow Bash *", "ask Bash rm *"], "rm x", "ask Bash(rm *)"),
        (["deny Bash *", "deny Bash rm -r*"], "rm -rf x", "deny Bash(rm -r*)"),
        (["deny Bash rm *"], "cd / && rm -rf x", "deny Bash(rm *)"),
        (["deny Bash rm *"], "echo $(rm -rf x)", "deny Bash(rm *)"),
        (["deny Bash rm *"], "true\nrm -rf x", "deny Bash(rm *)"),
        (["ask Bash git push*"], "make; git push -f", "ask Bash(git push*)"),
        (["allow Bash echo [a]?"], "echo [a]?", "allow Bash(echo [a]?)"),
        (["allow Bash echo [a]?"], "echo ab", None),
    ],
)
def test_table(rules: list[str], command: str, expected: str | None) -> None:
    assert verdict(rules, command) == expected
    assert verdict(rules[::-1], command) == expected


@pytest.mark.parametrize(
    "command",
    [
        "git status; rm -rf ~",
        "git status && rm -rf ~",
        "git status & rm -rf ~",
        "git status | sh",
        "git status > ~/.bashrc",
        "git status < /etc/passwd",
        "git status $(rm -rf ~)",
        "git status `rm -rf ~`",
        "git status\nrm -rf ~",
        "git status ../../secret",
    ],
)
def test_a_star_of_an_allow_rule_reaches_over_no_operator(command: str) -> None:
    assert verdict(["allow Bash git status*"], command) is None


def test_operators_are_not_put_together_by_halves() -> None:
    assert verdict(["allow Bash echo $*"], "echo $(id)") is None
    assert verdict(["allow Write /srv/app/*"], "/srv/app/../etc/passwd", "Write") is None


@pytest.mark.parametrize(
    ("tool_input", "subject"),
    [
        ({"command": "ls", "description": "x"}, "ls"),
        ({"file_path": "/a", "content": "x"}, "/a"),
        ({"url": "http://x"}, "http://x"),
        ({"b": 1, "a": [2]}, '{"a": [2], "b": 1}'),
        ({}, ""),
    ],
)
def test_what_a_request_is_about(tool_input: dict[str, Any], subject: str) -> None:
    assert subject_of(tool_input) == subject


@given(st.text(min_size=1, max_size=60))
def test_an_exact_rule_allows_its_own_request(command: str) -> None:
    made = exact_rule(RuleAction.ALLOW, "Bash", {"command": command})
    assert decide([made], "Bash", {"command": command}) == made


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_an_exact_rule_allows_nothing_else(command: str, other: str) -> None:
    made = exact_rule(RuleAction.ALLOW, "Bash", {"command": command})
    assert (decide([made], "Bash", {"command": other}) is not None) == (command == other)


@pytest.mark.parametrize("command", ["x" * 10_001, "echo \ud800"])
def test_a_request_that_no_rule_can_hold_is_refused_in_words(command: str) -> None:
    with pytest.raises(UsageError, match="No rule can hold") as found:
        exact_rule(RuleAction.ALLOW, "Bash", {"command": command})
    assert found.value.field == "pattern"
