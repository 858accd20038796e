"""Which state may follow which: tables, and the questions asked of them."""

from orchestrator_tui.core.models import AgentState as A
from orchestrator_tui.core.models import MissionState as M

AGENT_TRANSITIONS: dict[A, frozenset[A]] = {
    A.STARTING: frozenset({A.IDLE, A.BUSY, A.WAITING, A.CRASHED, A.STOPPED, A.FAILED, A.STARTING}),
    A.IDLE: frozenset({A.BUSY, A.WAITING, A.CRASHED, A.STOPPED, A.STARTING}),
    A.BUSY: frozenset({A.IDLE, A.WAITING, A.CRASHED, A.STOPPED, A.STARTING}),
    A.WAITING: frozenset({A.IDLE, A.BUSY, A.CRASHED, A.STOPPED, A.STARTING}),
    A.CRASHED: frozenset({A.RESTARTING, A.FAILED, A.STOPPED, A.STARTING}),
    A.RESTARTING: frozenset({A.STARTING, A.FAILED, A.STOPPED, A.CRASHED}),
    A.FAILED: frozenset({A.STARTING, A.STOPPED}),
    A.STOPPED: frozenset({A.STARTING}),
}

MISSION_TRANSITIONS: dict[M, frozenset[M]] = {
    M.BLOCKED: frozenset({M.PENDING, M.CANCELLED}),
    M.PENDING: frozenset({M.ASSIGNED, M.RUNNING, M.BLOCKED, M.CANCELLED}),
    M.ASSIGNED: frozenset({M.RUNNING, M.PENDING, M.RETRYING, M.FAILED, M.CANCELLED}),
    M.RUNNING: frozenset({M.COMPLETED, M.FAILED, M.RETRYING, M.CANCELLED, M.PENDING}),
    M.RETRYING: frozenset({M.PENDING, M.ASSIGNED, M.RUNNING, M.CANCELLED, M.BLOCKED}),
    M.COMPLETED: frozenset(),
    M.FAILED: frozenset({M.PENDING, M.BLOCKED}),
    M.CANCELLED: frozenset({M.PENDING, M.BLOCKED}),
}


def agent_may_become(current: A, following: A) -> bool:
    """Whether an agent in ``current`` may become ``following``; staying the same is always allowed."""
    return current == following or following in AGENT_TRANSITIONS[current]


def mission_may_become(current: M, following: M) -> bool:
    """Whether a mission in ``current`` may become ``following``."""
    return following in MISSION_TRANSITIONS[current]


ALIVE_STATES = frozenset({A.STARTING, A.IDLE, A.BUSY, A.WAITING})
"""States in which the agent's program runs."""

GONE_STATES = frozenset({A.FAILED, A.STOPPED})
"""States that only a person leaves."""

ACTIVE_STATES = frozenset({A.BUSY, A.WAITING})
"""States that ``agent status`` counts as active."""
