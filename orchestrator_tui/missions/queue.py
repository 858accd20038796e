"""The mission queue: priorities, dependencies, leases and retries, durable before anything is acknowledged."""

import logging
import os
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator_tui.core.bus import Bus, Subscription
from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.config import DEFAULT_RETRY_BUDGET, DEFAULT_TIMEOUT_MS
from orchestrator_tui.core.errors import StoreUnavailable
from orchestrator_tui.core.events import Event
from orchestrator_tui.core.models import Mission, MissionSpec, Priority, QueueStats, Role, TaskType, TokenUsage
from orchestrator_tui.core.waits import Kind
from orchestrator_tui.missions.changes import Changes, FailureReport, Known, Resumed
from orchestrator_tui.missions.ledger import UsageLedger
from orchestrator_tui.missions.registry import AgentRegistry
from orchestrator_tui.missions.sqlite import SqliteStore
from orchestrator_tui.missions.store import MissionStore
from orchestrator_tui.missions.validation import (
    at_least,
    checked_id,
    checked_prompt,
    checked_spec,
    checked_text,
    checked_usage,
    one_of,
)
from orchestrator_tui.missions.writer import GroupWriter

log = logging.getLogger(__name__)

_SHOWN = 500


def random_id() -> str:
    """A token that nobody guesses."""
    return os.urandom(16).hex()


