"""Budgets: what waits, what is told, and who may set them."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from orchestrator_tui.core.attention import AttentionKind
from orchestrator_tui.core.budget import Budgets, Spending, budget_items, why_agent_waits, why_mission_waits
from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.core.usage import NOTHING_SPENT, Spent
from tests.core.test_attention import AGENT, MISSION

LIMITS = Budgets(mission=2.0, agent=20.0, day=50.0)


def cost(dollars: float) -> Spent:
    return Spent(cost_usd=dollars)


def test_a_mission_waits_only_once_its_own_budget_is_used_up() -> None:
    assert why_mission_waits(LIMITS, cost(1.99)) is None
    assert why_mission_waits(LIMITS, cost(2.0)) == "waits for budget of the mission: $2.00 of $2.00"
    assert why_mission_waits(Budgets(), cost(1e6)) is None


def test_an_agent_waits_for_its_own_budget_and_for_the_days() -> None:
    assert why_agent_waits(LIMITS, cost(19.9), cost(49.9)) is None
    assert why_agent_waits(LIMITS, cost(20.5), cost(0)) == "waits for budget of the agent: $20.50 of $20.00"
    assert why_agent_waits(LIMITS, cost(20.5), cost(50)) == "waits for budget of the day: $50.00 of $50.00"
    assert why_agent_waits(Budgets(), cost(1e6), cost(1e6)) is None


class TestWhatIsTold:
    def ids(self, spending: Spending, mission_spent: Spent = NOTHING_SPENT, **changes: object) -> list[str]:
        agent = replace(AGENT, **{key: value for key, value in changes.items() if key == "state"})
        mission = replace(MISSION, spent=mission_spent)
        if changes.get("ended"):
            mission = replace(mission, state=MissionState.COMPLETED)
        return [item.id for item in budget_items(LIMITS, spending, [agent], [mission], now_ms=9)]

    @pytest.mark.parametrize(
        ("agent", "day", "mission", "ids"),
        [
            (0, 0, 0, []),
            (15.9, 39.9, 1.59, []),
            (16, 40, 1.6, ["budget-D-low", "budget-agent-3-low", "budget-mission-m-low"]),
            (20, 50, 2, ["budget-D-used-up", "budget-agent-3-used-up", "budget-mission-m-used-up"]),
        ],
    )
    def test_begins_at_four_fifths_and_changes_at_the_limit(
        self, agent: float, day: float, mission: float, ids: list[str]
    ) -> None:
        assert self.ids(Spending("D", cost(day), {3: cost(agent)}), cost(mission)) == ids

    def test_ends_with_the_agent_and_the_mission(self) -> None:
        spending = Spending("D", NOTHING_SPENT, {3: cost(20), 99: cost(20)})
        assert self.ids(spending, cost(2), state=AgentState.STOPPED, ended=True) == []

    def test_says_how_much_of_what(self) -> None:
        (item,) = budget_items(Budgets(agent=20.0), Spending("D", cost(99), {3: cost(17)}), [AGENT], [], now_ms=9)
        assert (item.kind, item.since, item.agent_id) == (AttentionKind.BUDGET, 9, 3)
        assert item.text == "budget of agent-3: $17.00 of $20.00, 85 %"


def test_the_lower_of_two_limits_counts() -> None:
    assert Budgets(mission=2, day=5).lowered(Budgets(mission=1, agent=7, day=9)) == Budgets(mission=1, agent=7, day=5)


@pytest.mark.parametrize("value", [0, -1, "much"])
def test_a_limit_is_a_positive_amount(value: object) -> None:
    with pytest.raises(ValidationError):
        Budgets.model_validate({"day": value})
