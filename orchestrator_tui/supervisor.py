"""The supervisor: commands in, snapshot and events out; screens, scripts and the endpoint all speak to it."""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from orchestrator_tui.agents.activity_keeper import ActivityKeeper
from orchestrator_tui.agents.adoption import Adoption
from orchestrator_tui.agents.assigning import assign
from orchestrator_tui.agents.background import Background
from orchestrator_tui.agents.budgeting import Budgeting
from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.agents.deaths import Deaths
from orchestrator_tui.agents.delivery import Delivery
from orchestrator_tui.agents.dispatcher import Dispatcher
from orchestrator_tui.agents.fencing import Fencer
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.history import History
from orchestrator_tui.agents.inbox_store import InboxStore
from orchestrator_tui.agents.isolation import Isolation
from orchestrator_tui.agents.limits import Limits
from orchestrator_tui.agents.merge_watch import MergeWatch
from orchestrator_tui.agents.monitor import Monitor
from orchestrator_tui.agents.notifying import Notifier
from orchestrator_tui.agents.observer import Observer
from orchestrator_tui.agents.permissions import Permissions, permission_item
from orchestrator_tui.agents.quota import Quota
from orchestrator_tui.agents.rule_book import RuleBook
from orchestrator_tui.agents.screen_turns import ScreenTurns
from orchestrator_tui.agents.sending import Sender
from orchestrator_tui.agents.settling import Settling
from orchestrator_tui.agents.spawner import AgentSpawner
from orchestrator_tui.agents.telemetry import read_logs
from orchestrator_tui.agents.transcript_reader import TranscriptReader
from orchestrator_tui.agents.turns import Turns
from orchestrator_tui.agents.undoing import Undoing
from orchestrator_tui.agents.updates import LiveFeed, Updates
from orchestrator_tui.agents.usage import UsageIntake
from orchestrator_tui.agents.usage_report import usage_answer
from orchestrator_tui.agents.work import AgentsWork
from orchestrator_tui.agents.worktree import WorktreeManager
from orchestrator_tui.core.activity import Activity
from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.errors import Forbidden, NotAllowedNow, OrchestratorError, PoolIncomplete, UsageError
from orchestrator_tui.core.event_filter import EventFilter
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.history import CommandView, EventPage
from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import (
    AgentState,
    HealthStatus,
    Mission,
    MissionSpec,
    MissionState,
    QueueStats,
    Role,
    TokenUsage,
)
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction, decide
from orchestrator_tui.core.plans import PlanImported, PlanPreview
from orchestrator_tui.core.questions import Choice
from orchestrator_tui.core.verdict import Verdict
from orchestrator_tui.core.views import (
    AgentView,
    KillPreview,
    MissionChanges,
    PaneFrame,
    QuotaView,
    SpawnRequest,
    Stroke,
)
from orchestrator_tui.core.waits import Waits
from orchestrator_tui.core.work import ReviewComment, WorktreeDiff
from orchestrator_tui.missions.changes import Resumed
from orchestrator_tui.missions.event_log import EventLog
from orchestrator_tui.missions.plan_import import PlanImport

log = logging.getLogger(__name__)

RESTART_LOOK_S = 1.0
KEPT_EVENTS = 500
SETTLED_WITHIN_S = 3.0
SESSION_ENDED = "the session has ended, its agents are stopped; q leaves"
_BEGUN_OR_ENDED = frozenset({EventType.TASK_START, EventType.TASK_FAIL, EventType.MISSION_CANCELLED})