class MissionQueue:
    """Every method returns after its commit is on disk. Times are milliseconds.

    Any method may raise StoreUnavailable; those that take a mission's id raise UnknownMission.
    """

    def __init__(self, writer: GroupWriter[MissionStore], bus: Bus[Event], clock: Clock, default_retries: int) -> None:
        self._writer = writer
        self._bus = bus
        self._clock = clock
        self._default_retries = default_retries
        self._opened_at = clock.monotonic_ms()
        self._leases: dict[str, str] = {}
        self._taken_at: dict[str, int] = {}
        self.registry = AgentRegistry(writer)
        self.ledger = UsageLedger(writer)
        self.on_close: Callable[[], Awaitable[None]] | None = None

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        new_id: Callable[[], str] = random_id,
        default_retries: int = DEFAULT_RETRY_BUDGET,
    ) -> "MissionQueue":
        """Opens or makes the store at ``path``; its folder must exist.

        ``default_retries`` counts where neither mission nor agent has a budget. Raises StoreUnavailable.
        """
        queue = cls.opening(path, clock=clock, new_id=new_id, default_retries=default_retries)
        await queue._writer.start()
        return queue

    @classmethod
    def opening(
        cls,
        path: Path,
        *,
        clock: Clock,
        new_id: Callable[[], str] = random_id,
        default_retries: int = DEFAULT_RETRY_BUDGET,
    ) -> "MissionQueue":
        """A queue that opens its store at the first call, which then raises StoreUnavailable if it cannot."""
        bus: Bus[Event] = Bus()

        def open_store() -> MissionStore:
            return SqliteStore(path, clock=clock, new_id=new_id)

        return cls(GroupWriter(open_store, bus.publish), bus, clock, default_retries)

    async def aclose(self) -> None:
        """Finishes what was asked before, then lets go of the file."""
        spent = self._unstored_ms()
        self._taken_at.clear()
        try:
            if spent and self._writer.accepts:
                await self.add_spent(spent)
        except StoreUnavailable as error:
            log.warning("running time could not be stored: %s", error)
        await self._writer.aclose()
        self._bus.close()
        if self.on_close is not None:
            await self.on_close()

    def watch(self) -> Subscription[Event]:
        """Every later event about missions, published after its commit, in the order of commits."""
        return self._bus.subscribe()

    @property
    def store_error(self) -> str | None:
        """Why the last write failed; None while the store works."""
        return self._writer.error

    @property
    def commits(self) -> int:
        """Transactions since the start; many operations share one."""
        return self._writer.commits

    # -- in --------------------------------------------------------------------------------------------------------

    async def enqueue(
        self,
        *,
        prompt: str,
        context: str | None = None,
        priority: Priority | str = Priority.NORMAL,
        type: TaskType | str = TaskType.GENERAL,
        timeout_ms: int | None = None,
        max_retries: int | None = None,
        depends_on: Iterable[str] = (),
        role: Role | str | None = None,
        id: str | None = None,
    ) -> str:
        """Queues one mission; returns its id (``mission-N`` by default).

        Raises UsageError naming the field, UnknownDependency, DependencyCycle, DuplicateMission.
        """
        spec = MissionSpec(
            prompt=prompt,
            id=id,
            context=context,
            type=one_of(TaskType, type, "type"),
            priority=one_of(Priority, priority, "priority"),
            role=None if role is None else one_of(Role, role, "role"),
            timeout_ms=timeout_ms,
            max_retries=max_retries,
            depends_on=(depends_on,) if isinstance(depends_on, str) else tuple(depends_on),
        )
        return (await self.enqueue_many([spec]))[0]

    async def enqueue_many(self, specs: Sequence[MissionSpec]) -> list[str]:
        """Queues missions in one transaction, in this order; they may depend on each other in any order.

        A mission with the id and the content of one that exists is recognised, not queued again. Raises as ``enqueue``.
        """
        checked = [checked_spec(spec) for spec in specs]
        return await self._writer.run(lambda store: store.enqueue(checked))

    async def resume_many(self, specs: Sequence[MissionSpec]) -> Resumed:
        """Queues a plan's missions as ``enqueue_many`` does, and again those that an earlier run of it gave up.

        All in one transaction. Raises as ``enqueue``.
        """
        checked = [checked_spec(spec) for spec in specs]

        def operation(store: MissionStore) -> Resumed:
            before = store.known([spec.id for spec in checked if spec.id is not None])
            ids = store.enqueue(checked)
            again = [name for name in dict.fromkeys(ids) if name in before and before[name].is_revived]
            for name in again:
                store.retry(name)
            return Resumed(tuple(ids), tuple(name for name in ids if name not in before), tuple(again))

        return await self._writer.run(operation)

    async def known(self, ids: Collection[str]) -> Mapping[str, Known]:
        """How those of the ids stand that exist."""
        return await self._writer.run(lambda store: store.known(ids))

    async def update(
        self,
        id: str,
        *,
        priority: Priority | str | None = None,
        prompt: str | None = None,
        context: str | None = None,
        timeout_ms: int | None = None,
        max_retries: int | None = None,
        role: Role | str | None = None,
    ) -> Mission:
        """Edits an open mission; prompt, context and role only while no agent has it.

        Raises UsageError, NotAllowedNow.
        """
        changes = Changes(
            priority=None if priority is None else one_of(Priority, priority, "priority"),
            prompt=None if prompt is None else checked_prompt(prompt),
            context=None if context is None else checked_text(context, "context"),
            timeout_ms=at_least(1, timeout_ms, "timeout_ms"),
            max_retries=at_least(0, max_retries, "max_retries"),
            role=None if role is None else one_of(Role, role, "role"),
        )
        return await self._writer.run(lambda store: store.update(id, changes))

    async def give(self, id: str, agent_id: int | None) -> Mission:
        """Keeps an open mission that nobody holds for one agent, in all its attempts; None for every agent again.

        It ends with ``release_reservations``. Raises NotAllowedNow.
        """
        return await self._writer.run(lambda store: store.give(id, agent_id))

    async def add_dependency(self, id: str, on: str) -> Mission:
        """Makes a mission that nobody has claimed wait for another one.

        Raises NotAllowedNow, UnknownDependency, DependencyCycle.
        """
        checked_id(on, "depends_on")
        return await self._writer.run(lambda store: store.add_dependency(id, on))

    async def retry(self, id: str) -> Mission:
        """Queues a failed or cancelled mission again with a fresh budget and frees what it blocked.

        Raises NotAllowedNow.
        """
        return await self._writer.run(lambda store: store.retry(id))

    # -- taking ----------------------------------------------------------------------------------------------------

    async def dequeue(self, agent_id: int, *, role: Role | str | None = None) -> Mission | None:
        """Claims and starts the next mission for an agent; None when there is none for it.

        A registered agent takes missions of its role and without one; any other agent those of ``role`` and without
        one. For a queue without a supervisor: missions that this queue started and whose time is over are failed first.
        """
        wanted = None if role is None else one_of(Role, role, "role")
        extra = self._unstored_ms()
        opened_ms = self._clock.monotonic_ms() - self._opened_at

        def operation(store: MissionStore) -> Mission | None:
            return store.dequeue(agent_id, wanted, extra, opened_ms, DEFAULT_TIMEOUT_MS, self._default_retries)

        mission = await self._writer.run(operation)
        if mission is not None:
            self._taken_at[mission.id] = self._clock.monotonic_ms()
        return self._keep_lease(mission)

    async def ready(self, limit: int = _SHOWN) -> list[Mission]:
        """What may be claimed now, in queue order; reserved missions only by the agent that ``reserved_for`` names."""
        return await self._writer.run(lambda store: store.ready(limit))

    async def claim(self, mission_id: str, agent_id: int) -> Mission | None:
        """Assigns a mission under a new lease and nonce; None when it may not be claimed by this agent any more."""
        return self._keep_lease(await self._writer.run(lambda store: store.claim(mission_id, agent_id)))

    async def acknowledge(self, mission_id: str, nonce: str) -> Mission | None:
        """The agent has the mission: it runs. Repeats are harmless; None for a nonce that is not the current one."""
        return await self._writer.run(lambda store: store.acknowledge(mission_id, nonce))

    async def undelivered(self, mission_id: str, nonce: str, reason: str, *, counts: bool = True) -> Mission | None:
        """Takes an assigned mission back to pending without using an attempt; None for another nonce.

        ``counts`` False: a person was in the way, which is not one of the failures that raise attention.
        """
        mission = await self._writer.run(lambda store: store.undelivered(mission_id, nonce, reason, counts=counts))
        if mission is not None:
            self._forget(mission_id)
        return mission

    # -- ending ----------------------------------------------------------------------------------------------------

    async def complete(
        self,
        id: str,
        *,
        output: str,
        duration_ms: int | None = None,
        token_usage: TokenUsage | Mapping[str, int] | None = None,
        lease: str | None = None,
        override: bool = False,
    ) -> Mission:
        """Completes a claimed mission and frees what waited for it.

        ``lease`` None is the one that this queue object handed out; ``override`` is a person's word, which needs none.
        Raises LeaseLost when the claim does not hold or its agent is being stopped.
        """
        checked_text(output, "output")
        tokens = checked_usage(token_usage)
        took = at_least(0, duration_ms, "duration_ms")
        held = lease or self._leases.get(id)
        mission = await self._writer.run(lambda store: store.complete(id, output, took, tokens, held, override))
        self._forget(id)
        return mission

    async def fail(
        self,
        id: str,
        *,
        code: str,
        message: str,
        recoverable: bool = True,
        lease: str | None = None,
        override: bool = False,
        reserve_for: int | None = None,
        delay_ms: int | None = None,
        retry_budget: int | None = None,
    ) -> Mission:
        """Ends the attempt of a claimed mission: retried while recoverable and inside the budget, else failed.

        ``reserve_for`` names the agent that alone may take the retry; ``delay_ms`` replaces the back-off;
        ``retry_budget`` is the agent's, for a mission without its own. A claim that was never acknowledged goes back to
        pending. Raises LeaseLost as ``complete`` does.
        """
        checked_text(code, "error_code")
        checked_text(message, "message")
        report = FailureReport(code, message, recoverable, self._default_retries, retry_budget, reserve_for, delay_ms)
        held = lease or self._leases.get(id)
        mission = await self._writer.run(lambda store: store.fail(id, report, held, override))
        self._forget(id)
        return mission

    async def postpone(
        self, id: str, *, code: str, message: str, lease: str | None = None, reserve_for: int | None = None
    ) -> Mission:
        """Takes a claimed mission back for a reason that is not its own, as an account's limit.

        Its start does not count: no attempt is used, none is in its log, and ``task_retry`` says ``code`` with ``used``
        false. ``reserve_for`` names the agent that alone may go on with it. Raises LeaseLost as ``complete`` does.
        """
        checked_text(code, "error_code")
        checked_text(message, "message")
        held = lease or self._leases.get(id)
        mission = await self._writer.run(lambda store: store.postpone(id, code, message, held, reserve_for))
        self._forget(id)
        return mission

    async def cancel(self, id: str, *, code: str = "cancelled", message: str = "", supervised: bool = False) -> Mission:
        """Cancels an open mission and blocks what depends on it; a claim becomes void at once.

        ``supervised``: a claimed mission is refused, since its agent has to be stopped first (``begin_fence``).
        Raises NotAllowedNow.
        """
        mission = await self._writer.run(lambda store: store.cancel(id, code, message, supervised))
        self._forget(id)
        return mission

    async def cancel_open(self, code: str, message: str) -> list[str]:
        """Cancels every open mission that no agent holds; their ids."""
        return await self._writer.run(lambda store: store.cancel_open(code, message))

    async def release_reservations(self, agent_id: int) -> list[str]:
        """Lets others take what is reserved for an agent; the ids."""
        return await self._writer.run(lambda store: store.release_reservations(agent_id))

    # -- fences ----------------------------------------------------------------------------------------------------

    async def begin_fence(self, id: str, code: str) -> Mission | None:
        """Voids a claim while its agent is being stopped; durable. None when nobody holds the mission.

        ``timeout`` will be retried; every other code will cancel, and stays when a timeout comes on top.
        """
        return await self._writer.run(lambda store: store.begin_fence(id, code))

    async def settle_fence(self, id: str, *, retry_budget: int | None = None) -> Mission:
        """The fenced mission's agent has stopped: retried, failed or cancelled.

        Raises NotAllowedNow without a fence.
        """
        mission = await self._writer.run(lambda store: store.settle_fence(id, retry_budget, self._default_retries))
        self._forget(id)
        return mission

    async def fenced(self) -> list[Mission]:
        """Missions whose agent is being stopped."""
        return await self._writer.run(lambda store: store.fenced())

    # -- time ------------------------------------------------------------------------------------------------------

    async def add_spent(self, spent: Mapping[str, int]) -> None:
        """Adds counted running time by mission id; missions that do not run are passed over."""
        counted = dict(spent)
        await self._writer.run(lambda store: store.add_spent(counted))

    async def overdue(self, extra_ms: Mapping[str, int], default_timeout_ms: int) -> list[Mission]:
        """Running missions whose stored and extra time reached their limit, not those already being stopped."""
        extra = dict(extra_ms)
        return await self._writer.run(lambda store: store.overdue(extra, default_timeout_ms))

    async def next_due(self) -> int | None:
        """When the next retry is due; one that is due but reserved does not count."""
        return await self._writer.run(lambda store: store.next_due())

    async def promote_due(self) -> list[str]:
        """Makes due retries pending, except reserved ones; their ids."""
        return await self._writer.run(lambda store: store.promote_due())

    # -- reading ---------------------------------------------------------------------------------------------------

    async def get(self, id: str) -> Mission:
        """One mission, whole."""
        return await self._writer.run(lambda store: store.get(id))

    async def get_pending(self, limit: int = _SHOWN) -> list[Mission]:
        """Pending missions in queue order."""
        return await self._writer.run(lambda store: store.pending(limit))

    async def pending_behind(
        self, mission: Mission, roles: Collection[Role], without: Collection[Kind], limit: int
    ) -> list[Mission]:
        """Pending missions that come after this one in queue order: for these roles, for any role, or reserved.

        ``without``: missions of these kinds are left out unless they are reserved.
        """
        kinds = list(without)
        return await self._writer.run(lambda store: store.pending_behind(mission, roles, kinds, limit))

    async def get_blocked(self, limit: int = _SHOWN) -> list[Mission]:
        """Blocked missions in queue order."""
        return await self._writer.run(lambda store: store.blocked(limit))

    async def get_stats(self) -> QueueStats:
        """Counts by state; costs the same for any number of missions."""
        return await self._writer.run(lambda store: store.stats())

    async def list_missions(self, limit: int = _SHOWN) -> list[Mission]:
        """Open missions first (those in hand, then queue order), then the newest ended."""
        return await self._writer.run(lambda store: store.listing(limit))

    async def follow(self, limit: int) -> list[Mission]:
        """The missions of ``list_missions`` in outline; from then on ``changed`` tells what became of any mission.

        In outline: the prompt is cut after its title, and context, output and attempt log are left out. For one
        follower at a time.
        """

        def operation(store: MissionStore) -> list[Mission]:
            store.follow()
            return store.outline(limit)

        return await self._writer.run(operation)

    async def unfollow(self) -> None:
        """Ends ``follow``."""
        await self._writer.run(lambda store: store.unfollow())

    async def changed(self, limit: int, also: Collection[str] = ()) -> list[Mission]:
        """Up to ``limit`` missions that changed since ``follow`` or the last call, and ``also``, in outline."""
        return await self._writer.run(lambda store: store.changed(limit, also))

    async def claimed(self) -> list[Mission]:
        """Assigned and running missions, oldest first."""
        return await self._writer.run(lambda store: store.claimed())

    async def held_by(self, agent_id: int) -> list[Mission]:
        """What an agent holds, and what is reserved for it."""
        return await self._writer.run(lambda store: store.held_by(agent_id))

    # -- inside ----------------------------------------------------------------------------------------------------

    def _keep_lease(self, mission: Mission | None) -> Mission | None:
        if mission is not None and mission.lease is not None:
            self._leases[mission.id] = mission.lease
        return mission

    def _forget(self, mission_id: str) -> None:
        self._leases.pop(mission_id, None)
        self._taken_at.pop(mission_id, None)

    def _unstored_ms(self) -> dict[str, int]:
        now = self._clock.monotonic_ms()
        return {mission_id: now - since for mission_id, since in self._taken_at.items()}
