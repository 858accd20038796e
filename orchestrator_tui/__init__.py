"""Supervises a fleet of Claude CLI agents in tmux; the public names are imported when they are first used."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator_tui.agents.spawner import AgentSpawner as AgentSpawner
    from orchestrator_tui.api import get_agent_spawner as get_agent_spawner
    from orchestrator_tui.api import get_mission_queue as get_mission_queue
    from orchestrator_tui.api import get_pty_manager as get_pty_manager
    from orchestrator_tui.core.config import AgentConfig as AgentConfig
    from orchestrator_tui.core.config import PTYConfig as PTYConfig
    from orchestrator_tui.core.config import WorktreeConfig as WorktreeConfig
    from orchestrator_tui.core.errors import LeaseLost as LeaseLost
    from orchestrator_tui.core.errors import OrchestratorError as OrchestratorError
    from orchestrator_tui.core.errors import PoolIncomplete as PoolIncomplete
    from orchestrator_tui.core.errors import SessionOwned as SessionOwned
    from orchestrator_tui.core.events import Event as Event
    from orchestrator_tui.core.events import EventType as EventType
    from orchestrator_tui.core.models import Agent as Agent
    from orchestrator_tui.core.models import AgentHandle as AgentHandle
    from orchestrator_tui.core.models import HealthStatus as HealthStatus
    from orchestrator_tui.core.models import Mission as Mission
    from orchestrator_tui.core.models import ModelTier as ModelTier
    from orchestrator_tui.core.models import Priority as Priority
    from orchestrator_tui.core.models import Role as Role
    from orchestrator_tui.core.models import Task as Task
    from orchestrator_tui.core.models import TaskType as TaskType
    from orchestrator_tui.core.tiers import select_model as select_model
    from orchestrator_tui.missions.queue import MissionQueue as MissionQueue
    from orchestrator_tui.pty.manager import PTYManager as PTYManager

_HOMES = {
    "AgentSpawner": "agents.spawner",
    "get_agent_spawner": "api",
    "get_mission_queue": "api",
    "get_pty_manager": "api",
    "AgentConfig": "core.config",
    "PTYConfig": "core.config",
    "WorktreeConfig": "core.config",
    "LeaseLost": "core.errors",
    "OrchestratorError": "core.errors",
    "PoolIncomplete": "core.errors",
    "SessionOwned": "core.errors",
    "Event": "core.events",
    "EventType": "core.events",
    "Agent": "core.models",
    "AgentHandle": "core.models",
    "HealthStatus": "core.models",
    "Mission": "core.models",
    "ModelTier": "core.models",
    "Priority": "core.models",
    "Role": "core.models",
    "Task": "core.models",
    "TaskType": "core.models",
    "select_model": "core.tiers",
    "MissionQueue": "missions.queue",
    "PTYManager": "pty.manager",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_HOMES)
