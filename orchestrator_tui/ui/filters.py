"""What agents and missions can be filtered by. Pure."""

from functools import lru_cache

from orchestrator_tui.core.models import AgentState, MissionState, ModelTier, Priority, Role, TaskType
from orchestrator_tui.core.usage import Spent
from orchestrator_tui.core.views import AgentView, MissionView
from orchestrator_tui.ui.filter_language import Language, NumberField, Test, TextField
from orchestrator_tui.ui.format import AGENT_LOOKS, MISSION_LOOKS, agent_look

MEBIBYTE = 2**20


def _cost(spent: Spent) -> float | None:
    return spent.known_cost if spent.tokens else 0.0


def _tags(agent: AgentView) -> list[str]:
    return [word[1:] for word in (agent.note or "").split() if word.startswith("#")]


def _mission_age(mission: MissionView, now_ms: int) -> float:
    return now_ms - (mission.ended_at if mission.ended_at is not None else mission.created_at)


AGENT_FILTER: Language[AgentView] = Language(
    fields={
        "name": TextField(lambda agent: agent.name),
        "role": TextField(lambda agent: agent.role, tuple(Role)),
        "model": TextField(lambda agent: agent.model, tuple(ModelTier)),
        "provider": TextField(lambda agent: agent.provider),
        "state": TextField(
            lambda agent: (agent.state, agent_look(agent).word),
            (*dict.fromkeys([*AgentState, *(look.word for look in AGENT_LOOKS.values()), "held", "no answer"]),),
        ),
        "waits": TextField(lambda agent: agent.waiting_for),
        "branch": TextField(lambda agent: agent.branch),
        "task": TextField(lambda agent: [text for text in (agent.current_task, agent.task_title) if text]),
        "note": TextField(lambda agent: agent.note),
        "tag": TextField(_tags),
        "ctx": NumberField(lambda agent, _: agent.context_percent, "80"),
        "cost": NumberField(lambda agent, _: _cost(agent.spent), "1"),
        "age": NumberField(lambda agent, now_ms: now_ms - agent.state_since, "1h", is_duration=True),
        "restarts": NumberField(lambda agent, _: agent.restarts, "1"),
        "cpu": NumberField(lambda agent, _: agent.cpu_percent, "50"),
        "mem": NumberField(
            lambda agent, _: None if agent.memory_bytes is None else agent.memory_bytes / MEBIBYTE, "500"
        ),
    },
    texts=lambda agent: (
        agent.name,
        agent.role,
        agent.model,
        agent.provider,
        agent_look(agent).word,
        agent.current_task,
        agent.task_title,
        agent.note,
    ),
    help="role:coder state:waiting ctx>80 cost>1 age>1h note:x  words  a | b  !not",
)

MISSION_FILTER: Language[MissionView] = Language(
    fields={
        "id": TextField(lambda mission: mission.id),
        "title": TextField(lambda mission: mission.title),
        "state": TextField(
            lambda mission: (mission.state, MISSION_LOOKS[mission.state].word),
            (*dict.fromkeys([*MissionState, *(look.word for look in MISSION_LOOKS.values())]),),
        ),
        "priority": TextField(lambda mission: mission.priority, tuple(Priority)),
        "type": TextField(lambda mission: mission.type, tuple(TaskType)),
        "role": TextField(lambda mission: mission.role, tuple(Role)),
        "agent": TextField(lambda mission: mission.agent_name),
        "next": TextField(lambda mission: mission.next),
        "error": TextField(lambda mission: mission.error_code),
        "after": TextField(lambda mission: mission.depends_on),
        "age": NumberField(_mission_age, "1h", is_duration=True),
        "tries": NumberField(lambda mission, _: mission.attempts, "1"),
        "cost": NumberField(lambda mission, _: _cost(mission.spent), "1"),
    },
    texts=lambda mission: (
        mission.id,
        mission.title,
        mission.type,
        mission.priority,
        mission.role,
        MISSION_LOOKS[mission.state].word,
        mission.agent_name,
        mission.next,
    ),
    help="state:failed priority:high role:coder agent:x age>1h tries>1  words  a | b  !not",
)


@lru_cache(maxsize=8)
def agent_test(query: str) -> Test[AgentView] | None:
    """What the query asks of an agent, as far as it can be read; None for nothing."""
    return AGENT_FILTER.parse(query, leniently=True)


@lru_cache(maxsize=8)
def mission_test(query: str) -> Test[MissionView] | None:
    """What the query asks of a mission, as far as it can be read; None for nothing."""
    return MISSION_FILTER.parse(query, leniently=True)
