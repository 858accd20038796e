"""The report of a plan run and the shape of one mission in it; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from orchestrator_tui.core.models import Mission, MissionState, ModelTier, Role

_COUNTED = (MissionState.COMPLETED, MissionState.FAILED, MissionState.BLOCKED, MissionState.CANCELLED)


class AgentFacts(Protocol):
    """What a report says of an agent."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def role(self) -> Role:
        """Its role."""
        ...

    @property
    def model(self) -> ModelTier:
        """Its tier."""
        ...


def build_report(
    session: str, duration_ms: int, missions: Iterable[Mission], agents: Mapping[int, AgentFacts]
) -> dict[str, Any]:
    """The report on missions that have settled, in the order given; ``agents`` by id, those that are gone missing.

    Times are milliseconds since the epoch. The four counts sum to the missions once all have settled.
    """
    listed = list(missions)
    counts = Counter(mission.state for mission in listed)
    entries: list[dict[str, Any]] = []
    for mission in listed:
        agent = agents.get(mission.agent_id) if mission.agent_id is not None else None
        entries.append(
            mission_entry(
                mission,
                agent.name if agent else None,
                agent.role if agent else mission.role,
                agent.model if agent else None,
            )
        )
    return {
        "session": session,
        "duration_ms": duration_ms,
        **{state.value: counts[state] for state in _COUNTED},
        "missions": entries,
    }


def mission_entry(
    mission: Mission, agent_name: str | None, role: Role | None, model: ModelTier | None
) -> dict[str, Any]:
    """One mission as reports and ``mission status`` show it; name, role and model are its last agent's."""
    duration = None
    if mission.started_at is not None and mission.ended_at is not None:
        duration = mission.ended_at - mission.started_at
    return {
        "id": mission.id,
        "status": mission.state.value,
        "attempts": mission.attempts,
        "attempt_log": [
            {
                "n": attempt.n,
                "agent_id": attempt.agent_id,
                "code": attempt.code,
                "started_at": attempt.started_at,
                "ended_at": attempt.ended_at,
            }
            for attempt in mission.attempt_log
        ],
        "agent_id": mission.agent_id,
        "agent_name": agent_name,
        "role": None if role is None else role.value,
        "model": None if model is None else model.value,
        "output": mission.output,
        "error_code": mission.error_code,
        "error_message": mission.error_message,
        "blocked_by": list(mission.blocked_by),
        "started_at": mission.started_at,
        "ended_at": mission.ended_at,
        "duration_ms": duration,
        "reported_duration_ms": mission.reported_duration_ms,
        "token_usage": _token_usage(mission),
        "cache_read_tokens": mission.spent.cache_read,
        "cache_write_tokens": mission.spent.cache_write,
        "cost_usd": mission.spent.known_cost,
    }


def _token_usage(mission: Mission) -> dict[str, int]:
    """What was measured; what the agent reported only where nothing was."""
    measured, reported = mission.spent, mission.token_usage
    if measured.tokens:
        return {"input": measured.input, "output": measured.output}
    return {"input": reported.input, "output": reported.output}
