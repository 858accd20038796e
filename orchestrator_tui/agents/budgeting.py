"""Holds new missions back once a budget is used up, and tells a person before."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.budget import Budgets, Spending, budget_items, why_agent_waits, why_mission_waits
from orchestrator_tui.core.models import AgentRecord, Mission
from orchestrator_tui.core.usage import Counted, day_of


class Budgeting:
    """Asked by whoever begins missions; what runs is left alone.

    ``limits`` gives the limits as they are configured now.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.limits: Callable[[], Budgets] = lambda: fleet.settings.budgets
        self._since: dict[str, int] = {}
        self._told: set[str] = set()

    def why_mission_waits(self, mission: Mission) -> str | None:
        """Why the mission may not begin now, or None."""
        return why_mission_waits(self.limits(), mission.spent)

    def why_agent_waits(self, record: AgentRecord) -> str | None:
        """Why the agent may not begin a mission now, or None."""
        spending = self._spending()
        return why_agent_waits(self.limits(), self._fleet.usage.of_agent(record.id), spending.today)

    def items(self, missions: Iterable[Mission]) -> list[AttentionItem]:
        """What is nearly or wholly used up; each item keeps the time at which it was first seen."""
        fleet, limits = self._fleet, self.limits()
        if limits == Budgets():
            return []
        found = budget_items(limits, self._spending(), fleet.book.records(), missions, now_ms=fleet.clock.now_ms())
        return [replace(item, since=self._since.setdefault(item.id, item.since)) for item in found]

    def is_known(self, missions: Iterable[Mission]) -> None:
        """What an earlier supervisor told of is not told again."""
        self._told = {item.id for item in self.items(missions)}

    async def look(self, counted: Sequence[Counted]) -> None:
        """Tells once of each budget that what was just counted brought near its end, or to it."""
        if self.limits() == Budgets():
            return
        grown = {one.mission_id for one in counted if one.mission_id is not None}
        missions = [await self._fleet.queue.get(mission_id) for mission_id in grown]
        for item in self.items(missions):
            if item.id not in self._told:
                self._told.add(item.id)
                self._fleet.attention(item.agent_id, item.mission_id, item.text)

    def _spending(self) -> Spending:
        fleet = self._fleet
        day = day_of(fleet.clock.now_ms())
        return Spending(day, fleet.usage.of_day(day), fleet.usage.agents)
