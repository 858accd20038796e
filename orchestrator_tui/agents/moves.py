"""Which verdict changes an agent's state: a pure decision.

Hooks move agents at once; a verdict moves one only where hooks say nothing or are contradicted, never on a guess, and
never while we ourselves are starting, stopping or giving a mission to the agent.
"""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import AgentRecord, AgentState
from orchestrator_tui.core.verdict import Confidence, Source, Verdict

UNHEARD_START_MS = 3_000
"""How long a start's own hook is waited for before the session file's word is taken for it."""

UNHEARD_END_MS = 3_000
"""How long an idle agent may hold a mission that runs before its turn counts as over."""


class Move(StrEnum):
    """What to do: show another state, or end the turn, which also ends the attempt at its mission."""

    NONE = "none"
    SHOW = "show"
    END_TURN = "end_turn"


@dataclass(frozen=True, slots=True)
class Hold:
    """What we are doing with the agent. ``has_claims``: missions in hand; ``runs``: one of them is running."""

    is_delivering: bool = False
    is_fencing: bool = False
    has_claims: bool = False
    runs: bool = False


def move_for(record: AgentRecord, verdict: Verdict, hold: Hold, now: int) -> Move:
    """What the verdict (at ``now``, milliseconds since the epoch) does to the agent's record."""
    if record.state not in ALIVE_STATES or hold.is_fencing or verdict.confidence is Confidence.LOW:
        return Move.NONE
    match verdict.state:
        case AgentState.WAITING:
            return _wait(record, verdict, hold)
        case AgentState.IDLE:
            return _become_idle(record, verdict, hold, now)
        case AgentState.BUSY:
            is_ours = hold.is_delivering or record.state is AgentState.STARTING
            return Move.SHOW if not is_ours and record.state is not AgentState.BUSY else Move.NONE
        case AgentState.STARTING:
            return Move.SHOW if record.state is AgentState.WAITING else Move.NONE
        case _:
            return Move.NONE


def _wait(record: AgentRecord, verdict: Verdict, hold: Hold) -> Move:
    if hold.is_delivering and record.state not in (AgentState.STARTING, AgentState.WAITING):
        return Move.NONE
    if record.state is not AgentState.WAITING or record.waiting_for is not verdict.waiting_for:
        return Move.SHOW
    # A hook's exact words are not replaced by a source that knows less.
    knows_more = verdict.source is Source.SCREEN or not record.reason
    return Move.SHOW if knows_more and verdict.reason and verdict.reason != record.reason else Move.NONE


def _become_idle(record: AgentRecord, verdict: Verdict, hold: Hold, now: int) -> Move:
    is_told_by_hook = verdict.source is Source.HOOK and verdict.age_ms < UNHEARD_END_MS
    if hold.is_delivering or (is_told_by_hook and record.state is not AgentState.STARTING):
        # What follows from a hook is already on its way.
        return Move.NONE
    has_held_ms = now - record.state_since
    match record.state:
        case AgentState.BUSY | AgentState.WAITING:
            return Move.END_TURN
        case AgentState.STARTING:
            is_heard = not hold.has_claims and has_held_ms > UNHEARD_START_MS and verdict.age_ms > UNHEARD_START_MS
            return Move.END_TURN if is_heard or (verdict.source is Source.SCREEN and not hold.has_claims) else Move.NONE
        case AgentState.IDLE:
            return Move.END_TURN if hold.runs and has_held_ms > UNHEARD_END_MS else Move.NONE
        case _:
            return Move.NONE
