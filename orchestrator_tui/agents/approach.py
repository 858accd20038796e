"""Waits until an agent's pane is free for a mission, and says why it is not."""

import asyncio
from collections.abc import Awaitable, Callable

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.guard import TAKING, WORKS, Wait
from orchestrator_tui.agents.typist import Typist
from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import AgentRecord, Mission

HOLD_S = 5.0
"""How long a mission keeps its claim while its agent's pane is not free; then others may have it."""

LOOK_S = 0.25


class NotFree(NotAllowedNow):
    """The pane did not become free in time; ``wait`` is why."""

    def __init__(self, wait: Wait) -> None:
        super().__init__(wait.reason, field="agent_id")
        self.wait = wait


class Approach:
    """Looks four times a second while a mission waits, and not at all otherwise.

    ``waits`` says of each such mission what it waits for.
    """

    def __init__(self, fleet: Fleet, typist: Typist, hold_s: float = HOLD_S) -> None:
        self._fleet = fleet
        self._typist = typist
        self._hold_s = hold_s
        self.waits: dict[str, str] = {}

    async def run(self, mission: Mission, attempt: Callable[[AgentRecord], Awaitable[Wait | None]]) -> None:
        """Repeats ``attempt``, which returns why it did nothing, until it did or the mission is no longer wanted.

        Raises NotFree after a while, NotAllowedNow when the agent is gone.
        """
        fleet = self._fleet
        assert mission.agent_id is not None
        agent_id, hand = mission.agent_id, fleet.hand(mission.agent_id)
        deadline = fleet.clock.monotonic_ms() + self._hold_s * 1000
        hand.approaching = mission.id
        try:
            while hand.approaching == mission.id and fleet.is_in_hand(mission):
                record = fleet.book.get(agent_id)
                if record.state not in ALIVE_STATES or hand.is_fencing:
                    # It was killed or stopped since the claim: a start now would bring it back to life.
                    raise NotAllowedNow(f"{record.name} is {record.state}.", field="agent_id")
                wait = await attempt(record)
                self._note(agent_id, wait, mission.id)
                if wait is None:
                    return
                if fleet.clock.monotonic_ms() >= deadline:
                    raise NotFree(wait)
                hand.approaching = mission.id
                await asyncio.sleep(LOOK_S)
        finally:
            hand.approaching = None
            if self.waits.pop(mission.id, None) is not None:
                fleet.changed(agent_id)

    def begins(self, mission: Mission) -> bool:
        """From here on something of the mission may reach the agent; False when it is no longer wanted."""
        assert mission.agent_id is not None
        if not self._fleet.is_in_hand(mission):
            return False
        hand = self._fleet.hand(mission.agent_id)
        hand.approaching, hand.is_delivering, hand.underway = None, True, mission.id
        self.waits.pop(mission.id, None)
        self._note(mission.agent_id, None)
        return True

    async def is_free(self, record: AgentRecord) -> bool:
        """Looks whether the agent's pane is free now, and notes why it is not."""
        wait = await self._typist.look(record)
        self._note(record.id, wait)
        return wait is None

    def forget(self, agent_id: int) -> None:
        """Nothing waits for the agent's pane any more: the next mission looks anew."""
        self._note(agent_id, None)

    def _note(self, agent_id: int, wait: Wait | None, mission_id: str | None = None) -> None:
        fleet, hand = self._fleet, self._fleet.hand(agent_id)
        reason = None if wait is None else wait.reason
        if reason is not None and mission_id is not None:
            self.waits[mission_id] = f"waits: {reason}"
        if reason == hand.obstacle:
            return
        hand.obstacle = reason
        if wait is not None and wait not in (TAKING, WORKS):
            # Every line is taken, and every turn runs on after its end was announced, for a moment: nothing to tell of.
            fleet.publish(
                Event(
                    EventType.STATUS,
                    fleet.clock.now_ms(),
                    agent_id=agent_id,
                    mission_id=mission_id,
                    data={"reason": f"takes no mission: {wait.reason}"},
                )
            )
        fleet.changed(agent_id)
