"""Screens as text, and what they say: tables."""

import re

import pytest

from orchestrator_tui.agents.screen_rules import (
    NO_ECHO,
    Echo,
    ScreenRules,
    Sight,
    echo_of,
    failure_in,
    has_begun,
    output_of,
    question_in,
    read_screen,
)


def rules(ready: str, busy: str | None = None, ask: str | None = None, fail: str | None = None) -> ScreenRules:
    def compiled(pattern: str | None) -> re.Pattern[str] | None:
        return None if pattern is None else re.compile(pattern, re.MULTILINE)

    return ScreenRules(re.compile(ready, re.MULTILINE), compiled(busy), compiled(ask), compiled(fail))


REPL = rules(r"^>>>\Z", fail=r"^Traceback")
TUI = rules(r"^› ", busy="esc to interrupt", ask=r"^Allow .*\?$")
ECHO = Echo("abc123", is_unique=True)


@pytest.mark.parametrize(
    ("which", "screen", "echo", "sight"),
    [
        (REPL, "", NO_ECHO, Sight.UNKNOWN),
        (REPL, ">>>", NO_ECHO, Sight.READY),
        (REPL, ">>>\n>>>", NO_ECHO, Sight.READY),
        (REPL, ">>>\nstill printing", NO_ECHO, Sight.UNKNOWN),
        (REPL, ">>> half a draft", NO_ECHO, Sight.UNKNOWN),
        (REPL, ">>> run abc123\n", ECHO, Sight.UNKNOWN),
        (REPL, ">>> run abc123\n7\n>>>", ECHO, Sight.READY),
        (REPL, "scrolled\n>>>", ECHO, Sight.READY),
        (TUI, "› type here", NO_ECHO, Sight.READY),
        (TUI, "Working (3s, esc to interrupt)\n› type here", NO_ECHO, Sight.BUSY),
        (TUI, "Allow rm -r build?\nesc to interrupt\n› type here", NO_ECHO, Sight.ASKS),
        (TUI, "› do it abc123", ECHO, Sight.UNKNOWN),
        (TUI, "do it abc123\nDone.\n› type here", ECHO, Sight.READY),
    ],
)
def test_a_screen_is_read(which: ScreenRules, screen: str, echo: Echo, sight: Sight) -> None:
    assert read_screen(which, screen, echo) is sight


@pytest.mark.parametrize(
    ("which", "screen", "changed", "begun"),
    [
        (REPL, ">>> run abc123", False, False),
        (REPL, ">>> run abc123\n", True, True),
        (REPL, ">>> run abc123\n7\n>>>", True, True),
        (TUI, "› do it abc123", False, False),
        (TUI, "12:01\n› do it abc123", True, False),
        (TUI, "esc to interrupt\n› ", True, True),
        (TUI, "do it abc123\nDone.\n› ", True, True),
        (TUI, "Welcome\n› ", True, False),
        (TUI, "do it abc123\nAllow that?\n› ", True, True),
    ],
)
def test_whether_a_submitted_line_was_taken(which: ScreenRules, screen: str, changed: bool, begun: bool) -> None:
    assert has_begun(which, screen, ECHO, has_changed=changed) is begun


@pytest.mark.parametrize(
    ("screen", "output"),
    [
        (">>> run abc123\n7\n8\n>>>", "7\n8"),
        (">>> run abc123\n>>>", ""),
        (">>> run abc123\nTraceback\n  run abc123\nError\n>>>", "Traceback\n  run abc123\nError"),
        ("the end of much\n>>>", "the end of much"),
        (">>> 1\n1\n>>> run abc123\n>>> printed\n>>>", ">>> printed"),
    ],
)
def test_output_is_what_stands_between_echo_and_prompt(screen: str, output: str) -> None:
    assert output_of(REPL, screen, ECHO) == output


def test_an_echo_without_nonce_counts_where_it_last_stands() -> None:
    echo = echo_of("echo hi", "n1")
    assert echo == Echo("echo hi", is_unique=False)
    assert output_of(rules(r"^\$\Z"), "$ echo hi\nhi\n$ echo hi\nhi\n$", echo) == "hi"
    assert output_of(rules(r"^› "), "fix it\nfixed\n› say what to fix it", echo_of("fix it", "n1")) == "fixed"


def test_the_nonce_is_looked_for_where_the_typed_text_ends() -> None:
    assert echo_of("echo hi # n1", "n1") == Echo("n1", is_unique=True)
    assert echo_of("(n1)\nlast line", "n1") == Echo("last line", is_unique=False)
    assert echo_of("", "n1").end("anything") is None


def test_failure_and_question() -> None:
    assert failure_in(REPL, "x\nTraceback (most recent call last)")
    assert not failure_in(REPL, "no Traceback here")
    assert not failure_in(TUI, "Traceback")
    assert question_in(TUI, "a\nAllow rm -r build?\n› ") == "Allow rm -r build?"
