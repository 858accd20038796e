"""The regular look at everything: running time, what programs say of themselves, health, the machine."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

import psutil

from orchestrator_tui.agents.activity_keeper import ActivityKeeper
from orchestrator_tui.agents.background import Background
from orchestrator_tui.agents.fencing import Fencer
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.observer import Observer
from orchestrator_tui.agents.timekeeper import Timekeeper
from orchestrator_tui.agents.turns import Turns
from orchestrator_tui.agents.updates import Updates
from orchestrator_tui.core.errors import StoreUnavailable
from orchestrator_tui.core.lifecycle import ACTIVE_STATES, ALIVE_STATES
from orchestrator_tui.core.models import AgentRecord, AgentState, HealthStatus, Mission, MissionState
from orchestrator_tui.core.usage import day_of
from orchestrator_tui.core.views import MachineView

TICK_S = 1.0
HEALTH_EVERY_TICKS = 5
CONTRADICTION_MS = 5_000


class Monitor:
    """Ticks once a second; nothing in it forks or waits for an agent.

    ``mcp_status`` gives the endpoint's address and what is wrong with it; ``provider_notice`` is shown as it is.
    """

    def __init__(
        self,
        fleet: Fleet,
        fencer: Fencer,
        turns: Turns,
        updates: Updates,
        background: Background,
        observer: Observer,
        activity: ActivityKeeper,
    ) -> None:
        self._fleet = fleet
        self._fencer = fencer
        self._turns = turns
        self._updates = updates
        self._background = background
        self._observer = observer
        self._activity = activity
        self._timekeeper = Timekeeper()
        self.mcp_status: Callable[[], tuple[str | None, str | None]] = lambda: (None, None)
        self.provider_notice: str | None = None
        self.day_budget: Callable[[], float | None] = lambda: None
        self.quota_light: Callable[[], str | None] = lambda: None

    async def run(self) -> None:
        """Ticks until cancelled."""
        clock = self._fleet.clock
        last = clock.monotonic_ms()
        count = 0
        while True:
            await asyncio.sleep(TICK_S)
            now = clock.monotonic_ms()
            await self._count_time(now - last)
            last = now
            self._turns.permissions.take_own_words()
            await self._observer.tick()
            self.measure_machine()
            count += 1
            if count % HEALTH_EVERY_TICKS == 0:
                health = await self.health_all()
                self._updates.health_changed(health)
                self._activity.looked(health)

    async def health(self, agent_id: int) -> HealthStatus:
        """One agent's health. Raises UnknownAgent."""
        record = self._fleet.book.get(agent_id)
        if not self._fleet.manager.knows(agent_id):
            return HealthStatus(alive=False, responsive=False)
        return self._judged(record, await self._fleet.manager.health_check(agent_id))

    async def health_all(self) -> Mapping[int, HealthStatus]:
        """Every agent's health from one look."""
        checked = await self._fleet.manager.health_all()
        records = {record.id: record for record in self._fleet.book.records()}
        return {key: self._judged(records[key], status) for key, status in checked.items() if key in records}

    def measure_machine(self) -> None:
        """Takes machine totals and our own lights."""
        memory = psutil.virtual_memory()
        records = self._fleet.book.records()
        url, error = self.mcp_status()
        machine = MachineView(
            cpu_percent=psutil.cpu_percent(interval=None),
            cpu_count=psutil.cpu_count() or 1,
            memory_percent=memory.percent,
            memory_bytes=memory.used,
            panes=len(records),
            dead_panes=sum(record.state not in ALIVE_STATES for record in records),
            tmux_error=self._fleet.manager.transport_error,
            mcp_url=url,
            mcp_error=error,
            store_error=self._fleet.queue.store_error,
            provider_notice=self.provider_notice,
            spent_today=self._fleet.usage.of_day(day_of(self._fleet.clock.now_ms())),
            day_budget=self.day_budget(),
            quota=self.quota_light(),
            token_rates=self._activity.token_rates(),
        )
        self._activity.lights(tmux=machine.tmux_error, endpoint=error, store=machine.store_error)
        self._updates.machine_changed(machine)

    async def store_spent_time(self) -> None:
        """Writes down the running time that is only in memory."""
        pending = self._timekeeper.take_pending(now=True)
        if pending:
            await self._fleet.queue.add_spent(pending)

    async def _count_time(self, elapsed_ms: int) -> None:
        fleet = self._fleet
        running = [
            mission
            for hand in fleet.hands.values()
            for mission in hand.claims
            if mission.state is MissionState.RUNNING and mission.fence is None
        ]

        def counts(mission: Mission) -> bool:
            record = fleet.book.find(mission.agent_id) if mission.agent_id is not None else None
            return record is not None and record.state is not AgentState.WAITING

        def limit(mission: Mission) -> int | None:
            return fleet.timeout_ms(mission.agent_id)

        overdue = self._timekeeper.tick(running, elapsed_ms, counts, limit)
        pending = self._timekeeper.take_pending(now=bool(overdue))
        if pending:
            try:
                await fleet.queue.add_spent(pending)
            except StoreUnavailable:
                # Shown by its light; the time is lost, which only lets a mission run longer.
                return
        for mission in overdue:
            if not self._fencer.is_fencing(mission.id):
                self._background.start(self._fencer.fence_mission(mission.id, "timeout"), f"fence {mission.id}")

    def _judged(self, record: AgentRecord, status: HealthStatus) -> HealthStatus:
        """A program whose own word contradicts our state for a while does not respond as it should."""
        word = self._observer.own_word(record)
        if word is None or word.state is record.state:
            return status
        contradicts = word.state in ACTIVE_STATES or record.state in ACTIVE_STATES
        settled = self._fleet.clock.now_ms() - max(word.at, record.state_since) > CONTRADICTION_MS
        return replace(status, responsive=False) if contradicts and settled else status
