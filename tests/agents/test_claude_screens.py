"""Recordings of the real CLI's screen, at two sizes, and what they are read as."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from orchestrator_tui.agents.providers.claude_screens import (
    ScreenReading,
    Situation,
    all_rules,
    read_claude_screen,
    rules_for,
)

VERSION = "2.1.328"
FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "screens" / VERSION
SIZES = ("120x36", "80x24")

BARE = re.compile(r"\x1b\[[0-9;:]*m")
TALL = [f"line {number}" for number in range(40)]

LONG_DRAFT = (
    "a draft that is much longer than one line of the pane is wide and therefore wraps at the end of a word, "
    "not only once but for a second time, and then ends here"
)
LONG_WORD = "see " + "".join(f"{number:03d}" for number in range(90)) + " then go on"
ALWAYS = "Yes, and always allow access to /tmp/claude-screens/proj from this project"
AUTO = "Yes, and switch to auto mode"
EDITS = (
    "Yes, and switch to accept edits (auto-approve file edits and common file commands) for this session (shift+tab)"
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What has to be read; ``detail`` is a pattern for all of it."""

    situation: Situation
    detail: str = ""
    options: tuple[str, ...] = ()
    draft: str | None = None
    box: str | None = None
    tool: str | None = None
    busy: bool = False


def boxed(situation: Situation, detail: str = "", draft: str | None = None, *, busy: bool = False) -> Expected:
    """A screen with an input box that shows only the draft."""
    return Expected(situation, detail, draft=draft, box=draft or "", busy=busy)


def asks(detail: str, tool: str | None, *options: str, situation: Situation = Situation.PERMISSION) -> Expected:
    """A dialog."""
    return Expected(situation, detail, options=options, tool=tool)


RESEND = "Resend your message to try again"
ONCE_FIXED = "Once fixed, resend your message"
SERVER_SIDE = (
    r"API Error: 5\d\d stub \w+\. This is a server-side issue, .* check your inference gateway \(127\.0\.0\.1:\d+\)\."
)
REJECTED = r"API Error: Request rejected \(429\) · This request would exceed your account's rate limit\."
SPINNER = r"\S+… \(\d+s .*"
COLOURS = ("Red", "Blue", "Dark green", "Type something.", "Chat about this")
WHICH_COLOUR = r"Which colour should the button have\?"
WAYS = ("Way 1", "Way 2", "Way 3", "Way 4", "Type something.", "Chat about this")

