"""The agents of a session in memory, every change written through to the registry."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.errors import StoreUnavailable, UnknownAgent
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.lifecycle import GONE_STATES, agent_may_become
from orchestrator_tui.core.models import Agent, AgentRecord, AgentState, WaitingFor

log = logging.getLogger(__name__)


class Registry(Protocol):
    """Where agent records survive the supervisor."""

    async def put(self, record: AgentRecord) -> None:
        """Writes one record."""
        ...

    async def put_all(self, records: Sequence[AgentRecord]) -> None:
        """Writes several records, all or none."""
        ...

    async def delete(self, agent_id: int) -> None:
        """Removes one record."""
        ...

    async def all(self) -> list[AgentRecord]:
        """Every record."""
        ...


class AgentBook:
    """Current records by id; ``transition`` is the only way to change a state.

    ``publish`` gets an event for every visible change; ``changed`` the id of every changed agent.
    """

    def __init__(
        self, registry: Registry, clock: Clock, publish: Callable[[Event], None], changed: Callable[[int], None]
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._publish = publish
        self._changed = changed
        self._records: dict[int, AgentRecord] = {}
        self._writes: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Reads every record of the registry."""
        self._records = {record.id: record for record in await self._registry.all()}

    def records(self) -> list[AgentRecord]:
        """Every record, in order of id."""
        return [self._records[key] for key in sorted(self._records)]

    def get(self, agent_id: int) -> AgentRecord:
        """One record. Raises UnknownAgent."""
        record = self._records.get(agent_id)
        if record is None:
            known = ", ".join(str(key) for key in sorted(self._records)) or "none"
            raise UnknownAgent(f"There is no agent {agent_id}.", remedy=f"Known ids: {known}.", field="agent_id")
        return record

    def find(self, agent_id: int) -> AgentRecord | None:
        """One record, or None."""
        return self._records.get(agent_id)

    def is_known(self, agent_id: int) -> bool:
        """Whether the agent's token still counts: it is registered and not stopped."""
        record = self._records.get(agent_id)
        return record is not None and record.state is not AgentState.STOPPED

    async def add(self, records: Sequence[AgentRecord]) -> None:
        """Registers new agents, durably, before their panes exist; all or none.

        Raises StoreUnavailable when they could not be written.
        """
        self._records.update((record.id, record) for record in records)
        try:
            await self._registry.put_all(records)
        except BaseException as error:
            for record in records:
                self._records.pop(record.id, None)
            if not isinstance(error, StoreUnavailable):
                # Who asked has gone; the write itself goes on.
                await asyncio.gather(*(self._registry.delete(record.id) for record in records))
            raise
        for record in records:
            self._changed(record.id)

    async def remove(self, agent_id: int) -> None:
        """Forgets an agent."""
        self._records.pop(agent_id, None)
        await self._registry.delete(agent_id)
        self._changed(agent_id)

    def update(self, agent_id: int, **changes: Any) -> AgentRecord:
        """Replaces fields other than the state; written through in the background, in order."""
        record = replace(self.get(agent_id), **changes)
        self._records[agent_id] = record
        self._write(record)
        self._changed(agent_id)
        return record

    def transition(
        self,
        agent_id: int,
        state: AgentState,
        *,
        reason: str | None = None,
        waiting_for: WaitingFor | None = None,
        data: Mapping[str, object] | None = None,
    ) -> bool:
        """Moves an agent to ``state`` and publishes ``status``; an impossible move is logged and ignored."""
        record = self._records.get(agent_id)
        if record is None:
            return False
        if not agent_may_become(record.state, state):
            log.warning("agent %s: %s may not become %s (%s)", agent_id, record.state, state, reason)
            return False
        if record.state is state and record.waiting_for is waiting_for and record.reason == reason:
            return True
        now = self._clock.now_ms()
        since = record.state_since if record.state is state else now
        idle_since = now if state is AgentState.IDLE and record.state is not state else record.idle_since
        new = replace(
            record, state=state, state_since=since, waiting_for=waiting_for, reason=reason, idle_since=idle_since
        )
        self._records[agent_id] = new
        self._write(new)
        if record.state is not state or record.waiting_for is not waiting_for:
            details: dict[str, object] = {"state": state.value, "was": record.state.value, **(data or {})}
            if waiting_for:
                details["waiting_for"] = waiting_for.value
            if reason:
                details["reason"] = reason
            self._publish(Event(EventType.STATUS, now, agent_id=agent_id, data=details))
            if state is AgentState.WAITING:
                self._publish(
                    Event(EventType.ATTENTION, now, agent_id=agent_id, data={"reason": f"waits for {waiting_for}"})
                )
        self._changed(agent_id)
        return True

    async def flush(self) -> None:
        """Waits until every change is durable."""
        while self._writes:
            await asyncio.gather(*self._writes, return_exceptions=True)

    def _write(self, record: AgentRecord) -> None:
        task = asyncio.ensure_future(self._registry.put(record))
        self._writes.add(task)
        task.add_done_callback(self._written)

    def _written(self, task: "asyncio.Task[None]") -> None:
        self._writes.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("an agent record could not be written: %s", error)


class _Newest:
    """The configuration that was validated last, and what it was validated from."""

    pair: tuple[Mapping[str, object], AgentConfig] | None = None


def config_of(record: AgentRecord) -> AgentConfig:
    """The configuration that the agent was spawned with."""
    # One start asks for it five times, and the agents of a pool share one.
    pair = _Newest.pair
    if pair is None or pair[0] is not record.config:
        pair = _Newest.pair = record.config, AgentConfig.model_validate(dict(record.config))
    return pair[1]


def as_agent(record: AgentRecord, current_task: str | None) -> Agent:
    """A record as users see it."""
    return Agent(
        id=record.id,
        name=record.name,
        role=record.role,
        model=record.model,
        provider=record.provider,
        status=record.state,
        current_task=current_task,
        tasks_completed=record.tasks_completed,
        tasks_failed=record.tasks_failed,
    )


def is_gone(record: AgentRecord) -> bool:
    """Whether only a person brings this agent back."""
    return record.state in GONE_STATES
