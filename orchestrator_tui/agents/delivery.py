"""Brings a claimed mission to its agent and waits for the agent's own acknowledgement."""

import asyncio
from collections.abc import Awaitable, Callable

from orchestrator_tui.agents.approach import Approach, NotFree
from orchestrator_tui.agents.background import Background
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.fresh_start import start_fresh
from orchestrator_tui.agents.guard import Wait
from orchestrator_tui.agents.launching import Launcher
from orchestrator_tui.agents.patience import until_stored
from orchestrator_tui.agents.start_turns import StartTurns
from orchestrator_tui.agents.typist import Typist
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission, MissionState

ACKNOWLEDGE_TIMEOUT_S = 20.0
EXPECTED_S = 1.0
"""After a typed line the acknowledgement is expected within this; then the input box is read again."""

ATTENTION_AFTER = 3
PAUSE_MS = 2_000

_STARTS_UP = (AgentState.STARTING, AgentState.WAITING)


class Delivery:
    """One delivery at a time to each agent; at most one fresh start at a time in the session.

    A delivery begins when the agent's pane is free, and ends as acknowledged (the mission runs) or undelivered (it is
    pending again and used no attempt).
    """

    def __init__(self, fleet: Fleet, timeout_s: float = ACKNOWLEDGE_TIMEOUT_S) -> None:
        self._fleet = fleet
        self._timeout_s = timeout_s
        self._waiters: dict[str, asyncio.Future[None]] = {}
        self._starts = StartTurns()
        self._background = Background()
        self.launcher = Launcher(fleet, self.expect)
        self.typist = Typist(fleet)
        self.approach = Approach(fleet, self.typist)
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
        hand.own_line = None
        self._fleet.book.transition(mission.agent_id, AgentState.BUSY)
        self._fleet.was_spoken(mission.agent_id)
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
            try:
                await self.approach.run(mission, lambda record: self._attempt(record, mission))
            except NotFree as error:
                await self._not_free(agent_id, error.wait)
            except OrchestratorError as error:
                await self._undelivered(mission, str(error))
            finally:
                hand.is_delivering = False
                fleet.wake.set()

    async def _attempt(self, record: AgentRecord, mission: Mission) -> Wait | None:
        """Delivers the mission if the agent's pane is free; why it is not, or None when that was all."""
        fleet = self._fleet
        provider = fleet.provider_of(record)
        if fleet.takes_start_argument(record):
            return await self._start_fresh(record, mission)
        if await self._is_held_back(record, mission):
            return None
        if provider.screen is not None and self.by_screen is not None:
            wait = await self.typist.look(record)
            if wait is None and self.approach.begins(mission):
                await self.by_screen(record, mission)
                await self._conclude(mission)
            return wait
        line = provider.typed_prompt(mission.id)
        wait = await self.typist.type(record, line, lambda: self.approach.begins(mission))
        if wait is None:
            await self._conclude(mission, line)
        else:
            fleet.hand(record.id).is_delivering = False
        return wait

    async def _start_fresh(self, record: AgentRecord, mission: Mission) -> Wait | None:
        fleet = self._fleet
        wait = await self.typist.look(record)
        if wait is not None:
            return wait
        async with self._starts.turn(lambda: self._waits_for_person(record.id)):
            # Others may have started meanwhile, one after the other, and met their account's limit.
            if await self._is_held_back(record, mission):
                return None
            wait = await self.typist.look(fleet.book.get(record.id))
            if wait is None and self.approach.begins(mission):
                await start_fresh(fleet, self.launcher, record.id, mission)
                await self._conclude(mission)
            return wait

    async def _is_held_back(self, record: AgentRecord, mission: Mission) -> bool:
        return self.held_back is not None and await self.held_back(record, mission)

    async def _conclude(self, mission: Mission, line: str | None = None) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[mission.id] = waiter
        try:
            if not self._fleet.is_in_hand(mission):
                return
            await self._await_acknowledgement(mission, waiter, line)
        except TimeoutError:
            # The hook that acknowledges may have been lost: the transcript is the second witness.
            if self.has_arrived(mission):
                await self.acknowledge(mission.id, mission.nonce or "")
            else:
                await self._take_back(mission, line)
                await self._undelivered(mission, f"no acknowledgement within {self._timeout_s:.0f} s")
        except asyncio.CancelledError:
            # The waiter is cancelled when the agent died; the task itself only when we close.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
        finally:
            self._waiters.pop(mission.id, None)
            if line is not None:
                assert mission.agent_id is not None
                self.typist.gives_up(mission.agent_id, line)

    async def _await_acknowledgement(self, mission: Mission, waiter: "asyncio.Future[None]", line: str | None) -> None:
        fleet = self._fleet
        assert mission.agent_id is not None
        if line is not None:
            done, _ = await asyncio.wait({waiter}, timeout=min(EXPECTED_S, self._timeout_s))
            if not done:
                # The program may have swallowed the Enter (seen with bursts of keys).
                await self.typist.press_again(fleet.book.get(mission.agent_id), line)
        starts_up = self._starts_up(mission.agent_id)
        while True:
            try:
                await asyncio.wait_for(asyncio.shield(waiter), self._timeout_s)
            except TimeoutError:
                did_start_up, starts_up = starts_up, self._starts_up(mission.agent_id)
                # A start-up dialog holds the prompt back and runs it once answered: taking the mission away would
                # run it twice. One that was answered late in this wait has the whole time from then on.
                if not (did_start_up or starts_up):
                    raise
            else:
                return

    def _starts_up(self, agent_id: int) -> bool:
        """Whether a program that has its mission as start argument did not report its session yet."""
        record = self._fleet.book.get(agent_id)
        is_up = record.state not in _STARTS_UP or self._fleet.hand(agent_id).has_session
        return self._fleet.takes_start_argument(record) and not is_up

    def _waits_for_person(self, agent_id: int) -> bool:
        record = self._fleet.book.find(agent_id)
        return record is None or record.state is AgentState.WAITING

    async def _take_back(self, mission: Mission, line: str | None) -> None:
        """Leaves no line of ours in the box, where it would spoil the next one."""
        assert mission.agent_id is not None
        record = self._fleet.book.find(mission.agent_id)
        if line is not None and record is not None:
            await self.typist.clear(record, line)

    async def _not_free(self, agent_id: int, wait: Wait) -> None:
        """Gives back everything that waits for the agent's pane; a person in the way is no failure of delivery."""
        fleet = self._fleet
        for mission in [held for held in fleet.hand(agent_id).claims if held.state is MissionState.ASSIGNED]:
            await self._give_back(mission, wait.reason, counts=not wait.by_person)
        if not wait.by_person:
            fleet.attention(agent_id, None, f"takes no mission: {wait.reason}")

    async def _give_back(self, mission: Mission, reason: str, *, counts: bool) -> Mission | None:
        nonce = mission.nonce
        assert nonce is not None
        returned = await until_stored(
            lambda: self._fleet.queue.undelivered(mission.id, nonce, reason, counts=counts),
            f"the delivery of {mission.id}",
        )
        if returned is not None:
            self._fleet.drop(mission.id)
        return returned

    async def _undelivered(self, mission: Mission, reason: str) -> None:
        fleet = self._fleet
        assert mission.agent_id is not None
        returned = await self._give_back(mission, reason, counts=True)
        if returned is None:
            return
        pause_ms = PAUSE_MS * returned.undelivered
        fleet.hand(mission.agent_id).unavailable_until = fleet.clock.monotonic_ms() + pause_ms
        fleet.wake_in(pause_ms)
        if returned.undelivered >= ATTENTION_AFTER:
            fleet.attention(mission.agent_id, mission.id, f"not delivered {returned.undelivered} times: {reason}")
        fleet.wake.set()
