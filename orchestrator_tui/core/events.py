"""Events: what happened, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EventType(StrEnum):
    """Every kind of event; the names are part of the public contract."""

    SPAWN = "spawn"
    READY = "ready"
    STATUS = "status"
    ATTENTION = "attention"
    PERMISSION = "permission"
    HEALTH = "health"
    CRASH = "crash"
    RESTART = "restart"
    EXIT = "exit"
    KILL = "kill"
    FAILED = "failed"
    ADOPT = "adopt"
    FENCE = "fence"
    QUOTA_OPEN = "quota_open"
    QUOTA_CLOSED = "quota_closed"
    TASK_START = "task_start"
    TASK_COMPLETE = "task_complete"
    TASK_FAIL = "task_fail"
    TASK_RETRY = "task_retry"
    MISSION_ENQUEUED = "mission_enqueued"
    MISSION_ASSIGNED = "mission_assigned"
    MISSION_UNDELIVERED = "mission_undelivered"
    MISSION_BLOCKED = "mission_blocked"
    MISSION_CANCELLED = "mission_cancelled"


@dataclass(frozen=True, slots=True)
class Event:
    """One fact about an agent or a mission at a time (milliseconds since the epoch).

    ``crash`` and ``exit`` carry ``exit_status`` (int or null), ``signal`` (name or null) and ``reason`` in ``data``.
    ``seq`` is given by the event log; 0 before.
    """

    type: EventType
    at: int
    agent_id: int | None = None
    mission_id: str | None = None
    attempt: int | None = None
    data: Mapping[str, object] = field(default_factory=dict[str, object])
    seq: int = 0
