"""Answers fit their questions, or the message says which does not and why."""

import pytest

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.questions import Choice, Option, Question, answer_texts, fitting, questions_of

OPTIONS = (Option("A"), Option("B"), Option("C"))
ONE = Question("Which?", "Which", OPTIONS)
SEVERAL = Question("Which ones?", "Several", OPTIONS, takes_several=True)


def test_questions_are_read_and_malformed_ones_left_out() -> None:
    given = {
        "questions": [
            {
                "question": "Which?",
                "header": "H",
                "multiSelect": True,
                "options": [{"label": "A", "preview": "# x"}, 3],
            },
            {"header": "no question"},
            "nonsense",
        ]
    }
    assert questions_of(given) == (Question("Which?", "H", (Option("A", preview="# x"),), takes_several=True),)
    assert questions_of({"questions": 7}) == ()


@pytest.mark.parametrize(
    ("questions", "choices", "answers"),
    [
        ([ONE], [Choice((2,))], {"Which?": "B"}),
        ([ONE], [Choice(text=" my own ")], {"Which?": "my own"}),
        ([SEVERAL], [Choice((1, 3))], {"Which ones?": "A, C"}),
        ([SEVERAL], [Choice((1,)), Choice((3,)), Choice(text="more")], {"Which ones?": "A, C, more"}),
        ([SEVERAL], [Choice((3, 3))], {"Which ones?": "C"}),
        ([ONE, SEVERAL], [Choice((1,)), Choice((2, 3))], {"Which?": "A", "Which ones?": "B, C"}),
    ],
)
def test_what_fits(questions: list[Question], choices: list[Choice], answers: dict[str, str]) -> None:
    assert answer_texts(questions, fitting(questions, choices)) == answers


@pytest.mark.parametrize(
    ("questions", "choices", "message"),
    [
        ([ONE], [Choice((4,))], "'Which' has no option 4"),
        ([ONE], [Choice((0,))], "no option 0"),
        ([ONE], [Choice((1, 2))], "takes one answer"),
        ([ONE], [Choice((1,)), Choice((2,))], "takes one answer"),
        ([ONE], [Choice((1,), "and more")], "takes one answer"),
        ([ONE], [Choice(text="  ")], "'Which' is not answered"),
        ([ONE], [], "Questions: 1, answers: 0"),
        ([ONE, SEVERAL], [Choice((1,))], "Questions: 2, answers: 1"),
        ([ONE], [Choice(text="x" * 10_001)], "longer than"),
    ],
)
def test_what_does_not_fit_is_named(questions: list[Question], choices: list[Choice], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        fitting(questions, choices)