EXPECTED = {
    "idle-fresh": boxed(Situation.IDLE),
    "idle-answered": boxed(Situation.IDLE),
    "idle-named": boxed(Situation.IDLE),
    "idle-after-shell-output": boxed(Situation.IDLE),
    "idle-exit-warning": boxed(Situation.IDLE),
    "idle-shortcuts": boxed(Situation.IDLE),
    "idle-quoting-a-dialog": boxed(Situation.IDLE),
    "idle-quoting-a-spinner": boxed(Situation.IDLE),
    "idle-quoting-an-error": boxed(Situation.IDLE),
    "idle-without-its-mcp-server": boxed(Situation.IDLE),
    "stop-hook-failed": boxed(Situation.IDLE),
    "interrupted": boxed(Situation.IDLE, "Interrupted"),
    "interrupted-before-an-answer": boxed(Situation.DRAFT, draft="tell a story"),
    "draft-one-line": boxed(Situation.DRAFT, draft="please look at the parser"),
    "draft-light-theme": boxed(Situation.DRAFT, draft="please look at the parser"),
    "draft-true-colour": boxed(Situation.DRAFT, draft="please look at the parser"),
    "draft-three-lines": boxed(Situation.DRAFT, draft="first line\nsecond line\n  third, indented"),
    "draft-long": boxed(Situation.DRAFT, draft=LONG_DRAFT),
    "draft-long-word": boxed(Situation.DRAFT, draft=LONG_WORD),
    "draft-pasted": boxed(Situation.DRAFT, draft="[Pasted text #1 +29 lines]"),
    "working-streaming": boxed(Situation.WORKING, SPINNER, busy=True),
    "working-draft": boxed(Situation.WORKING, SPINNER, "and then", busy=True),
    "working-queued": Expected(Situation.WORKING, SPINNER, box="Press up to edit queued messages", busy=True),
    "working-tool": boxed(Situation.WORKING, SPINNER, busy=True),
    "retrying": boxed(Situation.WORKING, r"API error · retrying in \d+s · attempt \d/8", busy=True),
    "background-shell": boxed(Situation.BACKGROUND, "1 shell"),
    "background-shell-draft": boxed(Situation.BACKGROUND, "1 shell", "and then"),
    "background-agent": boxed(Situation.BACKGROUND, "Waiting for 1 background agent to finish"),
    "shell-mode": boxed(Situation.SHELL, draft="ls -la"),
    "slash-menu": boxed(Situation.MENU, "/add-dir", "/"),
    "file-menu": boxed(Situation.MENU, r"notes\.txt", "see @no"),
    "history-search": boxed(Situation.MENU, "search prompts"),
    "permission-bash": asks("touch made", "Bash", "Yes", ALWAYS, AUTO, "No"),
    "permission-of-a-subagent": asks("touch made", "Bash", "Yes", ALWAYS, AUTO, "No"),
    "permission-faked": asks("echo ' Do you want to proceed. ❯ 1. No ─.* > made", "Bash", "Yes", ALWAYS, AUTO, "No"),
    "permission-tall": asks(r"Do you want to proceed\?", None, "Yes", ALWAYS, AUTO, "No"),
    "permission-write": asks(r"notes\.txt", "Write", "Yes", EDITS, "No"),
    "permission-overwrite": asks(r"notes\.txt", "Write", "Yes", EDITS, "No"),
    "permission-edit": asks(r"notes\.txt", "Edit", "Yes", EDITS, "No"),
    "permission-read": asks("/etc/hostname", "Read", "Yes", "Yes, allow reading from /etc during this session", "No"),
    "permission-fetch": asks(
        "https://example.com/page",
        "WebFetch",
        "Yes",
        "Yes, and don't ask again for example.com",
        "No, and tell Claude what to do differently (esc)",
    ),
    "permission-mcp": asks("orchestrator — Mission", None, "Yes", "*", "No"),
    "question": asks(WHICH_COLOUR, "AskUserQuestion", *COLOURS, situation=Situation.QUESTION),
    "question-typed": asks(
        WHICH_COLOUR,
        "AskUserQuestion",
        *(*COLOURS[:3], "pale pink", COLOURS[4]),
        situation=Situation.QUESTION,
    ),
    "question-two": asks(
        r"Which sizes are there\?",
        "AskUserQuestion",
        *("Small", "Large", "Type something", "Chat about this"),
        situation=Situation.QUESTION,
    ),
    "question-submit": asks(
        "Review your answers", "AskUserQuestion", "Submit answers", "Cancel", situation=Situation.QUESTION
    ),
    "plan": asks(
        r"~/\.claude/plans/\S+\.md",
        "ExitPlanMode",
        *("Yes, and use auto mode", "Yes, manually approve edits", "Tell Claude what to change"),
        situation=Situation.PLAN,
    ),
    "plan-empty": asks(
        r"Exit plan mode\?",
        "ExitPlanMode",
        *("Yes, and switch to default (ask each time) for this session", "No"),
        situation=Situation.PLAN,
    ),
    "trust": asks("/tmp/claude-screens/proj", None, "No, exit", "Yes, I trust this folder", situation=Situation.TRUST),
    "add-dir": asks("/tmp/claude-screens/other", None, "No, exit", "Yes, add it", situation=Situation.TRUST),
    "api-key": asks(
        "Detected a custom API key in your environment",
        None,
        *("Yes", "No (recommended)"),
        situation=Situation.API_KEY,
    ),
    "bypass-warning": asks(
        "WARNING: Claude Code running in Bypass Permissions mode",
        None,
        *("No, exit", "Yes, I accept"),
        situation=Situation.BYPASS,
    ),
    "mcp-approval": asks(
        "New MCP server found in this project: tracker",
        None,
        "Use this MCP server",
        "Use this and all future MCP servers in this project",
        "Continue without using this MCP server",
        situation=Situation.MCP_APPROVAL,
    ),
    "mcp-approval-two": asks(
        "2 new MCP servers found in this project",
        None,
        *("tracker", "wiki", "Enable selected"),
        situation=Situation.MCP_APPROVAL,
    ),
    "mcp-failed-listed": Expected(Situation.MCP_FAILED, "tracker"),
    "resume-picker": Expected(Situation.RESUME, "Resume session"),
    "login-method": asks(
        "Select login method",
        None,
        *("Claude account with subscription", "Anthropic Console account", "3rd-party platform"),
        situation=Situation.LOGIN,
    ),
    "onboarding-theme": asks(
        "Choose the text style that looks best with your terminal",
        None,
        "Auto (match terminal)",
        "Dark mode",
        "Light mode",
        "Dark mode (colorblind-friendly)",
        "Light mode (colorblind-friendly)",
        "Dark mode (ANSI colors only)",
        "Light mode (ANSI colors only)",
        situation=Situation.LOGIN,
    ),
    "unable-to-connect": Expected(Situation.LOGIN, r"Failed to connect to api\.anthropic\.com: \w+"),
    "not-logged-in": boxed(Situation.LOGIN, "Not logged in"),
    "not-logged-in-asked": Expected(Situation.LOGIN, "Not logged in", box=ONCE_FIXED),
    "api-error-400": boxed(Situation.API_ERROR, "API Error: 400 prompt is too odd"),
    "api-error-401": Expected(
        Situation.LOGIN, "Please run /login · API Error: 401 stub authentication_error", box=ONCE_FIXED
    ),
    "api-error-500": Expected(Situation.API_ERROR, SERVER_SIDE, box=RESEND),
    "api-error-529": Expected(Situation.API_ERROR, SERVER_SIDE, box=RESEND),
    "api-error-later": Expected(Situation.API_ERROR, SERVER_SIDE, box=RESEND),
    "limit-choice": asks(
        r"What do you want to do\?",
        None,
        "Stop and wait for limit to reset",
        "*",
        "Upgrade your plan",
        situation=Situation.LIMIT,
    ),
    "limit-429": Expected(Situation.LIMIT, REJECTED, box=RESEND),
    "limit-reset": Expected(Situation.LIMIT, REJECTED, box=RESEND),
    "limit-subscription": boxed(Situation.LIMIT, r"Usage limit reached · limit resets \d+:\d\d[ap]m"),
    "limit-stopped": boxed(Situation.LIMIT, r"You've hit your 5-hour limit · resets .* \(UTC\)"),
    "limit-cancelled": boxed(Situation.LIMIT, r"You've hit your limit · resets \d+:\d\d[ap]m \(UTC\)"),
    "transcript": Expected(Situation.TRANSCRIPT, "Showing detailed transcript"),
    "exit-with-background-work": Expected(Situation.MENU, "Background work is running"),
    "model-picker": Expected(Situation.MENU, "Select model"),
    "settings": Expected(Situation.MENU, "Settings"),
    "help": Expected(Situation.MENU, "Help"),
    "rewind": Expected(Situation.MENU, "Rewind"),
    "starting": Expected(Situation.STARTING),
}
"""What is the same at both sizes."""

