"""Recordings of the real CLI's screen, at two sizes, and what they are read as."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator_tui.agents.providers.claude_screens import ScreenReading, Situation, read_claude_screen

VERSION = "2.1.328"
FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "screens" / VERSION
SIZES = ("120x36", "80x24")

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


EXPECTED = {
    "idle-fresh": boxed(Situation.IDLE),
    "idle-answered": boxed(Situation.IDLE),
    "idle-quoting-a-dialog": boxed(Situation.IDLE),
    "draft-one-line": boxed(Situation.DRAFT, draft="please look at the parser"),
    "draft-three-lines": boxed(Situation.DRAFT, draft="first line\nsecond line\n  third, indented"),
    "draft-long": boxed(Situation.DRAFT, draft=LONG_DRAFT),
    "draft-long-word": boxed(Situation.DRAFT, draft=LONG_WORD),
    "working-streaming": boxed(Situation.WORKING, r"\S+… \(\d+s .*", busy=True),
    "working-draft": boxed(Situation.WORKING, r"\S+… \(\d+s .*", "and then", busy=True),
    "working-tool": boxed(Situation.WORKING, r"\S+… .*", busy=True),
    "shell-mode": boxed(Situation.SHELL, draft="ls -la"),
    "slash-menu": boxed(Situation.MENU, "/add-dir", "/"),
    "permission-bash": Expected(Situation.PERMISSION, "touch made", tool="Bash", options=("Yes", ALWAYS, AUTO, "No")),
    "permission-write": Expected(Situation.PERMISSION, r"notes\.txt", tool="Write", options=("Yes", EDITS, "No")),
    "question": Expected(
        Situation.QUESTION,
        r"Which colour should the button have\?",
        tool="AskUserQuestion",
        options=("Red", "Blue", "Dark green", "Type something.", "Chat about this"),
    ),
    "question-two": Expected(
        Situation.QUESTION,
        r"Which sizes are there\?",
        tool="AskUserQuestion",
        options=("Small", "Large", "Type something", "Chat about this"),
    ),
    "trust": Expected(Situation.TRUST, "/tmp/claude-screens/proj", options=("No, exit", "Yes, I trust this folder")),
    "api-key": Expected(
        Situation.API_KEY, "Detected a custom API key in your environment", options=("Yes", "No (recommended)")
    ),
    "bypass-warning": Expected(
        Situation.BYPASS,
        "WARNING: Claude Code running in Bypass Permissions mode",
        options=("No, exit", "Yes, I accept"),
    ),
    "resume-picker": Expected(Situation.RESUME, "Resume session"),
    "transcript": Expected(Situation.TRANSCRIPT, "Showing detailed transcript"),
}


def recordings() -> Iterator[str]:
    yield from sorted(file.stem for file in FOLDER.glob("*.ansi"))


def read(stem: str, version: str | None = VERSION) -> ScreenReading:
    cursors = json.loads((FOLDER / "cursors.json").read_text())
    x, y = cursors[stem]
    return read_claude_screen((FOLDER / f"{stem}.ansi").read_text(), (x, y), version)


def test_every_recording_is_in_the_table_at_both_sizes() -> None:
    assert set(recordings()) == {f"{name}.{size}" for name in EXPECTED for size in SIZES}


@pytest.mark.parametrize("stem", recordings())
def test_a_recorded_screen_is_read_rightly(stem: str) -> None:
    reading = read(stem)
    expected = EXPECTED[stem.partition(".")[0]]
    assert reading.situation is expected.situation
    assert re.fullmatch(expected.detail, reading.detail), reading.detail
    assert reading.options == expected.options
    assert (reading.draft, reading.box) == (expected.draft, expected.box)
    assert (reading.tool, reading.busy) == (expected.tool, expected.busy)
