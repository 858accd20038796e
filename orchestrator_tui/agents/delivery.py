"""Brings a claimed mission to its agent and waits for the agent's own acknowledgement."""

import asyncio
from collections.abc import Awaitable, Callable

from orchestrator_tui.agents.background import Background
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.launching import Launcher
from orchestrator_tui.agents.patience import until_stored
from orchestrator_tui.core.errors import NotAllowedNow, OrchestratorError
from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission, MissionState, WaitingFor

ACKNOWLEDGE_TIMEOUT_S = 20.0
ATTENTION_AFTER = 3
PAUSE_MS = 2_000


class Delivery:
    """One delivery at a time to each agent; at most one fresh start at a time in the session.

    A delivery ends as acknowledged (the mission runs) or undelivered (it is pending again and used no attempt).
    """

    def __init__(self, fleet: Fleet, timeout_s: float = ACKNOWLEDGE_TIMEOUT_S) -> None:
        self._fleet = fleet
        self._timeout_s = timeout_s
        self._waiters: dict[str, asyncio.Future[None]] = {}
        self._start_lock = asyncio.Lock()
        self._background = Background()
        self.launcher = Launcher(fleet, self.expect)
        # A claim that ended otherwise, as by a cancel, is not waited for: others could not start meanwhile.
        fleet.dropped = self._withdrawn
        self.held_back: Callable[[AgentRecord, Mission], Awaitable[bool]] | None = None
        self.by_screen: Callable[[AgentRecord, Mission], Awaitable[None]] | None = None

    def start(self, mission: Mission) -> None:
        """Delivers in the background."""
        self._background.start(self._deliver(mission), f"delivery of {mission.id}")

    def expect(self, mission: Mission) -> None:
        """Waits in the background for the acknowledgement of a mission that is already on its way."""
        self._background.start(self._conclude(mission), f"delivery of {mission.id}")

    async def acknowledge(self, mission_id: str, nonce: str) -> Mission | None:
        """The agent has the text: the mission runs. None when this delivery is no longer current."""
        mission = await self._fleet.queue.acknowledge(mission_id, nonce)
        if mission is None:
            return None
        self._fleet.hold(mission)
        assert mission.agent_id is not None
        hand = self._fleet.hand(mission.agent_id)
        hand.is_reminded = False
        hand.person_used_at = None
        self._fleet.book.transition(mission.agent_id, AgentState.BUSY)
        waiter = self._waiters.get(mission_id)
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        return mission

    def has_arrived(self, mission: Mission) -> bool:
        """Whether the transcript of the mission's agent holds this delivery."""
        fleet = self._fleet
        record = fleet.book.find(mission.agent_id) if mission.agent_id is not None else None
        if record is None or mission.nonce is None:
            return False
        return fleet.provider_of(record).was_delivered(record, fleet.context_of(record), mission.nonce)

    def abort(self, agent_id: int) -> None:
        """The agent died: its deliveries end without touching the queue, which the caller settles."""
        for mission in self._fleet.hand(agent_id).claims:
            self._withdrawn(mission.id)

    async def aclose(self) -> None:
        """Stops waiting; assigned missions stay assigned for the next supervisor to decide."""
        await self._background.aclose()

    def _withdrawn(self, mission_id: str) -> None:
        waiter = self._waiters.get(mission_id)
        if waiter is not None and not waiter.done():
            waiter.cancel()

    async def _deliver(self, mission: Mission) -> None:
        fleet = self._fleet
        assert mission.agent_id is not None
        agent_id = mission.agent_id
        hand = fleet.hand(agent_id)
        async with hand.launching:
            if not self._is_current(mission):
                return
            hand.is_delivering = True
            try:
                record = fleet.book.get(agent_id)
                if record.state not in ALIVE_STATES or hand.is_fencing:
                    # It was killed or stopped since the claim: a start now would bring it back to life.
                    raise NotAllowedNow(f"{record.name} is {record.state}.", field="agent_id")
                if fleet.takes_start_argument(record):
                    async with self._start_lock:
                        # Its turn may come long after the claim, when others started first.
                        if not self._is_current(mission) or await self._is_held_back(record, mission):
                            return
                        fleet.book.transition(agent_id, AgentState.STARTING, reason=f"starts {mission.id}")
                        await fleet.manager.respawn(agent_id, self.launcher.fresh(agent_id, mission))
                        await self._conclude(mission)
                elif not await self._is_held_back(record, mission):
                    await self.type_mission(record, mission)
                    await self._conclude(mission)
            except OrchestratorError as error:
                await self._undelivered(mission, str(error))
            finally:
                hand.is_delivering = False
                fleet.wake.set()

    async def _is_held_back(self, record: AgentRecord, mission: Mission) -> bool:
        return self.held_back is not None and await self.held_back(record, mission)

    async def type_mission(self, record: AgentRecord, mission: Mission) -> None:
        """Types what makes a running program do the mission."""
        provider = self._fleet.provider_of(record)
        if provider.screen is not None and self.by_screen is not None:
            await self.by_screen(record, mission)
        else:
            await self._fleet.manager.type_line(record.id, provider.typed_prompt(mission.id))

    async def _conclude(self, mission: Mission) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[mission.id] = waiter
        try:
            if not self._is_current(mission):
                return
            await self._await_acknowledgement(mission, waiter)
        except TimeoutError:
            # The hook that acknowledges may have been lost: the transcript is the second witness.
            if self.has_arrived(mission):
                await self.acknowledge(mission.id, mission.nonce or "")
            else:
                await self._undelivered(mission, f"no acknowledgement within {self._timeout_s:.0f} s")
        except asyncio.CancelledError:
            # The waiter is cancelled when the agent died; the task itself only when we close.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
        finally:
            self._waiters.pop(mission.id, None)

    async def _await_acknowledgement(self, mission: Mission, waiter: "asyncio.Future[None]") -> None:
        fleet = self._fleet
        assert mission.agent_id is not None
        try:
            await asyncio.wait_for(asyncio.shield(waiter), self._timeout_s)
        except TimeoutError:
            record = fleet.book.get(mission.agent_id)
            starts_up = record.state is AgentState.STARTING and not fleet.hand(mission.agent_id).has_session
            if not (fleet.takes_start_argument(record) and starts_up):
                raise
            # A start-up dialog holds the prompt back and runs it once answered: taking the mission away would
            # run it twice.
            fleet.book.transition(
                mission.agent_id,
                AgentState.WAITING,
                reason="a start-up dialog is open in the pane",
                waiting_for=WaitingFor.TRUST,
            )
            await waiter

    def _is_current(self, mission: Mission) -> bool:
        assert mission.agent_id is not None
        return any(
            held.id == mission.id and held.nonce == mission.nonce and held.state is MissionState.ASSIGNED
            for held in self._fleet.hand(mission.agent_id).claims
        )

    async def _undelivered(self, mission: Mission, reason: str) -> None:
        fleet = self._fleet
        assert mission.nonce is not None
        assert mission.agent_id is not None
        nonce = mission.nonce
        returned = await until_stored(
            lambda: fleet.queue.undelivered(mission.id, nonce, reason), f"the delivery of {mission.id}"
        )
        if returned is None:
            return
        fleet.drop(mission.id)
        pause_ms = PAUSE_MS * returned.undelivered
        fleet.hand(mission.agent_id).unavailable_until = fleet.clock.monotonic_ms() + pause_ms
        fleet.wake_in(pause_ms)
        if returned.undelivered >= ATTENTION_AFTER:
            fleet.attention(mission.agent_id, mission.id, f"not delivered {returned.undelivered} times: {reason}")
        fleet.wake.set()
