"""The exact shapes of the answers; pure functions of what the backend says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from orchestrator_tui.core.events import Event
from orchestrator_tui.core.lifecycle import ACTIVE_STATES
from orchestrator_tui.core.models import AgentState, HealthStatus, Mission, QueueStats
from orchestrator_tui.core.usage import Spent
from orchestrator_tui.core.verdict import Verdict
from orchestrator_tui.core.views import AgentView
from orchestrator_tui.core.waits import Waits
from orchestrator_tui.missions.report import mission_entry

Shape = dict[str, Any]


def agent_entry(agent: AgentView) -> Shape:
    """One agent; ``success_rate`` is ``"n/a"`` before the first task."""
    total = agent.tasks_completed + agent.tasks_failed
    return {
        "id": agent.id,
        "name": agent.name,
        "role": agent.role.value,
        "model": agent.model.value,
        "status": agent.state.value,
        "current_task": agent.current_task,
        "tasks_completed": agent.tasks_completed,
        "tasks_failed": agent.tasks_failed,
        "success_rate": f"{100 * agent.tasks_completed / total:.1f}%" if total else "n/a",
        "pid": agent.pid,
        "pane_id": agent.pane_id,
        "waiting_for": agent.waiting_for.value if agent.waiting_for else None,
        "tokens": _tokens(agent.spent),
        "cost_usd": agent.spent.known_cost,
        "context_percent": agent.context_percent,
    }


def _tokens(spent: Spent) -> Shape:
    return {
        "input": spent.input,
        "output": spent.output,
        "cache_read": spent.cache_read,
        "cache_write": spent.cache_write,
    }


def agent_status(
    agents: Iterable[AgentView],
    only: Sequence[AgentView] | None = None,
    reasons: Mapping[int, Verdict] = MappingProxyType({}),
) -> Shape:
    """All agents but stopped ones, with counts by role and model; ``only`` lists these instead.

    An agent with a verdict in ``reasons`` shows it as ``why``.
    """
    shown = [agent for agent in agents if agent.state is not AgentState.STOPPED]
    listed = shown if only is None else only
    return {
        "total_agents": len(shown),
        "active_agents": sum(agent.state in ACTIVE_STATES for agent in shown),
        "agents": [agent_entry(agent) | _why(reasons.get(agent.id)) for agent in listed],
        "by_role": _counts(agent.role.value for agent in shown),
        "by_model": _counts(agent.model.value for agent in shown),
    }


def _counts(values: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts


def _why(verdict: Verdict | None) -> Shape:
    return {} if verdict is None else {"why": dict(verdict.as_dict())}


def health_entry(agent_id: int, health: HealthStatus) -> Shape:
    """One check of one agent."""
    return {"agent_id": agent_id, **asdict(health)}


def mission_status(stats: QueueStats, missions: Sequence[Mission], agents: Iterable[AgentView], waits: Waits) -> Shape:
    """Counts by state and the missions, in the order given."""
    by_id = {agent.id: agent for agent in agents}
    lines = [mission_line(mission, by_id, waits.of(mission)) for mission in missions]
    return {"stats": asdict(stats), "missions": lines}


def mission_line(mission: Mission, agents: Mapping[int, AgentView], waits: str | None) -> Shape:
    """One mission with the fields of a plan's report, and what tells it apart in a list.

    ``role`` and ``model`` are its agent's; before it has one, ``role`` is what the mission asks for. ``waits`` says
    why it has not started, null for one that runs, ended, or waits for other missions.
    """
    agent = agents.get(mission.agent_id) if mission.agent_id is not None else None
    name, role, model = (agent.name, agent.role, agent.model) if agent else (None, mission.role, None)
    return {
        **mission_entry(mission, name, role, model),
        "title": mission.title,
        "priority": mission.priority.value,
        "type": mission.type.value,
        "depends_on": list(mission.depends_on),
        "blocked_reason": mission.blocked_reason.value if mission.blocked_reason else None,
        "waits": waits,
    }


def event_list(events: Iterable[Event]) -> Shape:
    """Events as the event log writes them."""
    return {
        "events": [
            {
                "seq": event.seq,
                "at": event.at,
                "type": event.type.value,
                "agent_id": event.agent_id,
                "mission_id": event.mission_id,
                "attempt": event.attempt,
                "data": dict(event.data),
            }
            for event in events
        ]
    }


def _object(properties: Mapping[str, Shape]) -> Shape:
    # The actions of a tool answer differently, so nothing is required: the root only has to be an object.
    return {"type": "object", "properties": dict(properties)}


_OBJECT: Shape = {"type": "object"}
_OBJECTS: Shape = {"type": "array", "items": {"type": "object"}}
# Clients that know one ``type`` a schema drop a list of types.
_INTEGER_OR_NULL: Shape = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
_NUMBER_OR_NULL: Shape = {"anyOf": [{"type": "number"}, {"type": "null"}]}

AGENT_OUTPUT = _object(
    {
        "agent": {**_OBJECT, "description": "spawn, kill, restart: the agent."},
        "agents": {**_OBJECTS, "description": "status, spawn_pool: agents. health_all: checks."},
        "total_agents": {"type": "integer", "description": "status: agents that are not stopped."},
        "active_agents": {"type": "integer", "description": "status: agents that work or wait for a person."},
        "by_role": {**_OBJECT, "description": "status: agents by role."},
        "by_model": {**_OBJECT, "description": "status: agents by model."},
        "agent_id": {"type": "integer", "description": "health: the agent."},
        "alive": {"type": "boolean", "description": "health: its process runs."},
        "responsive": {"type": "boolean", "description": "health: it answers."},
        "last_heartbeat": {**_INTEGER_OR_NULL, "description": "health: milliseconds since the epoch."},
        "memory_usage": {**_INTEGER_OR_NULL, "description": "health: bytes."},
        "cpu_usage": {**_NUMBER_OR_NULL, "description": "health: percent of one core."},
        "idle_time_ms": {**_INTEGER_OR_NULL, "description": "health: time since it last did something."},
    }
)
MISSION_OUTPUT = _object(
    {
        "mission_id": {"type": "string", "description": "distribute, complete, fail: the mission."},
        "status": {"type": "string", "description": "distribute, complete, fail: its state now."},
        "assigned_to": {**_INTEGER_OR_NULL, "description": "distribute: the agent, or null while it waits."},
        "stats": {**_OBJECT, "description": "status: missions by state."},
        "missions": {**_OBJECTS, "description": "status: open missions first, then the newest ended."},
    }
)