class Supervisor:
    """Owns the parts and their tasks; satisfies ``SupervisorClient`` for screens and ``Backend`` for the endpoint."""

    def __init__(
        self, fleet: Fleet, event_log: EventLog, worktrees: WorktreeManager, rules: RuleBook, inbox_store: InboxStore
    ) -> None:
        self.fleet = fleet
        self.spawning_roles: Collection[Role] = fleet.settings.spawning_roles
        self._event_log = event_log
        self._history = History(fleet, event_log)
        self.in_git_repo = False
        self._events: deque[Event] = deque(event_log.tail(KEPT_EVENTS), maxlen=KEPT_EVENTS)
        # Before anything can happen: agents report as soon as the endpoint listens, which is before ``start``.
        self._pane_events, self._mission_events = fleet.manager.watch_all(), fleet.queue.watch()
        self._background = Background(self._report_failure)
        self.delivery = Delivery(fleet)
        self.quota = Quota(fleet)
        self.dispatcher = Dispatcher(fleet, self.delivery, self.quota)
        self.fencer = Fencer(fleet, self.delivery.launcher)
        self.settling = Settling(fleet, self.delivery, self.fencer)
        self._inbox_store = inbox_store
        self.permissions = Permissions(fleet, rules, inbox_store)
        self.merge_watch = MergeWatch(fleet)
        self.notifier = Notifier(fleet, self.inbox, inbox_store)
        limits = Limits(fleet, self.quota, self.settling, self.delivery.launcher, self._background)
        self.turns = Turns(fleet, self.delivery, self.settling, self.dispatcher, self.permissions, limits)
        self._isolation = Isolation(fleet, worktrees)
        self.spawner = AgentSpawner(fleet, self.delivery.launcher, self.settling, self.dispatcher, self._isolation)
        self.undoing = Undoing(fleet, self.spawner, self._isolation, self._background)
        self._deaths = Deaths(fleet, self.settling, self.delivery.launcher.refusals)
        self._adoption = Adoption(fleet, self.delivery.launcher, self.delivery, self.settling, self.fencer)
        self.updates = Updates(fleet, self.waits)
        self.updates.waiting = self.permissions.items
        self.observer = Observer(
            fleet, self._background, self.permissions.asks, self.permissions.settle, self.turns.turn_was_interrupted
        )
        self.turns.heard = self.observer.heard
        self._activity = ActivityKeeper(fleet, event_log)
        self.usage_intake = UsageIntake(fleet, self._activity.spent)
        self.budgeting = Budgeting(fleet)
        self.usage_intake.counted = self.budgeting.look
        self.permissions.sources.extend(
            [
                self.budgeting.items,
                lambda _: self.merge_watch.items(),
                lambda _: self.observer.problems(),
                lambda _: self.quota.items(),
            ]
        )
        fleet.mission_waits, fleet.agent_waits = self.budgeting.why_mission_waits, self.budgeting.why_agent_waits
        self.transcripts = TranscriptReader(fleet, self.usage_intake)
        self.monitor = Monitor(
            fleet, self.fencer, self.turns, self.updates, self._background, self.observer, self._activity
        )
        self.monitor.day_budget = lambda: self.budgeting.limits().day
        self.monitor.quota_light = self.quota.light
        fleet.manager.on_transport_change = self.monitor.measure_machine
        self._connect_quota(limits)
        self.screen_turns = ScreenTurns(fleet, self.turns, self.delivery, self.settling)
        self.sender = Sender(fleet, self.delivery.typist)
        self.work = AgentsWork(fleet, self.sender.send, self.updates.is_watched)
        self.plans = PlanImport(fleet.cwd, fleet.queue.known, self.resume_missions)
        self._connect_parts()
        self.release_requested = asyncio.Event()
        self.may_be_released = False

    # -- life ------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Adopts what is there, once the book is loaded, and begins to supervise. Raises TmuxUnavailable."""
        marks = await self.usage_intake.load()
        self.budgeting.is_known(await self.fleet.queue.list_missions())
        self._background.start(self._forward_panes(self._pane_events), "pane events")
        self._background.start(self._forward_missions(self._mission_events), "mission events")
        await self._adoption.run()
        self._background.start(self.transcripts.run(marks), "transcripts")
        self.permissions.restore()
        self._background.start(self._activity.load(), "activity")
        self._background.start(self.dispatcher.run(), "dispatcher")
        self._background.start(self.monitor.run(), "monitor")
        self._background.start(self.updates.run(), "updates")
        self._background.start(self.notifier.run(), "notifications")
        self._background.start(self.merge_watch.run(), "merge conflicts")
        self._background.start(self._inbox_store.run(), "inbox store")
        self._background.start(self.screen_turns.run(), "screens")
        self._background.start(self.work.watch.run(), "worktrees")

    async def aclose(self) -> None:
        """Lets go: agents live on. Panes and queue are closed by whoever opened them."""
        await self._background.aclose()
        await self.undoing.aclose()
        await self._adoption.aclose()
        await self.fencer.aclose()
        await self.delivery.aclose()
        self.updates.close()
        with suppress(OrchestratorError):
            await self.monitor.store_spent_time()
        with suppress(OrchestratorError):
            await self.transcripts.look()
        await self.fleet.book.flush()
        await self._inbox_store.flush()
        await self._event_log.aclose()

    def restart_when_idle(self) -> None:
        """The endpoint's address changed: every agent is started again on its conversation once it is idle."""
        stale = {record.id for record in self.fleet.book.records() if record.state in ALIVE_STATES}
        if stale:
            self.fleet.attention(None, None, "the endpoint's port was taken: agents restart on the new one when idle")
            self._background.start(self._restart_idle(stale), "restart on the new port")

    async def stop_agents(self) -> None:
        """Ends every agent, then our tmux server."""
        living = [record.id for record in self.fleet.book.records() if record.state is not AgentState.STOPPED]
        results = await asyncio.gather(*(self.spawner.kill(agent_id) for agent_id in living), return_exceptions=True)
        for agent_id, result in zip(living, results, strict=True):
            if isinstance(result, BaseException):
                log.error("agent %s could not be stopped", agent_id, exc_info=result)
        await self.fleet.manager.stop_server()
        self.updates.last_word(SESSION_ENDED)

    # -- what screens see ------------------------------------------------------------------------------------------

    async def open_feed(self) -> LiveFeed:
        """A snapshot and every later update."""
        self.monitor.measure_machine()
        self.work.watch.want_all()
        return await self.updates.open(
            self.fleet.session, tuple(self._events), self.fleet.default_provider, self.in_git_repo
        )

    def agents(self) -> Sequence[AgentView]:
        """Every agent as a row, stopped ones included."""
        return self.updates.agent_rows()

    async def pane_frame(self, agent_id: int) -> PaneFrame | None:
        """An agent's screen now."""
        return await self.fleet.manager.capture(agent_id)

    async def pane_history(self, agent_id: int, limit: int) -> tuple[bytes, ...]:
        """An agent's screen and what scrolled out of it."""
        return await self.fleet.manager.history(agent_id, limit)

    async def type_strokes(self, agent_id: int, strokes: Sequence[Stroke]) -> None:
        """Types what a person pressed."""
        self._person_types(agent_id)
        await self.fleet.manager.type_strokes(agent_id, strokes)

    async def paste(self, agent_id: int, text: str) -> None:
        """Pastes what a person copied."""
        self._person_types(agent_id)
        await self.fleet.manager.paste(agent_id, text)

    async def fit_pane(self, agent_id: int, size: tuple[int, int] | None) -> None:
        """Gives the agent's window the size of where a person types."""
        await self.fleet.manager.fit(agent_id, size)

    async def activity(self) -> Activity:
        """What every agent did and used during the last hour."""
        return self._activity.activity()

    def recent_events(self, limit: int) -> Sequence[Event]:
        """The newest events, oldest first."""
        return list(self._events)[-limit:]

    async def older_events(self, before: int | None, limit: int, wanted: EventFilter) -> EventPage:
        """A page of the event log."""
        return await self._history.older_events(before, limit, wanted)

    async def commands(self, after: int, polls: bool) -> Sequence[CommandView]:
        """The tmux and git commands that were run."""
        return self._history.commands(after, polls=polls)

    async def attach_argv(self, agent_id: int) -> tuple[str, ...]:
        """What shows the agent full screen."""
        self.fleet.book.get(agent_id)
        return self.fleet.manager.attach_argv(agent_id)

    # -- agents ----------------------------------------------------------------------------------------------------

    async def spawn(self, request: SpawnRequest) -> Sequence[AgentView]:
        """Starts agents and queues the first mission, if there is one."""
        spec = request.first_mission
        try:
            agents = await self.spawner.spawn_pool(request.count, request.config)
        except PoolIncomplete:
            if spec is not None:
                await self.add_mission(spec)
            raise
        if spec is not None:
            await self.add_mission(spec)
        wanted = {agent.id for agent in agents}
        return [view for view in self.agents() if view.id in wanted]

    async def kill_preview(self, agent_id: int) -> KillPreview:
        """What a kill would lose."""
        record = self.fleet.book.get(agent_id)
        losses = [
            f"{mission.id} is {mission.state}: {mission.title}; another agent tries it again"
            for mission in self.fleet.hand(agent_id).claims
        ]
        losses.extend(await self._isolation.losses(agent_id))
        return KillPreview(record.name, tuple(losses))

    async def kill(self, agent_id: int, signal: str = "SIGTERM") -> None:
        """Ends an agent on purpose."""
        await self.undoing.kill(agent_id, signal)

    async def undo_kill(self, agent_id: int) -> Sequence[str]:
        """Brings a killed agent back."""
        return await self.undoing.undo(agent_id)

    async def restart(self, agent_id: int) -> None:
        """Starts an agent anew."""
        await self.spawner.restart(agent_id)

    async def remove(self, agent_id: int) -> None:
        """Forgets an agent that is stopped or failed."""
        await self.spawner.remove(agent_id)

    async def rename(self, agent_id: int, name: str) -> None:
        """Renames an agent."""
        await self.spawner.rename(agent_id, name)

    async def note(self, agent_id: int, text: str) -> None:
        """Keeps a person's note on an agent."""
        await self.spawner.note(agent_id, text)

    async def hold(self, agent_id: int, held: bool) -> None:
        """Holds or releases an agent."""
        await self.spawner.hold(agent_id, held)

    async def send(self, agent_id: int, text: str) -> None:
        """Types one line; refused with the reason while that could harm what a person has open in the pane."""
        await self.sender.send(agent_id, text)

    async def look_at_work(self, agent_id: int) -> None:
        """Has an agent's row say soon where its worktree stands."""
        self.work.watch.want(agent_id)

    async def diff(self, agent_id: int) -> WorktreeDiff:
        """What an agent's worktree has and its base has not."""
        return await self.work.diff(agent_id)

    async def send_review(self, agent_id: int, comments: Sequence[ReviewComment]) -> str | None:
        """Sends what a person says of an agent's changes."""
        return await self.work.send_review(agent_id, comments)

    async def approve(self, agent_id: int, allow: bool) -> None:
        """Answers an agent's oldest permission request."""
        record = self.fleet.book.get(agent_id)
        item = permission_item(await self.inbox(), agent_id)
        if item is None:
            raise NotAllowedNow(f"{record.name} does not wait for a permission.", field="agent_id")
        await self.permissions.answer(item, allow)

    async def inbox(self) -> Sequence[AttentionItem]:
        """Everything that waits for a person, oldest first."""
        return self.permissions.items(await self.fleet.queue.list_missions())

    async def answer(self, item_id: str, allow: bool, message: str = "") -> None:
        """Allows or denies one item of the inbox."""
        await self.permissions.answer(await self._waiting_item(item_id), allow, message)

    async def choose(self, item_id: str, choices: Sequence[Choice]) -> None:
        """Answers the questions of one item of the inbox."""
        await self.permissions.choose(await self._waiting_item(item_id), choices)

    async def allow_always(self, item_id: str, rule: PermissionRule) -> None:
        """Keeps an allow rule in the user's file, then allows the request that it was made from."""
        item = await self._waiting_item(item_id)
        if rule.action is not RuleAction.ALLOW or decide([rule], item.tool or "", item.tool_input) is None:
            raise UsageError(
                f"The rule {rule} does not allow this request.",
                remedy="Use the tool's name and a pattern that its command fits; * stands for any text but operators.",
                field="pattern",
            )
        await self.permissions.rules.save(rule)
        await self.permissions.answer(item, True)

    def rules_file(self) -> str | None:
        """Where ``allow_always`` keeps rules."""
        path = self.permissions.rules.path
        return None if path is None else str(path)

    async def _waiting_item(self, item_id: str) -> AttentionItem:
        items = await self.inbox()
        item = next((item for item in items if item.id == item_id), None)
        if item is None:
            waiting = ", ".join(item.id for item in items) or "nothing"
            raise NotAllowedNow(f"{item_id} does not wait any more.", remedy=f"Waiting now: {waiting}.", field="id")
        return item

    async def why(self, agent_id: int) -> Verdict:
        """What an agent does and why that is believed, after a look at every source."""
        return await self.observer.why(agent_id)

    async def health(self, agent_id: int) -> HealthStatus:
        """One check of one agent."""
        return await self.monitor.health(agent_id)

    async def health_all(self) -> Mapping[int, HealthStatus]:
        """One check of all agents."""
        return await self.monitor.health_all()

    # -- missions --------------------------------------------------------------------------------------------------

    async def add_mission(self, spec: MissionSpec) -> str:
        """Queues a mission."""
        ids = await self.add_missions([spec])
        return ids[0]

    async def add_missions(self, specs: Sequence[MissionSpec]) -> list[str]:
        """Queues missions in one transaction."""
        ids = await self.fleet.queue.enqueue_many(specs)
        self.fleet.wake.set()
        return ids

    async def resume_missions(self, specs: Sequence[MissionSpec]) -> Resumed:
        """Queues a plan's missions, and again those that an earlier run of it gave up, in one transaction."""
        resumed = await self.fleet.queue.resume_many(specs)
        self.fleet.wake.set()
        return resumed

    async def plan_files(self, typed: str) -> Sequence[str]:
        """What a begun path can go on as."""
        return await self.plans.files(typed)

    async def preview_plan(self, path: str) -> PlanPreview:
        """What importing a plan file would do."""
        return await self.plans.preview(path)

    async def import_plan(self, path: str, digest: str) -> PlanImported:
        """Queues the missions of a plan file that was shown."""
        return await self.plans.take(path, digest)

    async def place_now(self, mission_id: str) -> int | None:
        """Places what can start; the agent that holds the mission afterwards."""
        return await self.spawner.place_now(mission_id)

    async def mission(self, mission_id: str) -> Mission:
        """One mission."""
        return await self.fleet.queue.get(mission_id)

    async def missions(self, limit: int) -> Sequence[Mission]:
        """Open missions first, then the newest ended."""
        return await self.fleet.queue.list_missions(limit)

    def waits(self) -> Waits:
        """Why missions that could start, or are on their way to an agent, have not started."""
        return self.dispatcher.waits.also(self.delivery.approach.waits)

    async def stats(self) -> QueueStats:
        """Counts by state."""
        return await self.fleet.queue.get_stats()

    async def update_mission(self, mission_id: str, changes: MissionChanges) -> None:
        """Edits an open mission."""
        updated = await self.fleet.queue.update(
            mission_id,
            prompt=changes.prompt,
            context=changes.context,
            priority=changes.priority,
            timeout_ms=changes.timeout_ms,
            max_retries=changes.max_retries,
            role=changes.role,
        )
        if updated.agent_id is not None and any(
            held.id == mission_id and held.lease == updated.lease for held in self.fleet.hand(updated.agent_id).claims
        ):
            # What is in hand runs on the new limits from now on.
            self.fleet.hold(updated)
        self.fleet.wake.set()

    async def cancel_mission(self, mission_id: str) -> None:
        """Cancels a mission; the agent of a claimed one is stopped first."""
        mission = await self.fleet.queue.get(mission_id)
        if mission.state not in (MissionState.ASSIGNED, MissionState.RUNNING):
            try:
                await self.fleet.queue.cancel(mission_id, supervised=True)
            except NotAllowedNow:
                # It was claimed in between, or has ended; only the former is for the fence.
                mission = await self.fleet.queue.get(mission_id)
                if mission.state not in (MissionState.ASSIGNED, MissionState.RUNNING):
                    raise
        await self.fencer.fence_mission(mission_id, "cancelled")
        self.fleet.wake.set()

    async def retry_mission(self, mission_id: str) -> None:
        """Queues a failed or cancelled mission again."""
        await self.fleet.queue.retry(mission_id)
        self.fleet.wake.set()

    async def assign_mission(self, mission_id: str, agent_id: int | None) -> None:
        """Keeps a mission for one agent."""
        await assign(self.fleet, mission_id, agent_id)

    async def add_dependency(self, mission_id: str, on: str) -> None:
        """Adds a dependency to a mission that has not started."""
        await self.fleet.queue.add_dependency(mission_id, on)
        self.fleet.wake.set()

    # -- what agents report ----------------------------------------------------------------------------------------

    async def complete_mission(
        self, caller: Caller, mission_id: str, output: str, duration_ms: int | None, usage: TokenUsage | None
    ) -> Mission:
        """A report of success."""
        return await self.settling.complete(caller, mission_id, output, duration_ms, usage)

    async def fail_mission(
        self, caller: Caller, mission_id: str, code: str, message: str, recoverable: bool
    ) -> Mission:
        """A report of failure."""
        return await self.settling.fail(caller, mission_id, code, message, recoverable)

    def prompts_listed(self, caller: Caller) -> None:
        """An agent's program learns the typed command."""
        if caller.agent_id is not None:
            self.turns.prompts_listed(caller.agent_id)

    async def mission_text(self, caller: Caller, mission_id: str) -> str:
        """The mission's text, for the agent that was given it."""
        if caller.agent_id is None:
            raise Forbidden("Only the mission's agent may fetch its text.", remedy="Use `mission status`.")
        return await self.turns.mission_text(caller.agent_id, mission_id)

    async def hook(self, agent_id: int, payload: Mapping[str, object]) -> Mapping[str, object]:
        """A hook of an agent's program."""
        return await self.turns.hook(agent_id, payload)

    async def telemetry(self, agent_id: int, payload: Mapping[str, object]) -> None:
        """What requests of an agent's program cost."""
        await self.usage_intake.take(read_logs(payload, agent_id))

    async def usage(self, day: str | None) -> Mapping[str, object]:
        """What was spent, by agent, mission and day."""
        return await usage_answer(self.fleet, day)

    async def usage_settled(self) -> None:
        """Returns once what was spent until now is counted, or cannot be waited for any longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_WITHIN_S):
                # A report is not the end of the turn: the model is told that it arrived, and answers.
                while any(record.state is AgentState.BUSY for record in self.fleet.book.records()):
                    await asyncio.sleep(0.05)
        await self.transcripts.look()
        await self.usage_intake.priced()

    async def release(self) -> None:
        """Somebody takes the session over: the owner of this supervisor is asked to let go.

        Raises NotAllowedNow when that would end what a person or a script is using.
        """
        if not self.may_be_released:
            raise NotAllowedNow(
                "This supervisor does not let go: only `serve` does.",
                remedy="Quit the dashboard, or wait for the run, or choose another session with --session NAME.",
            )
        self.release_requested.set()

    # -- limits ----------------------------------------------------------------------------------------------------

    def quotas(self) -> Sequence[QuotaView]:
        """The accounts that are at their limit."""
        return self.quota.views()

    async def release_quota(self) -> int:
        """Ends every wait for an account's limit by hand."""
        return self.quota.release()

    # -- inside ----------------------------------------------------------------------------------------------------

    def _person_types(self, agent_id: int) -> None:
        self.fleet.book.get(agent_id)
        self.fleet.person_used(agent_id)
        self.fleet.manager.note_typing(agent_id, self.fleet.clock.now_ms())

    def _connect_parts(self) -> None:
        """What the parts ask of each other, beyond what they are made of."""
        fleet, launcher = self.fleet, self.delivery.launcher
        self.delivery.by_screen = self.screen_turns.deliver
        self.sender.by_screen = self.screen_turns.send
        self.turns.prompted = self.sender.prompted
        self.spawner.farewell = self.screen_turns.leave
        self._adoption.shows = self.screen_turns.shows
        fleet.publish = self._publish
        fleet.changed = self.updates.agent_changed
        launcher.before_relaunch = self._deaths.settled
        launcher.isolate = self._isolation.ensure
        fleet.manager.relaunch = launcher.relaunch

    def _connect_quota(self, limits: Limits) -> None:
        delivery, quota = self.delivery, self.quota
        delivery.held_back = limits.held_back
        delivery.launcher.goes_on_in, delivery.launcher.may_go_on = quota.conversation_of, quota.admits_again
        self.settling.reported = quota.reported

    def _publish(self, event: Event) -> None:
        if event.type is EventType.HEALTH:
            return
        logged = self._event_log.append(event)
        self._events.append(logged)
        self._activity.take(logged)
        self.updates.event_logged(logged)
        self.work.watch.take(logged)

    async def _restart_idle(self, stale: set[int]) -> None:
        while stale:
            for agent_id in list(stale):
                record = self.fleet.book.find(agent_id)
                if record is None or record.state not in ALIVE_STATES:
                    stale.discard(agent_id)
                elif (
                    record.state is AgentState.IDLE
                    and not self.fleet.hand(agent_id).claims
                    and await self.delivery.approach.is_free(record)
                ):
                    stale.discard(agent_id)
                    try:
                        await self.spawner.restart(agent_id)
                    except OrchestratorError as error:
                        # Its state and the inbox show it; the others still have to move.
                        log.warning("agent %s could not move to the new port: %s", agent_id, error)
            await asyncio.sleep(RESTART_LOOK_S)

    async def _forward_panes(self, events: Any) -> None:
        async for event in events:
            self._publish(event)
            await self._deaths.take(event)

    async def _forward_missions(self, events: Any) -> None:
        async for event in events:
            self._publish(event)
            if event.mission_id is not None and event.type in _BEGUN_OR_ENDED:
                self.quota.forget(event.mission_id)
            self.fleet.wake.set()

    def _report_failure(self, name: str, error: BaseException) -> None:
        self.fleet.attention(None, None, f"{name} stopped working: {error}. See the log.")
