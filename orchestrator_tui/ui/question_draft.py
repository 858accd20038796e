"""Answers to several questions while a person still chooses: pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.questions import Choice, Question


@dataclass(frozen=True, slots=True)
class Draft:
    """What is chosen of each question; ``at`` is the one that keys answer, counted from 0."""

    choices: tuple[Choice, ...]
    at: int = 0

    @classmethod
    def empty(cls, questions: Sequence[Question]) -> "Draft":
        """Nothing chosen yet."""
        return cls(tuple(Choice() for _ in questions))

    def picked(self, questions: Sequence[Question], number: int) -> "Draft":
        """With an option chosen; a second time takes it back where several may be chosen.

        Where one is the answer, the next open question is gone to.
        """
        choice = self.choices[self.at]
        if questions[self.at].takes_several:
            numbers = set(choice.options) ^ {number}
            return self._with(replace(choice, options=tuple(sorted(numbers))))
        return self._with(Choice((number,)))._onward()

    def worded(self, questions: Sequence[Question], words: str) -> "Draft":
        """With own words, beside the options where several may be chosen."""
        if questions[self.at].takes_several:
            return self._with(replace(self.choices[self.at], text=words))
        return self._with(Choice(text=words))._onward()

    def turned(self, by: int) -> "Draft":
        """At another question."""
        return replace(self, at=(self.at + by) % max(1, len(self.choices)))

    def first_open(self) -> int | None:
        """The first question without an answer."""
        return next((index for index, choice in enumerate(self.choices) if choice == Choice()), None)

    def _with(self, choice: Choice) -> "Draft":
        return replace(self, choices=(*self.choices[: self.at], choice, *self.choices[self.at + 1 :]))

    def _onward(self) -> "Draft":
        behind = [index for index in range(self.at + 1, len(self.choices)) if self.choices[index] == Choice()]
        target = behind[0] if behind else self.first_open()
        return self if target is None else replace(self, at=target)


class Drafts:
    """The drafts of several items, by the item's id; they last as long as their items wait."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}

    def of(self, item: AttentionItem | None) -> Draft:
        """The item's draft; an empty one where nothing was chosen yet."""
        return self._drafts.get(item.id if item else "", Draft.empty(item.questions if item else ()))

    def put(self, item: AttentionItem, draft: Draft) -> None:
        """Keeps what was chosen."""
        self._drafts[item.id] = draft

    def keep(self, ids: Collection[str]) -> None:
        """Forgets the drafts of all other items."""
        self._drafts = {name: draft for name, draft in self._drafts.items() if name in ids}
