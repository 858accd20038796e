"""How an agent's program starts: on a new conversation, or on the recorded one with the mission that waits for it."""

from collections.abc import Awaitable, Callable

from orchestrator_tui.agents.book import config_of
from orchestrator_tui.agents.continuing import Continuation, Situation, Way, continue_from
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.providers.base import Start
from orchestrator_tui.agents.refusals import Refusals
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentRecord, AgentState, IsolationMode, LaunchSpec, Mission

RESTARTED_BY_LIMIT = "the account's limit had been reached"


class Launcher:
    """Builds launch specifications and keeps the registry in step with them.

    ``expect`` is told of a mission that travels as a start argument, so that its acknowledgement is waited for;
    ``isolate`` gives an agent the worktree that it should have.
    """

    def __init__(self, fleet: Fleet, expect: Callable[[Mission], None]) -> None:
        self._fleet = fleet
        self._expect = expect
        self.refusals = Refusals(fleet)
        self.before_relaunch: Callable[[int], Awaitable[None]] | None = None
        self.isolate: Callable[[AgentRecord], Awaitable[AgentRecord]] | None = None
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
        if earlier is not None:
            # The mission was running in it, so something was said.
            record = fleet.book.update(agent_id, conversation_id=earlier, has_transcript=True)
            return self._go_on(record, mission, RESTARTED_BY_LIMIT)
        text = fleet.provider_of(record).mission_text(mission)
        start = Start(fleet.new_id(), prompt=text)
        return self._launch(record, start, mission, has_transcript=False, generation=record.generation + 1)

    def again(self, agent_id: int, mission: Mission | None, reason: str) -> LaunchSpec:
        """The recorded conversation once more, as far as it can go on; ``mission`` is what it goes on with."""
        record = self._fleet.book.get(agent_id)
        return self._go_on(record, mission, reason, restarts=record.restarts + 1)

    async def relaunch(self, agent_id: int) -> LaunchSpec | None:
        """What a crashed or restarted agent runs next; None for one that is gone on purpose."""
        fleet = self._fleet
        if self.before_relaunch is not None:
            await self.before_relaunch(agent_id)
        record = fleet.book.find(agent_id)
        if record is None or record.state is AgentState.STOPPED:
            return None
        self.refusals.check(agent_id)
        if self.isolate is not None:
            record = await self.isolate(record)
        mission = None
        if fleet.takes_start_argument(record):
            mission = await self._claim_reserved(agent_id)
        spec = self.again(agent_id, mission, record.reason or "it ended")
        fleet.book.transition(agent_id, AgentState.STARTING, reason=record.reason)
        if mission is not None:
            self._expect(mission)
        return spec

    def _go_on(self, record: AgentRecord, mission: Mission | None, reason: str, **changes: int) -> LaunchSpec:
        fleet = self._fleet
        plan = self._continuation(record)
        old = record.conversation_id or fleet.new_id()
        remembers = plan.way in (Way.RESUME, Way.FORK)
        text = None
        if mission is not None:
            text = fleet.provider_of(record).mission_text(mission, reason if remembers else None)
        start = Start(
            old if plan.way in (Way.RESUME, Way.BEGIN) else fleet.new_id(),
            resume=plan.way is Way.RESUME,
            prompt=text,
            fork_of=old if plan.way is Way.FORK else None,
        )
        changes = {"generation": record.generation + 1, **changes}
        spec = self._launch(record, start, mission, has_transcript=remembers, **changes)
        if plan.why is not None:
            self._tell(record.id, mission, plan.why, old)
        return spec

    def _continuation(self, record: AgentRecord) -> Continuation:
        fleet = self._fleet
        provider, context = fleet.provider_of(record), fleet.context_of(record)
        if provider.conversations is None:
            return Continuation(Way.BEGIN)
        handle = fleet.manager.handle(record.id)
        return continue_from(
            Situation(
                has_transcript=provider.has_transcript(record, context),
                was_spoken=record.has_transcript,
                refusal=self.refusals.take(record.id),
                holder=provider.conversations.holder(record, context, but=handle.pid if handle is not None else None),
            )
        )

    def _tell(self, agent_id: int, mission: Mission | None, why: str, conversation_id: str) -> None:
        self._fleet.publish(
            Event(
                EventType.STATUS,
                self._fleet.clock.now_ms(),
                agent_id=agent_id,
                mission_id=mission.id if mission is not None else None,
                data={"reason": why, "conversation_id": conversation_id},
            )
        )

    async def _claim_reserved(self, agent_id: int) -> Mission | None:
        record = self._fleet.book.get(agent_id)
        for held in await self._fleet.queue.held_by(agent_id):
            if held.reserved_for != agent_id or self._fleet.mission_waits(held) is not None:
                continue
            began_here = bool(held.attempt_log) and held.attempt_log[-1].agent_id == agent_id
            if not began_here and self.goes_on_in(record, held.id) is None:
                # Given to it by a person, and new to its conversation: it starts as every mission does.
                continue
            if not self.may_go_on(record, held.id):
                continue
            if (mission := await self._fleet.queue.claim(held.id, agent_id)) is not None:
                self._fleet.hold(mission)
                return mission
        return None

    def _launch(
        self, record: AgentRecord, start: Start, mission: Mission | None = None, **changes: int | bool
    ) -> LaunchSpec:
        """``changes`` and the conversation are recorded once everything that the start needs is there."""
        fleet = self._fleet
        if record.worktree is None and config_of(record).isolation_mode is IsolationMode.WORKTREE:
            # It would work in the folder that it shares with everybody.
            raise CannotRun(f"{record.name} has no worktree.", remedy="Restart it; that makes one.")
        fleet.agent_files(record.id)
        context = fleet.context_of(record)
        try:
            spec = fleet.provider_of(record).launch(record, context, start)
        except OSError as error:
            raise CannotRun(
                f"The files of {record.name} cannot be written: {error.strerror or error}.",
                remedy=f"Make room and rights for {context.files}.",
            ) from error
        if changes:
            fleet.book.update(record.id, conversation_id=start.conversation_id, **changes)
        hand = fleet.hand(record.id)
        hand.has_session = False
        hand.underway = mission.id if mission is not None else None
        hand.knows_prompts_at = None
        hand.own_line = None
        return LaunchSpec(spec.argv, spec.env, spec.cwd or context.cwd)
