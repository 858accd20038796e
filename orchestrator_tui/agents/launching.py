"""How an agent's program starts: on a new conversation, or on the recorded one with the mission that waits for it."""

from collections.abc import Awaitable, Callable

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.providers.base import Start
from orchestrator_tui.core.models import AgentRecord, AgentState, LaunchSpec, Mission

RESTARTED_BY_LIMIT = "the account's limit had been reached"


class Launcher:
    """Builds launch specifications and keeps the registry in step with them.

    ``expect`` is told of a mission that travels as a start argument, so that its acknowledgement is waited for.
    """

    def __init__(self, fleet: Fleet, expect: Callable[[Mission], None]) -> None:
        self._fleet = fleet
        self._expect = expect
        self.before_relaunch: Callable[[int], Awaitable[None]] | None = None
        self.goes_on_in: Callable[[AgentRecord, str], str | None] = lambda _record, _mission_id: None
        self.may_go_on: Callable[[AgentRecord, str], bool] = lambda _record, _mission_id: True

    def first(self, record: AgentRecord) -> LaunchSpec:
        """The start of a new agent, without a mission."""
        assert record.conversation_id is not None
        return self._launch(record, Start(record.conversation_id))

    def fresh(self, agent_id: int, mission: Mission) -> LaunchSpec:
        """A new conversation that begins with the mission, or the one in which a limit interrupted it."""
        fleet = self._fleet
        record = fleet.book.get(agent_id)
        earlier = self.goes_on_in(record, mission.id)
        record = fleet.book.update(
            agent_id, conversation_id=earlier or fleet.new_id(), generation=record.generation + 1
        )
        assert record.conversation_id is not None
        provider = fleet.provider_of(record)
        resume = earlier is not None and provider.has_transcript(record, fleet.context_of(record))
        text = provider.mission_text(mission, RESTARTED_BY_LIMIT if resume else None)
        return self._launch(record, Start(record.conversation_id, resume=resume, prompt=text))

    def again(self, agent_id: int, mission: Mission | None, reason: str) -> LaunchSpec:
        """The recorded conversation once more; ``mission`` is what it goes on with."""
        fleet = self._fleet
        record = fleet.book.get(agent_id)
        resume = fleet.provider_of(record).has_transcript(record, fleet.context_of(record))
        record = fleet.book.update(
            agent_id,
            conversation_id=record.conversation_id or fleet.new_id(),
            generation=record.generation + 1,
            restarts=record.restarts + 1,
        )
        assert record.conversation_id is not None
        text = None
        if mission is not None:
            text = fleet.provider_of(record).mission_text(mission, reason if resume else None)
        return self._launch(record, Start(record.conversation_id, resume=resume, prompt=text))

    async def relaunch(self, agent_id: int) -> LaunchSpec | None:
        """What a crashed or restarted agent runs next; None for one that is gone on purpose."""
        fleet = self._fleet
        if self.before_relaunch is not None:
            await self.before_relaunch(agent_id)
        record = fleet.book.find(agent_id)
        if record is None or record.state is AgentState.STOPPED:
            return None
        mission = None
        if fleet.takes_start_argument(record):
            mission = await self._claim_reserved(agent_id)
        spec = self.again(agent_id, mission, record.reason or "it ended")
        fleet.book.transition(agent_id, AgentState.STARTING, reason=record.reason)
        if mission is not None:
            self._expect(mission)
        return spec

    async def _claim_reserved(self, agent_id: int) -> Mission | None:
        record = self._fleet.book.get(agent_id)
        for held in await self._fleet.queue.held_by(agent_id):
            if held.reserved_for != agent_id or not self.may_go_on(record, held.id):
                continue
            if mission := await self._fleet.queue.claim(held.id, agent_id):
                self._fleet.hold(mission)
                return mission
        return None

    def _launch(self, record: AgentRecord, start: Start) -> LaunchSpec:
        fleet = self._fleet
        hand = fleet.hand(record.id)
        hand.has_session = False
        hand.knows_prompts_at = None
        context = fleet.context_of(record)
        spec = fleet.provider_of(record).launch(record, context, start)
        return LaunchSpec(spec.argv, spec.env, spec.cwd or context.cwd)
