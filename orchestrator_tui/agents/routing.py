"""Which agent gets which mission: a pure decision over what is ready and who is there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator_tui.core.budget import BUDGET_WAIT
from orchestrator_tui.core.lifecycle import ALIVE_STATES, GONE_STATES
from orchestrator_tui.core.models import (
    AgentRecord,
    AgentState,
    Mission,
    MissionSpec,
    ModelTier,
    Role,
    TaskType,
)
from orchestrator_tui.core.tiers import select_model
from orchestrator_tui.core.waits import Kind, Waits, kind_of

ROLE_FIT: Mapping[TaskType, tuple[Role, ...]] = {
    TaskType.CODING: (Role.CODER, Role.DEBUGGER, Role.ARCHITECT, Role.GENERALIST),
    TaskType.REVIEW: (Role.REVIEWER, Role.ARCHITECT, Role.CODER, Role.GENERALIST),
    TaskType.ANALYSIS: (Role.ANALYST, Role.ARCHITECT, Role.RESEARCHER, Role.GENERALIST),
    TaskType.SYNTHESIS: (Role.ORACLE, Role.ARCHITECT, Role.ANALYST, Role.GENERALIST),
    TaskType.EXTRACTION: (Role.RESEARCHER, Role.SCRIBE, Role.ANALYST, Role.GENERALIST),
    TaskType.TESTING: (Role.TESTER, Role.DEBUGGER, Role.CODER, Role.GENERALIST),
    TaskType.DEBUGGING: (Role.DEBUGGER, Role.CODER, Role.TESTER, Role.GENERALIST),
    TaskType.RESEARCH: (Role.RESEARCHER, Role.ANALYST, Role.GENERALIST),
    TaskType.DOCUMENTATION: (Role.SCRIBE, Role.RESEARCHER, Role.CODER, Role.GENERALIST),
    TaskType.GENERAL: (Role.GENERALIST,),
}
"""The roles that suit a task type, best first; a role that is not listed comes after all of them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent as the placement sees it.

    ``free`` is how many further claims it takes now; ``unavailable`` says in words why it takes none although it lives.
    ``quota`` says that its account is at its limit, whatever else the agent does.
    """

    id: int
    name: str
    role: Role
    model: ModelTier
    state: AgentState
    free: int
    success: float = 1.0
    idle_since: int = 0
    unavailable: str | None = None
    quota: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """One mission for one agent; ``wanted_tier`` is set when no living agent reaches the tier that it deserves."""

    mission_id: str
    agent_id: int
    wanted_tier: ModelTier | None = None


def candidate(record: AgentRecord, claims: int, unavailable: str | None, quota: str | None = None) -> Candidate:
    """An agent record as a candidate; ``claims`` is how many missions it has in hand."""
    limit = int(str(record.config.get("max_concurrent_tasks", 1)))
    ready = unavailable is None and quota is None and not record.held
    takes = record.state is AgentState.IDLE or (record.state is AgentState.BUSY and limit > 1)
    total = record.tasks_completed + record.tasks_failed
    return Candidate(
        id=record.id,
        name=record.name,
        role=record.role,
        model=record.model,
        state=record.state,
        free=max(limit - claims, 0) if ready and takes else 0,
        success=record.tasks_completed / total if total else 1.0,
        idle_since=record.idle_since or record.state_since,
        unavailable="held" if record.held else unavailable,
        quota=quota,
    )


class Placement:
    """Gives ready missions, in the order in which they are taken, to agents that are free.

    What waits never blocks what follows. ``assignments`` can start now, ``waits`` says of every other one why not yet.
    """

    def __init__(self, candidates: Sequence[Candidate] = ()) -> None:
        self._candidates = candidates
        self._free = {agent.id: agent.free for agent in candidates}
        self._waits: dict[str, str] = {}
        # Agents only become fewer while we place: what one mission waits for, every later one of its kind does too.
        self._kinds: dict[Kind, str] = {}
        living = {agent.role for agent in candidates if agent.state not in GONE_STATES}
        wanted = (None, *Role) if not living else (role for role in Role if role not in living)
        self._roles = {role: _no_agent(role if living else None) for role in wanted}
        self.assignments: list[Assignment] = []

    @property
    def waits(self) -> Waits:
        """Why what was taken and not assigned has not started."""
        return Waits(self._waits, self._kinds, self._roles)

    @property
    def free_roles(self) -> frozenset[Role]:
        """The roles of the agents that would take a further mission."""
        return frozenset(agent.role for agent in self._candidates if self._free[agent.id] > 0)

    def take(self, missions: Iterable[Mission], why_held: Callable[[Mission], str | None] = lambda _: None) -> None:
        """Assigns these missions or notes why not; ``why_held`` says what else keeps one from starting."""
        for mission in missions:
            kind = kind_of(mission) if mission.reserved_for is None else None
            held = why_held(mission)
            chosen = held or (self._kinds.get(kind) if kind else None) or _choose(mission, self._candidates, self._free)
            if isinstance(chosen, Assignment):
                self._free[chosen.agent_id] -= 1
                self.assignments.append(chosen)
            elif kind is None or held:
                self._waits[mission.id] = chosen
            else:
                self._kinds[kind] = chosen


def _choose(mission: Mission, candidates: Sequence[Candidate], free: Mapping[int, int]) -> Assignment | str:
    if mission.reserved_for is not None:
        return _reserved(mission, candidates, free)
    living = [agent for agent in candidates if agent.state not in GONE_STATES]
    fitting = [agent for agent in living if mission.role in (None, agent.role)]
    if not fitting:
        return _no_agent(mission.role if living else None)
    wanted = select_model(_spec(mission))
    reachable = max(agent.model.rank for agent in fitting)
    floor = min(wanted.rank, reachable)
    able = [agent for agent in fitting if agent.model.rank >= floor]
    ready = [agent for agent in able if free[agent.id] > 0]
    if not ready:
        return _why_none(able, wanted)
    best = min(ready, key=lambda agent: _preference(agent, mission, wanted))
    return Assignment(mission.id, best.id, wanted if reachable < wanted.rank else None)


def _no_agent(role: Role | None) -> str:
    return f"no {role} agent" if role else "no agent"


def _reserved(mission: Mission, candidates: Sequence[Candidate], free: Mapping[int, int]) -> Assignment | str:
    assert mission.reserved_for is not None
    if free.get(mission.reserved_for, 0) > 0:
        return Assignment(mission.id, mission.reserved_for)
    owner = next((agent for agent in candidates if agent.id == mission.reserved_for), None)
    if owner is not None and owner.quota is not None:
        return owner.quota
    if owner is not None and owner.state is AgentState.IDLE and owner.unavailable:
        return f"{owner.name}: {owner.unavailable}"
    if owner is None or owner.state not in ALIVE_STATES:
        return f"waits for {owner.name if owner else f'agent {mission.reserved_for}'} to come back"
    return f"waits for {owner.name}" + (f": {owner.unavailable}" if owner.unavailable else "")


def _preference(agent: Candidate, mission: Mission, wanted: ModelTier) -> tuple[bool, int, bool, float, int, int]:
    fits = ROLE_FIT[mission.type]
    fit = fits.index(agent.role) if agent.role in fits else len(fits)
    return (
        agent.state is not AgentState.IDLE,
        fit,
        agent.model is not wanted,
        -agent.success,
        agent.idle_since,
        agent.id,
    )


def _why_none(able: Sequence[Candidate], wanted: ModelTier) -> str:
    limits = [agent.quota for agent in able if agent.quota is not None]
    if limits and all(agent.quota is not None or _is_spent(agent) for agent in able):
        # The limit ends by itself, the budget does not.
        return min(limits)
    reasons = {agent.unavailable for agent in able if agent.unavailable}
    if all(_is_spent(agent) for agent in able):
        return reasons.pop() if len(reasons) == 1 else f"{BUDGET_WAIT} of these agents"
    if len(able) == 1 and reasons:
        return f"{able[0].name}: {reasons.pop()}"
    return f"next free {wanted} agent" if len({agent.model for agent in able}) > 1 else "next free agent"


def _is_spent(agent: Candidate) -> bool:
    return agent.unavailable is not None and agent.unavailable.startswith(BUDGET_WAIT)


def _spec(mission: Mission) -> MissionSpec:
    return MissionSpec(prompt=mission.prompt, type=mission.type, priority=mission.priority)
