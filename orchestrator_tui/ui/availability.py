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

    ``reads_back``: whether the pane is scrolled back.
    """

    agent: AgentView | None = None
    mission: MissionView | None = None
    can_attach: bool = True
    reads_back: bool = False


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
        case When.MISSION:
            return None if target.mission is not None else "Choose a mission first: 4 goes to the missions."
        case When.OPEN_MISSION:
            if target.mission is None:
                return "Choose a mission first: 4 goes to the missions."
            return f"{target.mission.id} has ended." if target.mission.state.is_ended else None
        case When.RETRYABLE_MISSION:
            if target.mission is None:
                return "Choose a mission first: 4 goes to the missions."
            if target.mission.state not in _RETRYABLE:
                return f"{target.mission.id} has neither failed nor been cancelled."
            return None
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


def _lendable_reason(target: Target) -> str | None:
    if target.agent is None:
        return "No agent is chosen. n starts one."
    return None if target.can_attach else "This terminal cannot be lent to another program."
