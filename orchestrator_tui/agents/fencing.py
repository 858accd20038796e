"""Stops an agent before its mission may go anywhere else."""

import asyncio
import logging

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.launching import Launcher
from orchestrator_tui.agents.patience import until_stored
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import AgentState

log = logging.getLogger(__name__)

INTERRUPT_TIMEOUT_S = 5.0
_POLL_S = 0.1
_AGAIN_S = 2.0


class Fencer:
    """Interrupts an agent and sees it idle, or ends its process tree and starts it again, uncounted.

    The claim is void from the beginning of the fence, so a late report is refused; the mission is settled at the end.
    """

    def __init__(self, fleet: Fleet, launcher: Launcher, interrupt_timeout_s: float = INTERRUPT_TIMEOUT_S) -> None:
        self._fleet = fleet
        self._launcher = launcher
        self._timeout_s = interrupt_timeout_s
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def fence_mission(self, mission_id: str, code: str) -> None:
        """Takes a claimed mission from its agent for ``timeout`` or ``cancelled``; returns when it is settled."""
        mission = await self._fleet.queue.begin_fence(mission_id, code)
        if mission is not None:
            # Its agent works on another mission and knows nothing of this one.
            agent_id = None if self._fleet.only_waits(mission) else mission.agent_id
            await self.finish(mission.id, agent_id, code)

    def is_fencing(self, mission_id: str) -> bool:
        """Whether the mission's agent is being stopped right now."""
        return mission_id in self._tasks

    async def finish(self, mission_id: str, agent_id: int | None, code: str) -> None:
        """Stops the agent of a mission whose fence has begun, then settles the mission."""
        running = self._tasks.get(mission_id)
        if running is None:
            running = asyncio.create_task(self._finish(mission_id, agent_id, code))
            self._tasks[mission_id] = running
            running.add_done_callback(lambda _: self._tasks.pop(mission_id, None))
        await asyncio.shield(running)

    async def stop_agent(self, agent_id: int, code: str, mission_id: str | None = None) -> None:
        """Makes an agent stop what it does and publishes how."""
        fleet = self._fleet
        record = fleet.book.find(agent_id)
        hand = fleet.hand(agent_id)
        hand.is_fencing = True
        try:
            if record is None or record.state not in ALIVE_STATES or not fleet.manager.is_alive(agent_id):
                how = "was not running"
            elif await self._interrupt(agent_id):
                how = "interrupted"
            else:
                await self._start_again(agent_id, code)
                how = "killed and started again"
            fleet.publish(
                Event(
                    EventType.FENCE,
                    fleet.clock.now_ms(),
                    agent_id=agent_id,
                    mission_id=mission_id,
                    data={"code": code, "reason": how},
                )
            )
        finally:
            hand.is_fencing = False
            fleet.wake.set()

    async def aclose(self) -> None:
        """Stops working; begun fences are durable and finished by the next supervisor."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _finish(self, mission_id: str, agent_id: int | None, code: str) -> None:
        fleet = self._fleet
        # Of a mission that still waits for its pane nothing has reached the agent: an interrupt would only hit what
        # a person has open there.
        if agent_id is not None and fleet.hand(agent_id).approaching != mission_id:
            await self._until_stopped(agent_id, code, mission_id)
        fleet.drop(mission_id)
        try:
            await until_stored(
                lambda: fleet.queue.settle_fence(mission_id, retry_budget=fleet.retry_budget(agent_id)),
                f"the fence of {mission_id}",
            )
        except OrchestratorError as error:
            log.warning("fence of %s: %s", mission_id, error)
        fleet.wake.set()

    async def _until_stopped(self, agent_id: int, code: str, mission_id: str) -> None:
        """Nothing may be settled while the agent may still work, so a stop that went wrong is tried again."""
        is_told = False
        while True:
            try:
                await self.stop_agent(agent_id, code, mission_id)
            except OrchestratorError as error:
                log.warning("agent %s could not be stopped: %s", agent_id, error)
                if not self._fleet.manager.is_alive(agent_id):
                    return
                if not is_told:
                    self._fleet.attention(agent_id, mission_id, f"could not be stopped: {error}")
                    is_told = True
                await asyncio.sleep(_AGAIN_S)
            else:
                return

    async def _interrupt(self, agent_id: int) -> bool:
        fleet = self._fleet
        try:
            await fleet.manager.send_keys(agent_id, *fleet.provider_of(fleet.book.get(agent_id)).interrupt_keys)
        except OrchestratorError:
            return False
        deadline = fleet.clock.monotonic_ms() + self._timeout_s * 1000
        while fleet.clock.monotonic_ms() < deadline:
            record = fleet.book.find(agent_id)
            if record is None or not fleet.manager.is_alive(agent_id):
                return True
            word = fleet.own_word(record)
            if word is not None and word.state is AgentState.IDLE:
                fleet.book.transition(agent_id, AgentState.IDLE, reason="interrupted")
                return True
            if word is None and record.state is AgentState.IDLE:
                return True
            await asyncio.sleep(_POLL_S)
        return False

    async def _start_again(self, agent_id: int, code: str) -> None:
        fleet = self._fleet
        fleet.book.transition(agent_id, AgentState.STARTING, reason=f"stopped for {code}")
        await fleet.manager.respawn(agent_id, self._launcher.again(agent_id, None, code), grace_ms=1_000)
