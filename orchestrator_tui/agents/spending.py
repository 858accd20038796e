"""The sums of what was spent, in memory: what screens, budgets and tools ask for all the time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from orchestrator_tui.core.usage import NOTHING_SPENT, Counted, Spent, TranscriptMark, UsageReport


@dataclass(frozen=True, slots=True)
class Context:
    """What a conversation's model was last given to read."""

    tokens: int
    model: str


@dataclass(slots=True)
class SpendingBook:
    """Sums by agent and of one day; the ledger holds the rest."""

    agents: dict[int, Spent] = field(default_factory=dict[int, Spent])
    contexts: dict[int, Context] = field(default_factory=dict[int, Context])
    _day: str = ""
    _today: Spent = NOTHING_SPENT

    def load(self, report: UsageReport, today: str, marks: Sequence[TranscriptMark]) -> None:
        """Begins with what the ledger holds."""
        self.agents = dict(report.agents)
        self._day, self._today = today, dict(report.days).get(today, NOTHING_SPENT)
        self.note_contexts(marks)

    def add(self, counted: Iterable[Counted], today: str) -> None:
        """Takes what the ledger grew by."""
        for one in counted:
            self.agents[one.agent_id] = self.of_agent(one.agent_id) + one.grown
            if one.day == today:
                self._today = self.of_day(today) + one.grown
                self._day = today

    def note_contexts(self, marks: Iterable[TranscriptMark]) -> set[int]:
        """Takes the contexts that transcripts show, the newest last; the agents that have another one now."""
        changed: set[int] = set()
        for mark in marks:
            if mark.context_tokens is not None:
                context = Context(mark.context_tokens, mark.model or "")
                if self.contexts.get(mark.agent_id) != context:
                    self.contexts[mark.agent_id] = context
                    changed.add(mark.agent_id)
        return changed

    def of_agent(self, agent_id: int) -> Spent:
        """What an agent has spent in all its life."""
        return self.agents.get(agent_id, NOTHING_SPENT)

    def of_day(self, today: str) -> Spent:
        """What was spent today."""
        return self._today if self._day == today else NOTHING_SPENT
