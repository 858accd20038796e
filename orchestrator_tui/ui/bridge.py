"""From the supervisor's feed to the model: updates are gathered and applied at most ten times a second."""

import asyncio
from collections.abc import Callable

from orchestrator_tui.core.views import (
    AgentChanged,
    AgentRemoved,
    AttentionChanged,
    ConnectionChanged,
    Feed,
    MachineChanged,
    MissionChanged,
    Resynced,
    StatsChanged,
    SupervisorClient,
    Update,
)
from orchestrator_tui.ui.model import Model

FLUSH_INTERVAL_S = 0.1


class Pending:
    """Updates that wait: of each agent, mission and total only the newest, events all."""

    def __init__(self) -> None:
        self._latest: dict[object, Update] = {}
        self._count = 0

    def add(self, update: Update) -> None:
        """Keeps the update, instead of an older one about the same thing."""
        if isinstance(update, Resynced):
            self._latest.clear()
        key = self._key(update)
        # Taken out first, so that the newest word stands in the order in which it came.
        self._latest.pop(key, None)
        self._latest[key] = update

    def take(self) -> list[Update]:
        """All that waits, in order; nothing waits afterwards."""
        updates = list(self._latest.values())
        self._latest.clear()
        return updates

    def _key(self, update: Update) -> object:
        match update:
            case AgentChanged(agent):
                return "agent", agent.id
            case AgentRemoved(agent_id):
                return "agent", agent_id
            case MissionChanged(mission):
                return "mission", mission.id
            case StatsChanged() | MachineChanged() | AttentionChanged() | ConnectionChanged() | Resynced():
                return type(update)
            case _:
                self._count += 1
                return "event", self._count


class Bridge:
    """Follows one feed; ``on_change`` is called after each change of the model."""

    def __init__(self, client: SupervisorClient, model: Model, on_change: Callable[[], None]) -> None:
        self._client = client
        self._model = model
        self._on_change = on_change
        self._pending = Pending()
        self._feed: Feed | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last_flush = float("-inf")

    async def run(self) -> None:
        """Loads the snapshot and applies updates until the feed ends; raises what the client raises."""
        feed = self._feed = await self._client.open_feed()
        try:
            self._model.load(feed.snapshot)
            self._on_change()
            async for update in feed:
                self._pending.add(update)
                self._plan_flush()
        finally:
            if self._timer is not None:
                self._timer.cancel()
            feed.close()
        self._flush()

    def _plan_flush(self) -> None:
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        wait = max(0.0, self._last_flush + FLUSH_INTERVAL_S - loop.time())
        self._timer = loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._last_flush = asyncio.get_running_loop().time()
        updates = self._pending.take()
        if updates:
            self._model.apply(updates)
            self._on_change()