AT_ONE_SIZE = {
    # The lines of the draft that are on the screen; the first of them are not.
    "draft-tall.120x36": boxed(Situation.DRAFT, draft="\n".join(TALL[8:])),
    "draft-tall.80x24": boxed(Situation.DRAFT, draft="\n".join(TALL[20:])),
    "question-tall.120x36": asks(
        r"Which way do we go from here\?", "AskUserQuestion", *WAYS, situation=Situation.QUESTION
    ),
    # Its first option is not on the screen.
    "question-tall.80x24": asks("", "AskUserQuestion", situation=Situation.QUESTION),
}


def recordings() -> Iterator[str]:
    yield from sorted(file.stem for file in FOLDER.glob("*.ansi"))


def read(stem: str, version: str | None = VERSION) -> ScreenReading:
    cursors = json.loads((FOLDER / "cursors.json").read_text())
    x, y = cursors[stem]
    return read_claude_screen((FOLDER / f"{stem}.ansi").read_text(), (x, y), version)


def expected_of(stem: str) -> Expected:
    return AT_ONE_SIZE.get(stem) or EXPECTED[stem.partition(".")[0]]


def test_every_recording_is_in_the_table_at_both_sizes() -> None:
    assert set(recordings()) == {f"{name}.{size}" for name in EXPECTED for size in SIZES} | set(AT_ONE_SIZE)


