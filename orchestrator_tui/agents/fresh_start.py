"""Replaces an agent's program by one that begins with a mission, or leaves the old one as it was."""

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.launching import Launcher
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.models import AgentState, Mission


async def start_fresh(fleet: Fleet, launcher: Launcher, agent_id: int, mission: Mission) -> None:
    """Returns when the new program runs; its acknowledgement comes later.

    Raises OrchestratorError when it does not start; an old program that then lives on is idle in its own conversation.
    """
    before, old = fleet.book.get(agent_id), fleet.manager.handle(agent_id)
    spec = launcher.fresh(agent_id, mission)
    fleet.book.transition(agent_id, AgentState.STARTING, reason=f"starts {mission.id}")
    try:
        await fleet.manager.respawn(agent_id, spec)
    except OrchestratorError as error:
        if old is not None and fleet.manager.handle(agent_id) == old:
            fleet.book.update(agent_id, conversation_id=before.conversation_id, has_transcript=before.has_transcript)
            hand = fleet.hand(agent_id)
            hand.has_session, hand.underway = True, None
            fleet.book.transition(agent_id, AgentState.IDLE, reason=str(error))
        raise
