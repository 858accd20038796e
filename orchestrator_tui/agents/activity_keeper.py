"""Keeps what the health screen asks for: states, loads and tokens of the last hour, and the lights' newest failures."""

import asyncio
from collections.abc import Mapping, Sequence

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.core.activity import (
    BUCKET_MS,
    HOUR_MS,
    RATES_KEPT,
    Activity,
    AgentActivity,
    LightLog,
    LoadMeter,
    StateHistory,
    TokenMeter,
    state_change,
)
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import HealthStatus
from orchestrator_tui.core.usage import Counted
from orchestrator_tui.missions.event_log import EventLog

_NOTHING_YET = LoadMeter()


class ActivityKeeper:
    """Appends what it is told of, and puts it together only when somebody asks."""

    def __init__(self, fleet: Fleet, event_log: EventLog) -> None:
        self._fleet = fleet
        self._event_log = event_log
        self._states = StateHistory()
        self._tokens = TokenMeter()
        self._lights = LightLog()
        self._loads: dict[int, LoadMeter] = {}
        self._fleet_load = LoadMeter()

    async def load(self) -> None:
        """Takes what earlier supervisors wrote down. Raises StoreUnavailable."""
        now = self._fleet.clock.now_ms()
        # The log may hold tens of thousands of lines: too many to read on the loop.
        events = await asyncio.to_thread(self._event_log.since, now - HOUR_MS, EventType.STATUS)
        self._states.restore(change for event in events if (change := state_change(event)) is not None)
        for counted in await self._fleet.queue.ledger.since(now - (RATES_KEPT + 6) * BUCKET_MS):
            self._tokens.add(counted.agent_id, counted.at, counted.grown.tokens)

    def take(self, event: Event) -> None:
        """Notes a change of state."""
        change = state_change(event)
        if change is not None:
            self._states.note(change)

    def spent(self, counted: Sequence[Counted]) -> None:
        """Notes tokens."""
        for one in counted:
            self._tokens.add(one.agent_id, one.at, one.grown.tokens)

    def looked(self, health: Mapping[int, HealthStatus]) -> None:
        """Notes what the living agents use; what is known of agents that are gone for good is forgotten."""
        now = self._fleet.clock.now_ms()
        known = {record.id for record in self._fleet.book.records()}
        self._states.forget_others(known)
        for agent_id in self._loads.keys() - health.keys():
            del self._loads[agent_id]
        loads = {agent_id: (one.cpu_usage or 0.0, one.memory_usage or 0) for agent_id, one in health.items()}
        for agent_id, load in loads.items():
            self._loads.setdefault(agent_id, LoadMeter()).note(now, *load)
        self._fleet_load.note(now, sum(cpu for cpu, _ in loads.values()), sum(memory for _, memory in loads.values()))

    def lights(self, *, tmux: str | None, endpoint: str | None, store: str | None) -> None:
        """Notes what is wrong with each of them, None where nothing is."""
        now = self._fleet.clock.now_ms()
        for name, error in (("tmux", tmux), ("endpoint", endpoint), ("store", store)):
            self._lights.note(name, error, now)

    def token_rates(self) -> tuple[int, ...]:
        """The fleet's tokens per minute, one for each ten seconds, the newest last."""
        return self._tokens.rates(self._fleet.clock.now_ms())

    def activity(self) -> Activity:
        """Everything, as it is now."""
        now, records = self._fleet.clock.now_ms(), self._fleet.book.records()
        spenders = self._tokens.spenders()
        agents = [
            AgentActivity(
                record.id,
                self._states.spans(
                    record.id, now, state=record.state, since=record.state_since, born=record.created_at
                ),
                cpu=self._loads.get(record.id, _NOTHING_YET).cpu(),
                memory=self._loads.get(record.id, _NOTHING_YET).memory(),
                tokens=self._tokens.rates(now, record.id) if record.id in spenders else (),
            )
            for record in records
        ]
        return Activity(
            now,
            tuple(agents),
            cpu=self._fleet_load.cpu(),
            memory=self._fleet_load.memory(),
            tokens=self._tokens.rates(now),
            lights=self._lights.lights(),
        )
