"""Keys for the CLI's dialogs, by what its screen shows: the recorded ones, and small ones like them."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.agents.providers.base import Step
from orchestrator_tui.agents.providers.claude_answers import ClaudeDialogs
from orchestrator_tui.agents.providers.claude_screens import read_claude_screen
from orchestrator_tui.core.questions import Choice, Option, Question

DIALOGS = ClaudeDialogs()
FRAME = "─" * 60
ONE = Question("Which database?", "Database", (Option("SQLite"), Option("PostgreSQL")))
SEVERAL = Question("Which parts?", "Parts", (Option("Parser"), Option("Shell")), takes_several=True)
PLAN: dict[str, Any] = {"plan": "# It", "planFilePath": "/home/ada/.claude/plans/brave-owl.md"}


def question(*rows: str, text: str = "Which database?") -> str:
    head = [FRAME, " ☐ Database", "", text, ""]
    return "\n".join([*head, *rows, FRAME, "  9. Chat about this", "", "Enter to select · Esc to cancel"])


def plan(*rows: str, file: str = "brave-owl.md") -> str:
    said = " Claude has written up a plan and is ready to execute. Would you like to proceed?"
    return "\n".join(
        [FRAME, " Ready to code?", FRAME, said, "", *rows, "", f" ctrl+g to edit · ~/.claude/plans/{file}"]
    )


def step(screen: str, asked: Question, choice: Choice) -> Step | None:
    return DIALOGS.question_step(screen, [asked], [choice])


CLOSED = question("❯ 1. SQLite", "     \x1b[2mA file\x1b[0m", "  2. PostgreSQL", "  3. Type something.")
TYPING = question("  1. SQLite", "  2. PostgreSQL", "❯ 3. Type something.")
TYPED = question("  1. SQLite", "  2. PostgreSQL", "❯ 3. DuckDB, as it", "     is fast")
TICKS = question("❯ 1. [ ] Parser", "  2. [✔] Shell", "  3. [ ] Type something", "     Submit", text="Which parts?")
TICKED = TICKS.replace("[ ] Parser", "[✔] Parser")
TICKED_OWN = TICKED.replace("[ ] Type something", "[✔] the docs")


@pytest.mark.parametrize(
    ("screen", "asked", "choice", "expected"),
    [
        (CLOSED, ONE, Choice((2,)), Step(keys=("2",), about=ONE.text)),
        (CLOSED, ONE, Choice(text="DuckDB, as it is fast"), Step(keys=("3",), about=ONE.text)),
        (TYPING, ONE, Choice(text="DuckDB, as it is fast"), Step(text="DuckDB, as it is fast", about=ONE.text)),
        (TYPED, ONE, Choice(text="DuckDB, as it is fast"), Step(keys=("Enter",), about=ONE.text)),
        # Somebody else's words stand there: neither taken nor added to.
        (TYPED, ONE, Choice(text="Oracle"), Step(about=ONE.text)),
        (TICKS, SEVERAL, Choice((1,)), Step(keys=("1",), about=SEVERAL.text)),
        (TICKED, SEVERAL, Choice((1,)), Step(keys=("2",), about=SEVERAL.text)),
        (TICKED, SEVERAL, Choice((1, 2)), Step(keys=("Tab",), about=SEVERAL.text)),
        (TICKED, SEVERAL, Choice((1, 2), "the docs"), Step(keys=("3",), about=SEVERAL.text)),
        (TICKED_OWN, SEVERAL, Choice((1, 2), "the docs"), Step(keys=("Tab",), about=SEVERAL.text)),
        (
            TICKED_OWN.replace("     Submit", "❯    Submit").replace("❯ 1", "  1"),
            SEVERAL,
            Choice((1, 2), "the docs"),
            Step(keys=("Enter",), about=SEVERAL.text),
        ),
        # Another question, or this one quoted above the input box: not the dialog.
        (CLOSED.replace("PostgreSQL", "MySQL"), ONE, Choice((2,)), None),
        (CLOSED.replace("Which database?", "Which cache?"), ONE, Choice((2,)), None),
        (f"{CLOSED}\n{FRAME}\n❯ \n{FRAME}\n", ONE, Choice((2,)), None),
        ("", ONE, Choice((2,)), None),
    ],
    ids=count(1),
)
def test_a_question(screen: str, asked: Question, choice: Choice, expected: Step | None) -> None:
    assert step(screen, asked, choice) == expected


def test_a_review_is_submitted_only_with_our_answers() -> None:
    rows = ("Review your answers", "", " ● Which database?", "   → PostgreSQL", " ● Which parts?", "   → Parser, Shell")
    screen = "\n".join(
        [FRAME, "←  ☒ Database  ☒ Parts  ✔ Submit  →", "", *rows, "", "❯ 1. Submit answers", "  2. Cancel"]
    )
    assert DIALOGS.question_step(screen, [ONE, SEVERAL], [Choice((2,)), Choice((1, 2))]) == Step(("1",), about="review")
    assert DIALOGS.question_step(screen, [ONE, SEVERAL], [Choice((1,)), Choice((1, 2))]) is None


AUTO = ("❯ 1. Yes, and use auto mode", "  2. Yes, manually approve edits", "  3. Tell Claude what to change")
WORDS = ("  1. Yes, and use auto mode", "  2. Yes, manually approve edits", "❯ 3. Use a lexer")


@pytest.mark.parametrize(
    ("screen", "allow", "expected"),
    [
        (plan(*AUTO), True, Step(keys=("2",), is_last=True)),
        (plan(AUTO[0], "  2. Yes, and bypass permissions", "  3. No"), True, Step()),
        (plan(*AUTO), False, Step(keys=("3",))),
        (
            plan(*(row.replace("❯", " ") for row in AUTO[:2]), "❯ 3. Tell Claude what to change"),
            False,
            Step(text="Use a lexer"),
        ),
        (plan(*WORDS), False, Step(keys=("Enter",), is_last=True)),
        (plan(*AUTO, file="other-owl.md"), True, None),
        ("", True, None),
    ],
    ids=count(1),
)
def test_a_plan(screen: str, allow: bool, expected: Step | None) -> None:
    assert DIALOGS.plan_step(screen, PLAN, allow, "Use a lexer") == expected


def test_an_empty_plan() -> None:
    screen = "\n".join(
        [FRAME, " Exit plan mode?", "", "  ❯ 1. Yes, and switch to default (ask each time)", "    2. No"]
    )
    assert DIALOGS.plan_step(screen, {}, True, "") == Step(keys=("1",), is_last=True)
    assert DIALOGS.plan_step(screen, {}, False, "x") == Step(keys=("2",), is_last=True)
    assert DIALOGS.plan_step(screen, PLAN, True, "") is None


RECORDED = Path(__file__).parents[1] / "fixtures" / "screens" / "2.1.328"


@pytest.mark.parametrize("size", ["120x36", "80x24"])
def test_recorded_dialogs_are_answered_and_quoted_ones_are_not(size: str) -> None:
    screen = (RECORDED / f"question.{size}.ansi").read_text()
    reading = read_claude_screen(screen)
    labels = [label for label in reading.options if not label.startswith(("Type something", "Chat about"))]
    asked = Question(reading.detail, "", tuple(Option(label) for label in labels))
    assert DIALOGS.question_step(screen, [asked], [Choice((2,))]) == Step(keys=("2",), about=asked.text)
    quoting = (RECORDED / f"idle-quoting-a-dialog.{size}.ansi").read_text()
    assert DIALOGS.question_step(quoting, [asked], [Choice((2,))]) is None
