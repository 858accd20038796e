"""Whether an action makes sense now, and if not, why: a pure decision."""

from dataclasses import dataclass
from typing import assert_never

from orchestrator_tui.core.models import AgentState, MissionState, WaitingFor
from orchestrator_tui.core.views import AgentView, MissionView
from orchestrator_tui.ui.actions import When

_DEAD = frozenset({AgentState.FAILED, AgentState.STOPPED, AgentState.CRASHED, AgentState.RESTARTING})
_ANSWERABLE = (WaitingFor.PERMISSION, WaitingFor.QUESTION)
_RETRYABLE = frozenset({MissionState.FAILED, MissionState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Target:
    """What an action would act on: the chosen agent and mission, and whether this terminal can be lent to tmux.

    ``reads_back``: whether the pane is scrolled back. ``can_undo``: whether a kill was done a moment ago. ``in_list``:
    whether the keyboard is in the agents or the missions.
    """

    agent: AgentView | None = None
    mission: MissionView | None = None
    can_attach: bool = True
    reads_back: bool = False
    can_undo: bool = False
    in_list: bool = True


def reason_unavailable(when: When, target: Target) -> str | None:
    """Why an action with this condition cannot run on ``target``, as a sentence; None when it can."""
    match when:
        case When.ALWAYS:
            return None
        case When.AGENT | When.LIVING_AGENT | When.ATTACHABLE | When.PERMISSION | When.SENDABLE | When.WORKTREE:
            return _agent_reason(when, target)
        case When.LENDABLE:
            return _lendable_reason(target)
        case When.SCROLLBACK:
            return None if target.reads_back else "Nothing was searched: 3 goes to the pane, / searches it."
        case When.UNDO:
            return None if target.can_undo else "Nothing was killed in the last 10 s."
        case When.ROW:
            if not target.in_list:
                return "Agents and missions can be marked: 1 and 4 go there."
            return None if target.agent or target.mission else "There is no row to mark."
        case When.MISSION | When.OPEN_MISSION | When.RETRYABLE_MISSION:
            return _mission_reason(when, target.mission)
        case _:
            assert_never(when)


def _agent_reason(when: When, target: Target) -> str | None:
    agent = target.agent
    if agent is None:
        return "No agent is chosen. n starts one."
    if when is When.AGENT:
        return None
    if when is When.WORKTREE:
        return None if agent.branch else f"{agent.name} has no worktree of its own."
    if when is When.ATTACHABLE and not target.can_attach:
        return "This terminal cannot be lent to tmux; the pane stays here."
    if agent.state in _DEAD and (when is not When.ATTACHABLE or agent.pane_id is None):
        return f"{agent.name} is not running. R starts it again."
    if when is When.PERMISSION and (agent.state is not AgentState.WAITING or agent.waiting_for not in _ANSWERABLE):
        return f"{agent.name} asks nothing that can be answered here."
    if when is When.SENDABLE and agent.state not in (AgentState.IDLE, AgentState.BUSY):
        return f"{agent.name} cannot read a line now; enter attaches."
    return None


def _mission_reason(when: When, mission: MissionView | None) -> str | None:
    if mission is None:
        return "Choose a mission first: 4 goes to the missions."
    if when is When.OPEN_MISSION and mission.state.is_ended:
        return f"{mission.id} has ended."
    if when is When.RETRYABLE_MISSION and mission.state not in _RETRYABLE:
        return f"{mission.id} has neither failed nor been cancelled."
    return None


def _lendable_reason(target: Target) -> str | None:
    if target.agent is None:
        return "No agent is chosen. n starts one."
    return None if target.can_attach else "This terminal cannot be lent to another program."
