"""Feeds: a snapshot, then every later update, coalesced so that a storm of changes costs one pass."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.mission_rows import MissionRows
from orchestrator_tui.agents.presenting import agent_view
from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.bus import Bus, Subscription
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.events import Event
from orchestrator_tui.core.models import AgentRecord, HealthStatus, Mission, QueueStats
from orchestrator_tui.core.views import (
    AgentChanged,
    AgentRemoved,
    AgentView,
    AttentionChanged,
    ConnectionChanged,
    EventLogged,
    MachineChanged,
    MachineView,
    MissionChanged,
    MissionView,
    Snapshot,
    StatsChanged,
    Update,
)
from orchestrator_tui.core.waits import Waits

log = logging.getLogger(__name__)

COALESCE_S = 0.05
AFTER_FAILURE_S = 1.0
SHOWN_MISSIONS = 10_000
READ_AT_ONCE = 500
"""So many changed missions are read and made into rows before others may go on."""


@dataclass(frozen=True, slots=True)
class LiveFeed:
    """A subscription with the snapshot that precedes it."""

    snapshot: Snapshot
    updates: Subscription[Update]

    def __aiter__(self) -> AsyncIterator[Update]:
        return aiter(self.updates)

    def close(self) -> None:
        """Ends the iteration."""
        self.updates.close()


class Updates:
    """Publishes rows that changed; rows are made only while somebody watches.

    ``resource_changed`` is told of the MCP resources that should be read again; ``waiting`` says what waits for a
    person.
    """

    def __init__(self, fleet: Fleet, waits: Callable[[], Waits]) -> None:
        self._fleet = fleet
        self._waits = waits
        self._health: Mapping[int, HealthStatus] = {}
        self._bus: Bus[Update] = Bus()
        self._changed_agents: set[int] = set()
        self._made: dict[int, AgentView] = {}
        self._table: tuple[AgentView, ...] | None = None
        self._wake = asyncio.Event()
        self._rows = MissionRows(SHOWN_MISSIONS)
        self._is_following = False
        self._is_partial = False
        self._reading = asyncio.Lock()
        self._stats = QueueStats()
        self._has_logged = False
        self.machine = MachineView()
        self.waiting: Callable[[Sequence[Mission]], tuple[AttentionItem, ...]] = lambda _missions: ()
        self._attention: tuple[AttentionItem, ...] | None = None
        self.resource_changed: Callable[[str], Awaitable[None]] = _nobody_listens

    def is_watched(self) -> bool:
        """Whether a feed is open."""
        return self._bus.is_watched

    def agent_changed(self, agent_id: int) -> None:
        """Notes that an agent's row may have changed."""
        self._changed_agents.add(agent_id)
        self._made.pop(agent_id, None)
        self._table = None
        self._wake.set()

    def health_changed(self, health: Mapping[int, HealthStatus]) -> None:
        """Takes the newest look at all agents."""
        before, self._health = self._health, health
        for agent_id in health.keys() | before.keys():
            if _shown(health.get(agent_id)) != _shown(before.get(agent_id)):
                self.agent_changed(agent_id)

    def event_logged(self, event: Event) -> None:
        """Passes an event on at once; missions are looked at again."""
        self._bus.publish(EventLogged(event))
        self._has_logged = True
        self._wake.set()

    def machine_changed(self, machine: MachineView) -> None:
        """Passes machine totals on, if they are new."""
        if machine != self.machine:
            self.machine = machine
            self._bus.publish(MachineChanged(machine))

    def last_word(self, text: str) -> None:
        """Tells every screen why it will hear no more."""
        self._bus.publish(ConnectionChanged(text))

    def agent_rows(self) -> tuple[AgentView, ...]:
        """Every agent as a row; the same object for as long as none of them is another."""
        if self._table is None:
            self._table = tuple(self._row(record) for record in self._fleet.book.records())
        return self._table

    def _row(self, record: AgentRecord) -> AgentView:
        row = self._made.get(record.id)
        if row is None:
            row = self._made[record.id] = agent_view(self._fleet, record, self._health.get(record.id))
        return row

    async def open(self, session: str, events: tuple[Event, ...], default_provider: str, in_git_repo: bool) -> LiveFeed:
        """Opens a feed."""
        # Keeps the missions followed until the feed is there; what comes before its snapshot is not for it.
        interest = self._bus.subscribe()
        try:
            async with self._reading:
                await self._publish_missions()
            stats = await self._fleet.queue.get_stats()
            subscription = self._bus.subscribe()
        finally:
            interest.close()
        # What was published last may be older than this snapshot: the next pass publishes in any case.
        self._attention = None
        snapshot = Snapshot(
            session=session,
            cwd=self._fleet.cwd,
            agents=self.agent_rows(),
            missions=self._rows.views(),
            stats=stats,
            machine=self.machine,
            events=events,
            attention=self.waiting(self._rows.may_wait()),
            default_provider=default_provider,
            in_git_repo=in_git_repo,
            providers=tuple(self._fleet.providers),
        )
        return LiveFeed(snapshot, subscription)

    async def run(self) -> None:
        """Publishes changed rows until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(COALESCE_S)
            self._wake.clear()
            changed, self._changed_agents = self._changed_agents, set()
            logged, self._has_logged = self._has_logged, False
            if self._bus.is_watched:
                try:
                    await self._publish(changed)
                except OrchestratorError as error:
                    # The store's light says so; the rows are looked at again when it is back.
                    log.warning("rows could not be read: %s", error)
                    self._changed_agents |= changed
                    self._has_logged |= logged
                    self._wake.set()
                    await asyncio.sleep(AFTER_FAILURE_S)
                    continue
            elif self._is_following:
                await self._unfollow()
            if changed:
                await self.resource_changed("orchestrator://agents")
            if logged:
                await self.resource_changed("orchestrator://missions")
                await self.resource_changed("orchestrator://events")

    def close(self) -> None:
        """Ends every feed."""
        self._bus.close()

    async def _publish(self, changed: set[int]) -> None:
        for agent_id in sorted(changed):
            record = self._fleet.book.find(agent_id)
            if record is None:
                self._bus.publish(AgentRemoved(agent_id))
            else:
                self._bus.publish(AgentChanged(self._row(record)))
        async with self._reading:
            await self._publish_missions()
        waiting = self.waiting(self._rows.may_wait())
        if waiting != self._attention:
            self._attention = waiting
            self._bus.publish(AttentionChanged(waiting))
        stats = await self._fleet.queue.get_stats()
        if stats != self._stats:
            self._stats = stats
            self._bus.publish(StatsChanged(stats))
        if self._is_partial and self._rows.lacks_open(stats):
            async with self._reading:
                self._tell(await self._list())

    async def _publish_missions(self) -> None:
        await self._follow()
        names, waits = self._names(), self._waits()
        also = self._rows.outdated(names, waits)
        while True:
            missions = await self._fleet.queue.changed(READ_AT_ONCE, also)
            self._tell(self._rows.take(missions, names, waits))
            if len(missions) < READ_AT_ONCE:
                return
            also = frozenset[str]()

    async def _follow(self) -> None:
        if not self._is_following:
            self._rows.clear()
            await self._list()
            self._is_following = True

    async def _unfollow(self) -> None:
        self._is_following = False
        try:
            await self._fleet.queue.unfollow()
        except OrchestratorError as error:
            log.warning("changed missions are still noted: %s", error)

    async def _list(self) -> list[MissionView]:
        names, waits = self._names(), self._waits()
        missions = await self._fleet.queue.follow(SHOWN_MISSIONS)
        self._is_partial = len(missions) >= SHOWN_MISSIONS
        changed: list[MissionView] = []
        for start in range(0, len(missions), READ_AT_ONCE):
            changed += self._rows.take(missions[start : start + READ_AT_ONCE], names, waits)
            await asyncio.sleep(0)
        return changed

    def _tell(self, changed: Sequence[MissionView]) -> None:
        for view in changed:
            self._bus.publish(MissionChanged(view))

    def _names(self) -> dict[int, str]:
        return {record.id: record.name for record in self._fleet.book.records()}


def _shown(health: HealthStatus | None) -> tuple[object, ...]:
    """What a row shows of it."""
    return () if health is None else (health.memory_usage, health.cpu_usage, health.responsive)


async def _nobody_listens(uri: str) -> None:
    """Until an endpoint passes changes on."""
