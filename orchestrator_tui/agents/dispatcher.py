"""Claims missions for idle agents whenever something that matters to the placement changed."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress

from orchestrator_tui.agents import guard
from orchestrator_tui.agents.book import is_gone
from orchestrator_tui.agents.delivery import Delivery
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.quota import Quota
from orchestrator_tui.agents.routing import Assignment, Candidate, Placement, candidate
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentRecord, AgentState, ConversationMode, Mission, MissionState
from orchestrator_tui.core.waits import Waits

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 5.0
AFTER_FAILURE_S = 1.0
LOOK_AGAIN_S = 0.5
AT_ONCE = 100


class Dispatcher:
    """Runs one placement at a time; ``waits`` says of ready missions why they have not started."""

    def __init__(self, fleet: Fleet, delivery: Delivery, quota: Quota) -> None:
        self._fleet = fleet
        self._quota = quota
        self._delivery = delivery
        self._lock = asyncio.Lock()
        self.waits = Waits()

    async def run(self) -> None:
        """Places missions until cancelled."""
        fleet = self._fleet
        while True:
            fleet.wake.clear()
            try:
                await self.place_once()
                pause_s = await self._pause_s()
            except OrchestratorError as error:
                # Store or tmux are away for a while; both show it themselves.
                log.warning("nothing could be placed: %s", error)
                pause_s = AFTER_FAILURE_S
            with suppress(TimeoutError):
                await asyncio.wait_for(fleet.wake.wait(), pause_s)

    async def place_once(self) -> None:
        """Claims everything that can start now and begins its delivery."""
        fleet = self._fleet
        async with self._lock:
            await self._look_at_obstacles()
            self._quota.review()
            missions = await self._ready(AT_ONCE)
            # Nobody is looked at for a queue in which nothing can start.
            placement = await self._placement(missions) if missions else None
            self.waits = placement.waits if placement else Waits()
            for assignment in placement.assignments if placement else ():
                await self._assign(assignment)
            for record in fleet.book.records():
                if record.state is AgentState.IDLE and not fleet.hand(record.id).is_fencing:
                    self.deliver_next(record.id)

    async def _candidates(self) -> list[Candidate]:
        records = self._fleet.book.records()
        candidates = [self._candidate(record, {}) for record in records]
        if not any(agent.free for agent in candidates):
            return candidates
        typed_at = await self._fleet.manager.typed_at()
        return [self._candidate(record, typed_at) for record in self._fleet.book.records()]

    async def _placement(self, missions: list[Mission]) -> Placement:
        """Looks further down the queue while somebody is free and what stands in front cannot be placed."""
        placement = Placement(await self._candidates())
        placement.take(missions, self._fleet.mission_waits)
        pending = [one for one in missions if one.state is MissionState.PENDING]
        while len(pending) >= AT_ONCE and (roles := placement.free_roles):
            pending = await self._fleet.queue.pending_behind(pending[-1], roles, placement.waits.kinds, AT_ONCE)
            placement.take(pending, self._fleet.mission_waits)
        return placement

    async def _ready(self, limit: int) -> list[Mission]:
        """What may be claimed; a reservation for an agent that does not come back is given up here."""
        fleet = self._fleet
        missions = await fleet.queue.ready(limit)
        owners = {mission.reserved_for for mission in missions if mission.reserved_for is not None}
        gone = [key for key in owners if (record := fleet.book.find(key)) is None or is_gone(record)]
        for agent_id in gone:
            await fleet.queue.release_reservations(agent_id)
        return await fleet.queue.ready(limit) if gone else missions

    async def _assign(self, assignment: Assignment) -> None:
        fleet = self._fleet
        record = fleet.book.find(assignment.agent_id)
        if record is None:
            return
        if not self._quota.admits(record, assignment.mission_id):
            # Of several that could start at once, one was let through.
            self.waits = self.waits.also({assignment.mission_id: self._quota.why_not(record) or "next free agent"})
            return
        mission = await fleet.queue.claim(assignment.mission_id, assignment.agent_id)
        if mission is None:
            return
        if assignment.wanted_tier is not None:
            fleet.publish(
                Event(
                    EventType.STATUS,
                    fleet.clock.now_ms(),
                    agent_id=record.id,
                    mission_id=mission.id,
                    data={"reason": f"no {assignment.wanted_tier} agent: {record.model} takes it"},
                )
            )
        fleet.hold(mission)
        if len(fleet.hand(record.id).claims) == 1:
            self._delivery.start(mission)

    def deliver_next(self, agent_id: int) -> None:
        """Begins with the next claim that waits at an agent."""
        hand, record = self._fleet.hand(agent_id), self._fleet.book.find(agent_id)
        runs = any(claim.state is MissionState.RUNNING for claim in hand.claims)
        if record is None or runs or hand.is_delivering or hand.approaching is not None:
            return
        waiting = (claim for claim in hand.claims if claim.state is MissionState.ASSIGNED)
        following = next((claim for claim in waiting if self._quota.admits(record, claim.id)), None)
        if following is not None:
            self._delivery.start(following)

    async def _look_at_obstacles(self) -> None:
        """What kept an agent's pane from being used may be over: looked at only while something waits."""
        fleet = self._fleet
        obstructed = [
            record
            for record in fleet.book.records()
            if (hand := fleet.hand(record.id)).obstacle is not None
            and hand.approaching is None
            and not hand.is_delivering
        ]
        is_wanted = bool(obstructed and await self._ready(1))
        for record in obstructed:
            if not is_wanted:
                self._delivery.approach.forget(record.id)
            elif record.state is AgentState.IDLE:
                await self._delivery.approach.is_free(record)

    def _candidate(self, record: AgentRecord, typed_at: Mapping[int, int]) -> Candidate:
        is_typing = guard.is_typing(typed_at.get(record.id), self._fleet.clock.now_ms())
        why = guard.TYPING.reason if is_typing else self._unavailable(record)
        return candidate(record, len(self._fleet.hand(record.id).claims), why, self._quota.why_not(record))

    def _unavailable(self, record: AgentRecord) -> str | None:
        fleet = self._fleet
        hand = fleet.hand(record.id)
        if record.provider not in fleet.providers:
            return f"its provider {record.provider} is not configured"
        if hand.is_fencing:
            return "is being stopped"
        if hand.is_delivering:
            return "takes over a mission"
        if hand.obstacle is not None or hand.approaching is not None:
            return hand.obstacle or "takes over a mission"
        if record.state is AgentState.IDLE and not fleet.manager.is_alive(record.id):
            return "has no living process"
        now = fleet.clock.monotonic_ms()
        if now < hand.unavailable_until:
            return "did not acknowledge its last mission"
        types = not fleet.takes_start_argument(record) and fleet.provider_of(record).lists_prompts
        if types and (hand.knows_prompts_at is None or now < hand.knows_prompts_at):
            # Typed too early, the command is unknown to the program and the mission lost there.
            return "is connecting to the orchestrator"
        used = hand.person_used_at
        keeps = record.config.get("conversation") == ConversationMode.KEEP
        if used is not None and not keeps:
            # An answer may take long: the chat counts as left only when the agent was idle for that time.
            idle_ms = fleet.clock.now_ms() - (record.idle_since or record.state_since)
            if min(now - used, idle_ms) < fleet.settings.person_idle_s * 1000:
                return "a person uses it"
        return fleet.agent_waits(record)

    async def _pause_s(self) -> float:
        fleet = self._fleet
        idle = [record.id for record in fleet.book.records() if record.state is AgentState.IDLE]
        if self.waits != Waits() and any(fleet.hand(agent_id).obstacle for agent_id in idle):
            return LOOK_AGAIN_S
        due = await self._fleet.queue.next_due()
        if due is None:
            return LONGEST_SLEEP_S
        return min(LONGEST_SLEEP_S, max(0.02, (due - self._fleet.clock.now_ms()) / 1000))
