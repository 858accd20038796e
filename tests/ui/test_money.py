"""Tokens and money on the screen."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.usage import NOTHING_SPENT, Spent
from orchestrator_tui.core.views import MachineView
from orchestrator_tui.ui.format import Spans, agent_row, mission_header, mission_row
from orchestrator_tui.ui.health_lines import today_spans
from orchestrator_tui.ui.money import agent_facts, cost_word, count_word, dollars
from orchestrator_tui.ui.widgets.live_pane import pane_subtitle
from tests.ui.fake_client import MISSIONS, NOW_MS, agent

SPENT = Spent(1_200, 300, 40_000, 500, 12.34)


def text(spans: Spans) -> str:
    return "".join(span.text for span in spans)


@pytest.mark.parametrize(
    ("amount", "word"), [(0, "$0.00"), (0.0042, "$0.004"), (0.1, "$0.10"), (12.34, "$12.34"), (1234.5, "$1234")]
)
def test_dollars_are_short(amount: float, word: str) -> None:
    assert dollars(amount) == word


@pytest.mark.parametrize(
    ("spent", "word"),
    [
        (NOTHING_SPENT, "-"),
        (SPENT, "$12.34"),
        (replace(SPENT, unpriced=1), "$12.34+"),
        (replace(SPENT, cost_usd=0, unpriced=1), "?"),
    ],
)
def test_a_cost_says_how_far_it_is_known(spent: Spent, word: str) -> None:
    assert cost_word(spent) == word


def test_counts_are_short() -> None:
    assert [count_word(n) for n in (999, 1_200, 34_000, 5_600_000)] == ["999", "1.2k", "34k", "5.6M"]


def test_an_agents_cost_and_context_stand_below_its_pane_and_in_a_wide_list() -> None:
    one = replace(agent(1, "a", AgentState.BUSY, 0), spent=SPENT, context_percent=41.7)
    assert agent_facts(one) == ["$12.34", "ctx 42%"]
    assert "$12.34  ctx 42%" in text(pane_subtitle(one, 70))
    assert "$12.34" in text(agent_row(one, 118, NOW_MS, costs=True))
    assert "42%" in text(agent_row(one, 118, NOW_MS, costs=True))
    assert "$" not in text(agent_row(one, 78, NOW_MS, costs=True))
    assert agent_facts(agent(1, "a", AgentState.BUSY, 0)) == []


def test_a_missions_cost_has_a_column_where_it_fits_and_there_is_one() -> None:
    mission = replace(MISSIONS[0], spent=SPENT)
    assert "$12.34" in text(mission_row(mission, 118, NOW_MS, costs=True))
    assert "$" not in text(mission_row(mission, 78, NOW_MS, costs=True))
    assert "COST" not in text(mission_header(118))


@pytest.mark.parametrize(
    ("spent", "budget", "shown", "token"),
    [
        (NOTHING_SPENT, None, "$0.00 today", "muted"),
        (NOTHING_SPENT, 50.0, "$0.00 today   0% of $50.00", "text"),
        (SPENT, None, "$12.34 today", "text"),
        (SPENT, 50.0, "$12.34 today   25% of $50.00", "text"),
        (SPENT, 15.0, "$12.34 today   82% of $15.00", "needs"),
    ],
)
def test_todays_total_warns_near_the_budget(spent: Spent, budget: float | None, shown: str, token: str) -> None:
    spans = today_spans(MachineView(spent_today=spent, day_budget=budget))
    assert text(spans) == shown
    assert spans[0].token == token
