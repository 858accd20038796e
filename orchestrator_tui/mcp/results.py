"""The exact shapes of the answers; pure functions of what the backend says."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from orchestrator_tui.core.events import Event
from orchestrator_tui.core.lifecycle import ACTIVE_STATES
from orchestrator_tui.core.models import AgentState, HealthStatus, Mission, MissionState, QueueStats
from orchestrator_tui.core.views import AgentView
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
    }


def agent_status(agents: Iterable[AgentView]) -> Shape:
    """All agents but stopped ones, with counts by role and model."""
    shown = [agent for agent in agents if agent.state is not AgentState.STOPPED]
    return {
        "total_agents": len(shown),
        "active_agents": sum(agent.state in ACTIVE_STATES for agent in shown),
        "agents": [agent_entry(agent) for agent in shown],
        "by_role": dict(Counter(agent.role.value for agent in shown)),
        "by_model": dict(Counter(agent.model.value for agent in shown)),
    }


def health_entry(agent_id: int, health: HealthStatus) -> Shape:
    """One check of one agent."""
    return {"agent_id": agent_id, **asdict(health)}


def mission_status(
    stats: QueueStats, missions: Sequence[Mission], agents: Iterable[AgentView], waits: Mapping[str, str]
) -> Shape:
    """Counts by state and the missions, in the order given; ``waits`` says why a ready one has not started."""
    by_id = {agent.id: agent for agent in agents}
    return {"stats": asdict(stats), "missions": [mission_line(mission, by_id, waits) for mission in missions]}


def mission_line(mission: Mission, agents: Mapping[int, AgentView], waits: Mapping[str, str]) -> Shape:
    """One mission with the fields of a plan's report, and what tells it apart in a list.

    ``role`` and ``model`` are its agent's; before it has one, ``role`` is what the mission asks for.
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
        "waits_for": waits.get(mission.id) if mission.state is MissionState.PENDING else None,
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
        "last_heartbeat": {"type": ["integer", "null"], "description": "health: milliseconds since the epoch."},
        "memory_usage": {"type": ["integer", "null"], "description": "health: bytes."},
        "cpu_usage": {"type": ["number", "null"], "description": "health: percent of one core."},
        "idle_time_ms": {"type": ["integer", "null"], "description": "health: time since it last did something."},
    }
)
MISSION_OUTPUT = _object(
    {
        "mission_id": {"type": "string", "description": "distribute, complete, fail: the mission."},
        "status": {"type": "string", "description": "distribute, complete, fail: its state now."},
        "assigned_to": {"type": ["integer", "null"], "description": "distribute: the agent, or null while it waits."},
        "stats": {**_OBJECT, "description": "status: missions by state."},
        "missions": {**_OBJECTS, "description": "status: open missions first, then the newest ended."},
    }
)
