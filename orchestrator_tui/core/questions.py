"""Questions with options that an agent's program asks, and what a person answers: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from orchestrator_tui.core.errors import UsageError

QUESTION_TOOL = "AskUserQuestion"
PLAN_TOOL = "ExitPlanMode"
DIALOG_TOOLS = frozenset({QUESTION_TOOL, PLAN_TOOL})
"""Tools that ask a person something rather than for permission; at most one of them is open in a program."""

LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Option:
    """One option; ``preview`` is a larger picture of it, as Markdown."""

    label: str
    description: str = ""
    preview: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question; ``takes_several`` allows more than one option."""

    text: str
    header: str = ""
    options: tuple[Option, ...] = ()
    takes_several: bool = False

    def as_dict(self) -> dict[str, object]:
        """The question as JSON data."""
        options = [{"label": option.label, "description": option.description} for option in self.options]
        return {
            "question": self.text,
            "header": self.header,
            "options": options,
            "takes_several": self.takes_several,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person answers to one question: numbers of options, counted from 1, or their own words.

    Where several options may be chosen, words stand beside them.
    """

    options: tuple[int, ...] = ()
    text: str = ""


def questions_of(tool_input: Mapping[str, object]) -> tuple[Question, ...]:
    """The questions of a request, in order; malformed ones are left out."""
    return tuple(
        Question(
            text=str(question["question"]),
            header=_text(question, "header"),
            options=tuple(
                Option(str(option["label"]), _text(option, "description"), _text(option, "preview"))
                for option in _objects(question.get("options"))
                if "label" in option
            ),
            takes_several=question.get("multiSelect") is True,
        )
        for question in _objects(tool_input.get("questions"))
        if "question" in question
    )


def plan_of(tool_input: Mapping[str, object]) -> str:
    """The plan that a request asks to approve, as Markdown; empty when it brings none."""
    return _text(tool_input, "plan")


def fitting(questions: Sequence[Question], choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """One choice a question. Several choices for a single question are one answer.

    Raises UsageError naming ``options`` or ``text``.
    """
    given = tuple(choices)
    if len(questions) == 1 and len(given) > 1:
        numbers = tuple(number for choice in given for number in choice.options)
        given = (Choice(numbers, ", ".join(choice.text for choice in given if choice.text)),)
    if len(given) != len(questions):
        raise UsageError(
            f"Questions: {len(questions)}, answers: {len(given)}.",
            remedy="Answer each in its order; join several options of one by commas: 1,3.",
            field="options",
        )
    return tuple(_checked(question, choice) for question, choice in zip(questions, given, strict=True))


def answer_texts(questions: Sequence[Question], choices: Sequence[Choice]) -> dict[str, str]:
    """The answers by question text, as the program passes them to its model; ``choices`` fit the questions."""
    answers: dict[str, str] = {}
    for question, choice in zip(questions, choices, strict=True):
        labels = [question.options[number - 1].label for number in choice.options]
        answers[question.text] = ", ".join([*labels, choice.text] if choice.text else labels)
    return answers


def _checked(question: Question, choice: Choice) -> Choice:
    text = choice.text.strip()
    numbers = tuple(dict.fromkeys(choice.options))
    asked = question.header or question.text
    for number in numbers:
        if not 1 <= number <= len(question.options):
            raise UsageError(
                f"{asked!r} has no option {number}.",
                remedy=f"Choose from 1 to {len(question.options)}, or answer in your own words.",
                field="options",
            )
    if not numbers and not text:
        raise UsageError(f"{asked!r} is not answered.", remedy="Choose an option, or write a text.", field="options")
    if not question.takes_several and len(numbers) + bool(text) > 1:
        raise UsageError(f"{asked!r} takes one answer.", remedy="Choose one option, or write a text.", field="options")
    if len(text) > LONGEST_TEXT:
        raise UsageError(
            f"`text` is longer than {LONGEST_TEXT} characters.",
            remedy="Put it in a file and name that.",
            field="text",
        )
    return Choice(numbers, text)


def _text(fields: Mapping[str, object], key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def _objects(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list):
        return []
    return [cast("dict[str, object]", one) for one in cast("list[object]", value) if isinstance(one, dict)]
