"""Limits on what may be spent, and what follows from them: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission
from orchestrator_tui.core.usage import Spent

BUDGET_WAIT = "waits for budget"
WARN_AT = 0.8
"""The part of a budget from which on a person is told."""


class Budgets(BaseModel):
    """US dollars; None is without limit.

    ``mission`` is for all attempts of one mission, ``agent`` for all of one agent's life, ``day`` for everything that
    is spent on one local day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mission: float | None = Field(default=None, gt=0)
    agent: float | None = Field(default=None, gt=0)
    day: float | None = Field(default=None, gt=0)

    def lowered(self, by: "Budgets") -> "Budgets":
        """Each limit, or the other one's where that is lower."""
        return Budgets(
            mission=_lower(self.mission, by.mission), agent=_lower(self.agent, by.agent), day=_lower(self.day, by.day)
        )


@dataclass(frozen=True, slots=True)
class Spending:
    """What budgets are compared with; ``day`` names today, ``agents`` are sums by agent."""

    day: str
    today: Spent
    agents: Mapping[int, Spent]


def is_used_up(spent: Spent, limit: float | None) -> bool:
    """Whether nothing more may be begun under this limit; only what has a price counts."""
    return limit is not None and spent.cost_usd >= limit


def why_mission_waits(budgets: Budgets, spent: Spent) -> str | None:
    """Why no agent may begin a mission on which this was spent, in words; None when one may."""
    return _waits("mission", spent, budgets.mission)


def why_agent_waits(budgets: Budgets, spent: Spent, today: Spent) -> str | None:
    """Why an agent that spent this begins no mission today, in words; None when it does."""
    return _waits("day", today, budgets.day) or _waits("agent", spent, budgets.agent)


def budget_items(
    budgets: Budgets, spending: Spending, agents: Iterable[AgentRecord], missions: Iterable[Mission], now_ms: int
) -> list[AttentionItem]:
    """What is nearly or wholly used up of what still matters: today, living agents, open missions.

    An item's id changes when the limit is reached, and with the day, so that each is told once. ``since`` is now.
    """
    items: list[AttentionItem] = []

    def look(name: str, what: str, spent: Spent, limit: float | None, **about: object) -> None:
        if limit is None or spent.cost_usd < WARN_AT * limit:
            return
        is_over = is_used_up(spent, limit)
        effect = "nothing new is begun" if is_over else f"{100 * spent.cost_usd / limit:.0f} %"
        items.append(
            AttentionItem(
                id=f"budget-{name}-{'used-up' if is_over else 'low'}",
                kind=AttentionKind.BUDGET,
                since=now_ms,
                text=f"budget of {what}: {_used(spent, limit)}, {effect}",
                **about,  # pyright: ignore[reportArgumentType]
            )
        )

    look(spending.day, "the day", spending.today, budgets.day)
    for record in agents:
        if record.state is not AgentState.STOPPED and (spent := spending.agents.get(record.id)) is not None:
            look(f"agent-{record.id}", record.name, spent, budgets.agent, agent_id=record.id, agent_name=record.name)
    for mission in missions:
        if not mission.state.is_ended:
            look(f"mission-{mission.id}", mission.id, mission.spent, budgets.mission, mission_id=mission.id)
    return items


def _waits(what: str, spent: Spent, limit: float | None) -> str | None:
    return f"{BUDGET_WAIT} of the {what}: {_used(spent, limit)}" if is_used_up(spent, limit) else None


def _used(spent: Spent, limit: float | None) -> str:
    return f"${spent.cost_usd:.2f} of ${limit:.2f}"


def _lower(one: float | None, other: float | None) -> float | None:
    given = [limit for limit in (one, other) if limit is not None]
    return min(given, default=None)
