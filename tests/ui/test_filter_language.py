"""The filter language: what is asked of a row, and what is said of a query that cannot be read."""

from dataclasses import replace

import pytest
from textual.widgets import Static

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.usage import Spent
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.filters import AGENT_FILTER, MISSION_FILTER
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.widgets.filter_bar import FilterBar
from tests.ui.fake_client import AGENTS, FLEET, NOW_MS
from tests.ui.steps import NARROW, WIDE, ready, until

FULL = tuple(
    replace(one, context_percent=91.0, spent=Spent(input=5, cost_usd=2.5), note="wait for #release")
    if one.id == 3
    else one
    for one in AGENTS
)


def names(query: str) -> set[str]:
    test = AGENT_FILTER.parse(query)
    return {agent.name for agent in FULL if test is None or test(agent, NOW_MS)}


def ids(query: str) -> list[str]:
    model = Model(now_ms=NOW_MS, filters={Panel.MISSIONS: query})
    model.load(FLEET)
    return [mission.id for mission in model.shown_missions()]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("role:tester", {"flaky-tests", "e2e-runner"}),
        ("role:test,rev", {"flaky-tests", "e2e-runner", "reviewer"}),
        ("role:tester !state:failed", {"flaky-tests"}),
        ("role:tester -state:failed", {"flaky-tests"}),
        ("state:waiting", {"api-auth", "docs-fix"}),
        ("state:needs name:API", {"api-auth"}),
        ("ctx>80", {"db-migrate"}),
        ("ctx>91", set[str]()),
        ("ctx>=91%", {"db-migrate"}),
        ("cost>1", {"db-migrate"}),
        ("cost>$3", set[str]()),
        ("age>1h", {"reviewer", "scratch"}),
        ("age<10s", {"flaky-tests"}),
        ("restarts:5", {"e2e-runner"}),
        ("branch:api/4", {"ui-health"}),
        ("tag:release", {"db-migrate"}),
        ('note:"wait for"', {"db-migrate"}),
        ("#release", {"db-migrate"}),
        ("mig|role:scribe", {"db-migrate", "docs-fix"}),
        ("WORK health", {"ui-health"}),
        ("!work !needs !failed !restart !idle", {"scratch"}),
        ('"api-auth"', {"api-auth"}),
        ("  | ", {agent.name for agent in AGENTS}),
    ],
)
def test_agents(query: str, expected: set[str]) -> None:
    assert names(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state:running", ["m-041", "m-039"]),
        ("state:done|state:failed", ["m-030", "m-029"]),
        ("priority:crit", ["m-041"]),
        ("agent:api tries:1", ["m-041"]),
        ("tries>1", ["m-043", "m-030"]),
        ("age>90m", ["m-029"]),
        ("age>90m|error:agent", ["m-030", "m-029"]),
        ("after:m-041", ["m-048"]),
        ("role:coder", list[str]()),
    ],
)
def test_missions(query: str, expected: list[str]) -> None:
    assert ids(query) == expected


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("roel:coder", "No field is called roel. Did you mean role?"),
        ("zzz:1", "No field is called zzz. Fields: name role"),
        ("role:codr", "No role is called codr. Did you mean coder?"),
        ("role:", "role: is not finished. Write one of oracle"),
        ("name:", "name: is not finished."),
        ("ctx>", "ctx> is not finished. Write it as ctx>80."),
        ("ctx>many", "many is no number. Write it as ctx>80."),
        ("age>soon", "soon is no duration. Write it as age>1h."),
        ("role>coder", "role holds words. Write role:"),
    ],
)
def test_what_cannot_be_read_is_said(query: str, told: str) -> None:
    with pytest.raises(UsageError) as problem:
        AGENT_FILTER.parse(query)
    assert f"{problem.value.message} {problem.value.remedy}".startswith(told)


def test_a_field_of_missions_is_none_of_agents() -> None:
    assert MISSION_FILTER.parse("tries>1") is not None
    with pytest.raises(UsageError, match="tries"):
        AGENT_FILTER.parse("tries>1")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_help_and_errors_stand_below_the_line_and_nothing_moves(
    app: OrchestratorApp, size: tuple[int, int]
) -> None:
    def hint() -> str:
        return str(app.dashboard.query_one("#filter-hint", Static).visual)

    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        room = app.dashboard.pane.outer_size
        await pilot.press("slash")
        await until(pilot, lambda: "role:coder" in hint(), "no help")
        bar = app.dashboard.query_one(FilterBar)
        assert bar.region.bottom == size[1]
        assert bar.size.height == 2
        assert app.dashboard.pane.outer_size == room
        await pilot.press(*"state:idle")
        await until(pilot, lambda: len(app.model.shown_agents()) == 1, "it did not filter")
        await pilot.press("space", *"ctx>")
        await until(pilot, lambda: "ctx> is not finished" in hint(), "no error")
        assert [agent.state for agent in app.model.shown_agents()] == [AgentState.IDLE]
        await pilot.press("enter")
        await until(pilot, lambda: not app.dashboard.is_typing, "still typing")
        assert [agent.state for agent in app.model.shown_agents()] == [AgentState.IDLE]


@pytest.mark.parametrize("query", ["cost=" + "9" * 400, "age=" + "9" * 400 + "h"])
def test_a_number_without_end_is_refused(query: str) -> None:
    with pytest.raises(UsageError):
        AGENT_FILTER.parse(query)
