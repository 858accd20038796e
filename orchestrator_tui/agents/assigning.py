"""Missions that a person gives to one agent: checked here, kept by the queue."""

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.lifecycle import GONE_STATES


async def assign(fleet: Fleet, mission_id: str, agent_id: int | None) -> None:
    """Lets only this agent take the mission, in all its attempts, while it lives; None lets every agent again.

    Raises UnknownAgent, UnknownMission, and NotAllowedNow where its role, its state or the mission's forbids it.
    """
    mission = await fleet.queue.get(mission_id)
    reason = "a person lets every agent take it"
    if agent_id is not None:
        record = fleet.book.get(agent_id)
        if record.state in GONE_STATES:
            raise NotAllowedNow(
                f"{record.name} is {record.state}.", remedy="Restart it first (R), or choose another.", field="agent_id"
            )
        if record.held:
            raise NotAllowedNow(
                f"{record.name} is held and takes no mission.", remedy="Release it first (p).", field="agent_id"
            )
        if mission.role not in (None, record.role):
            raise NotAllowedNow(
                f"{mission_id} is for the role {mission.role}; {record.name} is {record.role}.",
                remedy="Choose an agent of that role, or change the mission's role (e).",
                field="agent_id",
            )
        reason = f"a person gave it to {record.name}"
    await fleet.queue.give(mission_id, agent_id)
    now = fleet.clock.now_ms()
    fleet.publish(Event(EventType.STATUS, now, mission_id=mission_id, data={"reason": reason}))
    fleet.wake.set()
