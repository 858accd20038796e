"""Which agent gets which mission: a pure decision over what is ready and who is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator_tui.core.budget import BUDGET_WAIT
from orchestrator_tui.core.lifecycle import ALIVE_STATES, GONE_STATES
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission, MissionSpec, ModelTier, Role, TaskType
from orchestrator_tui.core.tiers import select_model

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


@dataclass(frozen=True, slots=True)
class Placement:
    """What can start now, and for every other mission why not yet."""

    assignments: tuple[Assignment, ...] = ()
    waits: Mapping[str, str] = field(default_factory=dict[str, str])


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


def place(missions: Sequence[Mission], candidates: Sequence[Candidate]) -> Placement:
    """Assigns ready missions, in the order given, to agents that are free; what waits never blocks what follows."""
    free = {agent.id: agent.free for agent in candidates}
    assignments: list[Assignment] = []
    waits: dict[str, str] = {}
    for mission in missions:
        chosen = _choose(mission, candidates, free)
        if isinstance(chosen, str):
            waits[mission.id] = chosen
        else:
            free[chosen.agent_id] -= 1
            assignments.append(chosen)
    return Placement(tuple(assignments), waits)


def _choose(mission: Mission, candidates: Sequence[Candidate], free: Mapping[int, int]) -> Assignment | str:
    if mission.reserved_for is not None:
        return _reserved(mission, candidates, free)
    living = [agent for agent in candidates if agent.state not in GONE_STATES]
    fitting = [agent for agent in living if mission.role in (None, agent.role)]
    if not fitting:
        return f"no {mission.role} agent" if mission.role and living else "no agent"
    wanted = select_model(_spec(mission))
    reachable = max(agent.model.rank for agent in fitting)
    floor = min(wanted.rank, reachable)
    able = [agent for agent in fitting if agent.model.rank >= floor]
    ready = [agent for agent in able if free[agent.id] > 0]
    if not ready:
        return _why_none(able, wanted)
    best = min(ready, key=lambda agent: _preference(agent, mission, wanted))
    return Assignment(mission.id, best.id, wanted if reachable < wanted.rank else None)


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
