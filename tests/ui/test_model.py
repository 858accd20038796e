"""What is shown, in which order, and what stays chosen."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.core.views import (
    AgentChanged,
    AgentRemoved,
    EventLogged,
    MachineChanged,
    MissionChanged,
    StatsChanged,
)
from orchestrator_tui.ui.model import MISSIONS_KEPT, Layout, Model, Panel, layout_for, matches, visible_panels
from tests.ui.fake_client import AGENTS, FLEET, MACHINE, NOW_MS, agent, mission


@pytest.fixture
def model() -> Model:
    made = Model()
    made.load(FLEET)
    return made


class TestOrder:
    def test_agents_that_need_a_person_come_first(self, model: Model) -> None:
        names = [one.name for one in model.shown_agents()]
        assert names[:4] == ["api-auth", "docs-fix", "e2e-runner", "flaky-tests"]
        assert names[-2:] == ["reviewer", "scratch"]

    def test_rows_of_one_state_do_not_jump(self, model: Model) -> None:
        model.apply([AgentChanged(replace(AGENTS[2], task_title="something else", state_since=NOW_MS))])
        names = [one.name for one in model.shown_agents() if one.state is AgentState.BUSY]
        assert names == ["db-migrate", "ui-health", "mcp-tools"]

    def test_missions_at_work_come_first_and_ended_ones_last(self, model: Model) -> None:
        ids = [one.id for one in model.shown_missions()]
        assert ids == ["m-041", "m-039", "m-043", "m-047", "m-048", "m-030", "m-029"]

    def test_the_newest_event_comes_first(self, model: Model) -> None:
        model.apply([EventLogged(Event(EventType.READY, NOW_MS, agent_id=1, seq=7))])
        assert model.shown_events()[0].seq == 7


class TestSelection:
    def test_it_follows_the_agent_not_the_row(self, model: Model) -> None:
        model.selected_agent = 3
        model.apply([AgentChanged(replace(AGENTS[2], state=AgentState.FAILED))])
        assert model.selected_agent == 3

    def test_a_removed_agent_gives_it_to_the_first(self, model: Model) -> None:
        model.selected_agent = 3
        model.apply([AgentRemoved(3)])
        assert model.selected_agent == 1

    def test_a_spawned_agent_is_chosen_when_it_comes(self, model: Model) -> None:
        model.expected_agent = 50
        model.settle_selection()
        assert model.selected_agent == 1
        model.apply([AgentChanged(agent(50, "new", AgentState.STARTING, 0))])
        assert model.selected_agent == 50

    def test_an_empty_fleet_has_none(self) -> None:
        assert Model().agent() is None
        assert Model().mission() is None


class TestFilter:
    @pytest.mark.parametrize(
        ("query", "shown"),
        [("", 9), ("needs|work", 5), ("WORK", 3), ("auth", 1), ("tester", 2), ("tester failed", 1), ("nothing", 0)],
    )
    def test_agents(self, model: Model, query: str, shown: int) -> None:
        model.filters[Panel.AGENTS] = query
        assert len(model.shown_agents()) == shown

    def test_missions(self, model: Model) -> None:
        model.filters[Panel.MISSIONS] = "ready|blocked"
        assert [one.id for one in model.shown_missions()] == ["m-047", "m-048"]

    def test_events(self, model: Model) -> None:
        model.filters[Panel.EVENTS] = "crash"
        assert [event.seq for event in model.shown_events()] == [4]

    def test_all_words_of_one_alternative_must_be_there(self) -> None:
        assert matches("red box|blue", "a box, red")
        assert not matches("red box|blue", "a box, green")

    def test_finding_prefers_the_beginning_of_a_name(self, model: Model) -> None:
        assert model.find_agent("re") == 8
        assert model.find_agent("MIG") == 3
        assert model.find_agent("zzz") is None


class TestUpdates:
    def test_totals_and_samples(self, model: Model) -> None:
        model.apply([MachineChanged(replace(MACHINE, cpu_percent=90.0)), StatsChanged(replace(FLEET.stats, pending=3))])
        assert list(model.cpu_samples) == [38.0, 90.0]
        assert model.stats.pending == 3

    def test_old_ended_missions_are_forgotten_and_open_ones_never(self, model: Model) -> None:
        many = [MissionChanged(mission(1000 + n, "x", MissionState.COMPLETED, n)) for n in range(MISSIONS_KEPT)]
        model.apply(many)
        assert len(model.missions) == MISSIONS_KEPT
        assert "m-041" in model.missions
        assert "m-029" not in model.missions


class TestLayout:
    @pytest.mark.parametrize(
        ("size", "layout"),
        [
            ((120, 36), Layout.WIDE),
            ((100, 28), Layout.WIDE),
            ((120, 24), Layout.NARROW),
            ((80, 24), Layout.NARROW),
            ((60, 16), Layout.NARROW),
            ((59, 24), Layout.LIST),
            ((80, 15), Layout.LIST),
            ((39, 24), Layout.NONE),
            ((80, 9), Layout.NONE),
        ],
    )
    def test_it_follows_the_size(self, size: tuple[int, int], layout: Layout) -> None:
        assert layout_for(*size) is layout

    def test_a_wide_terminal_shows_all_but_one_of_missions_and_events(self) -> None:
        seen = visible_panels(Layout.WIDE, Panel.AGENTS, Panel.EVENTS, zoomed=False)
        assert seen == {Panel.AGENTS, Panel.HEALTH, Panel.PANE, Panel.EVENTS}

    def test_a_narrow_one_shows_the_active_panel(self) -> None:
        assert visible_panels(Layout.NARROW, Panel.PANE, Panel.EVENTS, zoomed=False) == {Panel.AGENTS, Panel.PANE}
        assert visible_panels(Layout.NARROW, Panel.HEALTH, Panel.EVENTS, zoomed=False) == {Panel.HEALTH}

    @pytest.mark.parametrize("layout", [Layout.WIDE, Layout.NARROW, Layout.LIST])
    def test_zoom_shows_one(self, layout: Layout) -> None:
        assert visible_panels(layout, Panel.PANE, Panel.EVENTS, zoomed=True) == {Panel.PANE}


class TestExpected:
    """What a person has just started takes the cursor when it comes, unless they went elsewhere meanwhile."""

    def test_an_agent_that_comes_takes_the_cursor(self, model: Model) -> None:
        model.expected_agent = 12
        model.apply([AgentChanged(agent(12, "new", AgentState.STARTING, 0))])
        assert model.selected_agent == 12

    def test_it_does_not_once_a_person_chose_another(self, model: Model) -> None:
        model.expected_agent = 12
        model.choose_agent(3)
        model.apply([AgentChanged(agent(12, "new", AgentState.STARTING, 0))])
        assert model.selected_agent == 3

    def test_nor_does_a_mission(self, model: Model) -> None:
        model.expected_mission = "m-060"
        model.choose_mission("m-039")
        model.apply([MissionChanged(mission(60, "New", MissionState.PENDING, 0))])
        assert model.selected_mission == "m-039"
