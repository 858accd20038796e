"""How an agent whose program ended goes on with its conversation: a pure decision."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator_tui.agents.providers.base import Refusal, RefusalKind


class Way(StrEnum):
    """What the next start does."""

    RESUME = "resume"
    """The recorded conversation goes on."""

    BEGIN = "begin"
    """The recorded conversation, in which nothing was said yet, begins."""

    FORK = "fork"
    """A copy of the recorded conversation goes on."""

    FRESH = "fresh"
    """A new conversation begins; what was said is lost to the agent."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """The way on; ``why`` is what people are told of an unusual one."""

    way: Way
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of the recorded conversation before a start.

    ``has_transcript``: it can be resumed. ``was_spoken``: the agent took something in it. ``refusal``: what became of
    the start before, if the program refused it. ``holder``: a living foreign process that has it open.
    """

    has_transcript: bool
    was_spoken: bool = False
    refusal: Refusal | None = None
    holder: int | None = None


def continue_from(known: Situation) -> Continuation:
    """Never a second living program on one conversation, and never the same refused start again."""
    kind = known.refusal.kind if known.refusal is not None else None
    words = known.refusal.words if known.refusal is not None else ""
    if kind is RefusalKind.UNKNOWN_CONVERSATION:
        return Continuation(Way.FRESH, f"the conversation could not be resumed ({words}): a new one begins")
    if known.holder is not None:
        way, what = (Way.FORK, "a copy of it goes on") if known.has_transcript else (Way.FRESH, "a new one begins")
        return Continuation(way, f"the conversation is open in process {known.holder}: {what} here")
    if known.has_transcript:
        return Continuation(Way.RESUME)
    if kind is RefusalKind.ID_IN_USE:
        return Continuation(Way.FRESH, f"the conversation could not begin ({words}): a new one begins")
    if known.was_spoken:
        return Continuation(Way.FRESH, "the transcript of the conversation is gone or damaged: a new one begins")
    return Continuation(Way.BEGIN)