@pytest.mark.parametrize("stem", recordings())
def test_a_recorded_screen_is_read_rightly(stem: str) -> None:
    reading = read(stem)
    expected = expected_of(stem)
    assert reading.situation is expected.situation
    assert re.fullmatch(expected.detail, reading.detail), reading.detail
    assert len(reading.options) == len(expected.options), reading.options
    for option, wanted in zip(reading.options, expected.options, strict=True):
        assert wanted in (option, "*")
    assert (reading.draft, reading.box) == (expected.draft, expected.box)
    assert (reading.tool, reading.busy) == (expected.tool, expected.busy)


def test_each_rule_decides_at_least_one_recording() -> None:
    used = {read(stem).rule for stem in recordings()}
    assert {rule.name for rule in all_rules()} - used == set()
    assert len({rule.name for rule in all_rules()}) == len(all_rules())


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("1.9.9", ["old"]),
        ("2.0.0", ["old"]),
        ("2.0.9", ["old"]),
        ("2.1.0", ["new", "newest"]),
        ("2.1.9 (Claude Code)", ["new", "newest"]),
        ("3.0", ["new", "newest"]),
        ("?", ["new", "newest"]),
        (None, ["new", "newest"]),
    ],
)
def test_rules_are_those_of_the_version(version: str | None, names: list[str]) -> None:
    rule = all_rules()[0]
    rules = [
        replace(rule, name="old", since=(2, 0, 0), until=(2, 1, 0)),
        replace(rule, name="new", since=(2, 1, 0), until=None),
        replace(rule, name="newest", since=(2, 1, 0), until=None),
    ]
    assert [found.name for found in rules_for(rules, version)] == names


@pytest.mark.parametrize("version", [None, "2.9.0", "1.0.0", "unknown"])
def test_other_versions_are_read_by_the_nearest_rules(version: str | None) -> None:
    assert read("permission-bash.80x24", version) == read("permission-bash.80x24")


@pytest.mark.parametrize("stem", recordings())
def test_lines_that_are_filled_up_with_blanks_are_read_the_same(stem: str) -> None:
    """The dashboard captures them so."""
    columns = int(stem.rpartition(".")[2].partition("x")[0])
    file = FOLDER / f"{stem}.ansi"
    screen = file.read_text()
    x, y = json.loads((FOLDER / "cursors.json").read_text())[stem]
    filled = "\n".join(line + " " * (columns - len(BARE.sub("", line))) for line in screen.split("\n"))
    assert read_claude_screen(filled, (x, y), VERSION) == read(stem)


@pytest.mark.parametrize(
    "stem",
    [stem for stem in recordings() if stem.startswith(("idle", "draft-one", "working", "background", "interrupted."))],
)
def test_a_dialog_in_the_conversation_is_no_dialog(stem: str) -> None:
    """Every dialog's own text, indented as an answer is, above every box."""
    lines = (FOLDER / f"{stem}.ansi").read_text().split("\n")
    before = read(stem)
    for dialog in ("permission-bash", "question", "trust", "plan", "api-key"):
        size = stem.rpartition(".")[2]
        quoted = ["  " + BARE.sub("", line) for line in (FOLDER / f"{dialog}.{size}.ansi").read_text().split("\n")]
        x, y = json.loads((FOLDER / "cursors.json").read_text())[stem]
        reading = read_claude_screen("\n".join([*quoted, "", *lines]), (x, y + len(quoted) + 1), VERSION)
        assert reading == before


def test_recordings_name_no_place_of_this_machine() -> None:
    places = {str(Path(__file__).resolve().parents[2]), str(Path.home())} - {"/", "/root"}
    for stem in recordings():
        text = (FOLDER / f"{stem}.ansi").read_text()
        assert not any(place in text for place in places), stem
