"""Who said what of an agent's state, and what is made of it: the values that ``core.fusion`` works on."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator_tui.core.models import AgentState, WaitingFor


class Source(StrEnum):
    """Where a word on an agent's state comes from; ``SUPERVISOR`` is what we did or saw ourselves."""

    HOOK = "hook"
    STATUS = "session file"
    TRANSCRIPT = "transcript"
    SCREEN = "screen"
    PROCESS = "process"
    SUPERVISOR = "supervisor"


class Confidence(StrEnum):
    """How far a verdict can be trusted: two sources agree, one is believed, or it is a guess that moves nothing."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Observation:
    """One source's newest word.

    ``at`` is when it was said, in milliseconds since the epoch: a hook's arrival, the time that the file itself
    states, the look at a screen, the start of a process. ``state`` is None where the source says nothing of a turn.
    ``word`` is what it said in its own terms, ``detail`` that in words for people. ``problem`` is what a person should
    know whatever the state is. ``is_held``: a hook that waits for our reply. ``leaves_open``: what it tells may have
    left something on the screen that only a look at it shows, as a start or a failed request do.
    """

    source: Source
    at: int
    state: AgentState | None = None
    waiting_for: WaitingFor | None = None
    word: str = ""
    detail: str = ""
    problem: str = ""
    is_held: bool = False
    leaves_open: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an agent does, and why that is believed.

    ``source`` decided; ``age_ms`` is how long ago it spoke. ``reason`` is one line for people, empty where the state
    says it all. ``problem`` is set while a person should look at something besides. ``reasoning`` are the words of
    every source, one a line, and last what followed.
    """

    state: AgentState
    waiting_for: WaitingFor | None
    reason: str
    source: Source
    age_ms: int
    confidence: Confidence
    reasoning: tuple[str, ...] = ()
    problem: str = ""

    def as_dict(self) -> Mapping[str, object]:
        """The verdict as JSON data."""
        return {
            "state": self.state.value,
            "waiting_for": self.waiting_for.value if self.waiting_for else None,
            "reason": self.reason,
            "source": self.source.value,
            "age_ms": self.age_ms,
            "confidence": self.confidence.value,
            "problem": self.problem,
            "reasoning": list(self.reasoning),
        }
