"""What follows from an agent's hooks: its state, acknowledgements, reminders."""

import logging
from collections.abc import Callable, Mapping

from orchestrator_tui.agents.delivery import Delivery
from orchestrator_tui.agents.dispatcher import Dispatcher
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.hook_meaning import HookReading, Meaning, read_hook
from orchestrator_tui.agents.limits import Limits
from orchestrator_tui.agents.mission_text import compose, compose_reminder
from orchestrator_tui.agents.permissions import Permissions
from orchestrator_tui.agents.settling import Settling
from orchestrator_tui.agents.words import failure_of
from orchestrator_tui.core.errors import Forbidden, LeaseLost
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission, MissionState

log = logging.getLogger(__name__)

PROMPT_DELAY_MS = 250

_WITHDRAWN: Mapping[str, object] = {"decision": "block", "reason": "This delivery was withdrawn by the orchestrator."}
_NOTHING: Mapping[str, object] = {}
_NOT_A_PERSON = ("<task-notification>",)


class Turns:
    """Applies hooks of the recorded conversation; those of an older one are ignored.

    ``prompted`` is told of each prompt that an agent's program took.
    """

    def __init__(
        self,
        fleet: Fleet,
        delivery: Delivery,
        settling: Settling,
        dispatcher: Dispatcher,
        permissions: Permissions,
        limits: Limits,
    ) -> None:
        self._fleet = fleet
        self._delivery = delivery
        self._settling = settling
        self._dispatcher = dispatcher
        self.permissions = permissions
        self.heard: Callable[[AgentRecord, HookReading, str], None] = lambda _record, _reading, _name: None
        self.prompted: Callable[[int, str], None] = lambda _agent_id, _prompt: None
        self.limits = limits

    async def hook(self, agent_id: int, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Takes one hook and returns the reply that the program acts upon."""
        fleet = self._fleet
        record = fleet.book.find(agent_id)
        if record is None:
            return _NOTHING
        fleet.manager.note_activity(agent_id, fleet.clock.now_ms())
        return await self.take(record, read_hook(payload), payload)

    async def take(
        self, record: AgentRecord, reading: HookReading, payload: Mapping[str, object] | None = None
    ) -> Mapping[str, object]:
        """Applies what a hook, or a look at the screen, says; returns the reply that the program acts upon.

        ``payload`` is the hook's own; a look at the screen has none.
        """
        fleet, agent_id = self._fleet, record.id
        if reading.meaning is Meaning.SESSION:
            if reading.detail == "compact":
                # The program shortened its memory in the middle of a turn, which goes on.
                return _NOTHING
            self._session_began(record, reading)
            return _NOTHING
        if reading.conversation_id is not None and reading.conversation_id != record.conversation_id:
            return _NOTHING
        self.heard(record, reading, str((payload or {}).get("hook_event_name", "")))
        match reading.meaning:
            case Meaning.PROMPT:
                return await self._prompt(record, reading)
            case Meaning.ASKS:
                return await self._asks(record, reading, payload or {})
            case Meaning.WORKS:
                self.limits.answered(record)
                if not self.permissions.settle(agent_id, payload):
                    fleet.book.transition(agent_id, AgentState.BUSY)
            case Meaning.TURN_ENDED:
                return await self._turn_ended(record, reading)
            case Meaning.TURN_FAILED:
                await self._turn_failed(record, reading)
            case _:
                pass
        return _NOTHING

    def prompts_listed(self, agent_id: int) -> None:
        """The program asked for our prompts; it accepts the typed command a moment later (0.25 s, measured)."""
        fleet = self._fleet
        fleet.hand(agent_id).knows_prompts_at = fleet.clock.monotonic_ms() + PROMPT_DELAY_MS
        fleet.wake_in(PROMPT_DELAY_MS)

    async def mission_text(self, agent_id: int, mission_id: str) -> str:
        """The text of a mission for the agent that was given it: that request is the acknowledgement.

        Raises Forbidden for another agent's mission, LeaseLost for a delivery that is over or already fetched.
        """
        mission = await self._fleet.queue.get(mission_id)
        if mission.agent_id != agent_id:
            raise Forbidden(f"Mission {mission_id} is not yours.", remedy="Wait for your own mission.")
        if mission.state is not MissionState.ASSIGNED or not mission.nonce or mission.fence:
            raise LeaseLost(
                f"lease_lost: this delivery of {mission_id} is over ({mission.state}).", remedy="Do nothing."
            )
        text = compose(mission)
        if await self._delivery.acknowledge(mission_id, mission.nonce) is None:
            raise LeaseLost(f"lease_lost: this delivery of {mission_id} is over.", remedy="Do nothing.")
        return text

    async def turn_was_interrupted(self, agent_id: int, reason: str = "the turn was interrupted in the pane") -> None:
        """The program went idle without a hook (Esc in the pane): what it ran brought no report."""
        running = self._running(agent_id)
        if running is not None and not await self.limits.interrupted(agent_id, running):
            await self._settling.turn_failed(running, "no_report", f"Its turn ended without a report: {reason}.")
        self._became_idle(agent_id, reason)

    def _session_began(self, record: AgentRecord, reading: HookReading) -> None:
        fleet = self._fleet
        hand = fleet.hand(record.id)
        if reading.conversation_id and reading.conversation_id != record.conversation_id:
            if hand.is_delivering:
                # The old program's last word, arriving after the new conversation was recorded.
                return
            fleet.book.update(record.id, conversation_id=reading.conversation_id, has_transcript=False)
        hand.has_session = True
        self.heard(record, reading, "" if reading.detail == "screen" else f"SessionStart, {reading.detail}")
        first = record.state in (AgentState.STARTING, AgentState.WAITING)
        brings_mission = any(
            mission.state is MissionState.ASSIGNED and mission.id == hand.underway for mission in hand.claims
        )
        if brings_mission and fleet.takes_start_argument(record):
            fleet.book.transition(record.id, AgentState.STARTING)
        else:
            self._became_idle(record.id)
        if first:
            fleet.publish(
                Event(EventType.READY, fleet.clock.now_ms(), agent_id=record.id, data={"source": reading.detail})
            )

    async def _asks(
        self, record: AgentRecord, reading: HookReading, payload: Mapping[str, object]
    ) -> Mapping[str, object]:
        if payload.get("hook_event_name") != "PermissionRequest":
            # A reminder of what is open: it says less than the request did.
            if record.state is not AgentState.WAITING:
                self._fleet.book.transition(
                    record.id, AgentState.WAITING, reason=reading.detail, waiting_for=reading.waiting_for
                )
            return _NOTHING
        ruled = self.permissions.by_rule(record, payload)
        if ruled is not None:
            return ruled
        self._fleet.book.transition(
            record.id, AgentState.WAITING, reason=reading.detail, waiting_for=reading.waiting_for
        )
        return await self.permissions.hold(record, payload)

    async def _prompt(self, record: AgentRecord, reading: HookReading) -> Mapping[str, object]:
        fleet = self._fleet
        self.prompted(record.id, reading.prompt)
        if reading.delivery is not None:
            mission_id, nonce = reading.delivery
            if await self._delivery.acknowledge(mission_id, nonce) is None:
                fleet.publish(
                    Event(
                        EventType.STATUS,
                        fleet.clock.now_ms(),
                        agent_id=record.id,
                        mission_id=mission_id,
                        data={"reason": "a withdrawn delivery was stopped at the agent"},
                    )
                )
                return _WITHDRAWN
            return _NOTHING
        if reading.fetches is None and not reading.prompt.startswith(_NOT_A_PERSON):
            fleet.person_used(record.id)
        fleet.book.transition(record.id, AgentState.BUSY)
        return _NOTHING

    async def _turn_failed(self, record: AgentRecord, reading: HookReading) -> None:
        running, error, message = self._running(record.id), reading.detail, reading.last_message
        if not await self.limits.took(record, error, message, running) and running is not None:
            await self._settling.turn_failed(running, f"api_{error}", message or error)
        self._after_failure(record, reading)

    async def _turn_ended(self, record: AgentRecord, reading: HookReading) -> Mapping[str, object]:
        fleet = self._fleet
        if reading.works_on:
            return _NOTHING
        self.limits.answered(record)
        running = self._running(record.id)
        if running is not None:
            hand = fleet.hand(record.id)
            if not hand.is_reminded and not reading.was_reminded:
                hand.is_reminded = True
                self.heard(record, HookReading(Meaning.WORKS), "Stop, told to report")
                return {"decision": "block", "reason": compose_reminder(running)}
            message = reading.last_message or "The turn ended without a report."
            await self._settling.turn_failed(running, "no_report", message)
        self._became_idle(record.id)
        return _NOTHING

    def _running(self, agent_id: int) -> Mission | None:
        claims = self._fleet.hand(agent_id).claims
        return next((mission for mission in claims if mission.state is MissionState.RUNNING), None)

    def _after_failure(self, record: AgentRecord, reading: HookReading) -> None:
        if reading.waiting_for is None:
            self._became_idle(record.id)
            return
        self.permissions.settle(record.id)
        self._fleet.book.transition(
            record.id, AgentState.WAITING, reason=failure_of(reading), waiting_for=reading.waiting_for
        )

    def _became_idle(self, agent_id: int, reason: str | None = None) -> None:
        fleet = self._fleet
        self.permissions.settle(agent_id)
        if fleet.book.transition(agent_id, AgentState.IDLE, reason=reason) and not fleet.hand(agent_id).is_fencing:
            self._dispatcher.deliver_next(agent_id)
        fleet.wake.set()
