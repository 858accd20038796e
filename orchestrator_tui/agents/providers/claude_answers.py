"""Which keys answer the Claude CLI's own dialogs, one look at a time: pure.

Measured with 2.1.328. A question's option is chosen by its digit, own words are typed behind the digit of "Type
something" and taken by Enter. Where several may be chosen a digit ticks, and Tab goes on. Several questions, and one
that takes several, end in a review whose digit 1 submits. A plan's dialog names the plan's file; a digit approves, and
words typed behind "Tell Claude what to change" reject it with them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from orchestrator_tui.agents.providers.base import Step
from orchestrator_tui.agents.providers.claude_layout import layout_of, numbered_options, text_of
from orchestrator_tui.agents.providers.styled_screen import Row, rows_of
from orchestrator_tui.core.questions import Choice, Question, answer_texts

_TICK = re.compile(r" *(?:❯ )? *(\d+)\. \[(.)\]")
_CURSOR = re.compile(r" *❯ +(?:(\d+)\.)?")
_SUBMIT = re.compile(r" *❯ +Submit\Z")
_WORDS = ("Type something", "Type something.")
_CHANGE = "Tell Claude what to change"
_UNCLEAR = Step()
_REVIEW = "Reviewyouranswers"


class ClaudeDialogs:
    """The dialogs of AskUserQuestion and ExitPlanMode."""

    def question_step(self, screen: str, questions: Sequence[Question], choices: Sequence[Choice]) -> Step | None:
        """What to press now to give these answers; None when the screen shows none of the questions."""
        for part in layout_of(rows_of(screen)).dialogs:
            text = _bare(text_of(part))
            if _REVIEW in text and all(_is_reviewed(text, *pair) for pair in answer_texts(questions, choices).items()):
                return Step(keys=("1",), about="review")
            for question, choice in zip(questions, choices, strict=True):
                if _is_shown(part, question):
                    give = _several if question.takes_several else _one
                    return replace(give(part, question, choice), about=question.text)
        return None

    def plan_step(self, screen: str, tool_input: Mapping[str, object], allow: bool, message: str) -> Step | None:
        """What to press now to approve or reject a plan; None when the screen does not ask about it."""
        file = tool_input.get("planFilePath")
        for part in layout_of(rows_of(screen)).dialogs:
            if _asks_about(part, file if isinstance(file, str) else None):
                options = numbered_options(part)
                return _approved(options) if allow else _rejected(part, options, message)
        return None


def _asks_about(part: Sequence[Row], file: str | None) -> bool:
    if file is None:
        return text_of(part).lstrip().startswith("Exit plan mode?")
    text = _bare(text_of(part))
    return "Wouldyouliketoproceed?" in text and _bare(file.rpartition("/")[2]) in text


def _approved(options: Sequence[str]) -> Step:
    """Never by an option that asks less from then on."""
    for number, label in enumerate(options, 1):
        if label.startswith("Yes") and not re.search("auto|bypass", label):
            return Step(keys=(str(number),), is_last=True)
    return _UNCLEAR


def _rejected(part: Sequence[Row], options: Sequence[str], message: str) -> Step:
    number = len(options)
    if _label(part, number) == "No":
        return Step(keys=(str(number),), is_last=True)
    step = _typed(part, number, message, (_CHANGE,))
    return replace(step, is_last=step.keys == ("Enter",))


def _one(part: Sequence[Row], question: Question, choice: Choice) -> Step:
    if choice.options:
        return Step(keys=(str(choice.options[0]),))
    return _typed(part, len(question.options) + 1, choice.text, _WORDS)


def _several(part: Sequence[Row], question: Question, choice: Choice) -> Step:
    ticked = {int(found[1]) for row in part if (found := _TICK.match(row.text)) and found[2].strip()}
    own = len(question.options) + 1
    wanted = {*choice.options, *([own] if choice.text else [])}
    different = sorted(ticked ^ wanted)
    if different:
        return Step(keys=(str(different[0]),))
    if choice.text and _bare(_label(part, own)) != _bare(choice.text):
        return Step(text=choice.text) if _label(part, own) in _WORDS else _UNCLEAR
    return Step(keys=("Enter",) if any(_SUBMIT.match(row.text) for row in part) else ("Tab",))


def _typed(part: Sequence[Row], number: int, words: str, empty: Sequence[str]) -> Step:
    if _cursor(part) != number:
        return Step(keys=(str(number),))
    label = _label(part, number)
    if label in empty:
        return Step(text=words)
    return Step(keys=("Enter",)) if _bare(label) == _bare(words) else _UNCLEAR


def _label(part: Sequence[Row], number: int) -> str:
    """What stands behind an option's number, its wrapped lines joined, whatever is faint of it."""
    lines: list[str] = []
    column = 0
    for row in part:
        if not lines:
            start = re.match(rf" *(?:❯ )? *{number}\. (?:\[.\] )?", row.text)
            if start is not None:
                column = start.end()
                lines.append(row.text[column:].strip())
        elif row.text[:column].strip() or not row.text[column : column + 1].strip() or row.is_faint(column):
            break
        else:
            lines.append(row.text.strip())
    return " ".join(lines)


def _is_shown(part: Sequence[Row], question: Question) -> bool:
    labels = [_bare(option.label) for option in question.options]
    shown = [_bare(label) for label in numbered_options(part)]
    return len(shown) > len(labels) and shown[: len(labels)] == labels and _bare(question.text) in _bare(text_of(part))


def _is_reviewed(text: str, question: str, answer: str) -> bool:
    return f"●{_bare(question)}→{_bare(answer)}" in text


def _cursor(part: Sequence[Row]) -> int | None:
    """The number of the option under the cursor."""
    found = next((found for row in part if (found := _CURSOR.match(row.text))), None)
    return int(found[1]) if found is not None and found[1] else None


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)
