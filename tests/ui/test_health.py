"""Health: the panel, and the screen behind it."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.activity import LightHistory, StateSpan
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.views import AgentChanged, MachineView
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.format import Spans
from orchestrator_tui.ui.health_lines import gauge, light_lines, restarts_line
from orchestrator_tui.ui.health_screen import HealthScreen
from orchestrator_tui.ui.health_table import Column, Order, ordered, table_header, table_row
from orchestrator_tui.ui.timeline import Doing, axis, doings, legend, plot_spans, scale
from orchestrator_tui.ui.widgets.health import health_lines
from orchestrator_tui.ui.widgets.health_parts import AgentTable, Timeline
from tests.ui.conftest import RecordingAttacher
from tests.ui.fake_client import HOUR, MINUTE, NOW_MS, SECOND, FakeClient, FrozenClock, agent
from tests.ui.sample_activity import ACTIVITY, BUSY_FLEET
from tests.ui.steps import NARROW, WIDE, DashboardPilot, ready, selected_agent, until

BUSY, IDLE, CRASHED, WAITING = AgentState.BUSY, AgentState.IDLE, AgentState.CRASHED, AgentState.WAITING


def text(spans: Spans) -> str:
    return "".join(span.text for span in spans)


class TestTimeline:
    @pytest.mark.parametrize("width", [1, 30, 58, 98, 200])
    def test_the_scale_covers_the_hour_and_ends_with_the_slice_of_now(self, width: int) -> None:
        on = scale(NOW_MS, width)
        assert on.count == width
        assert NOW_MS < on.end <= NOW_MS + on.slice_ms
        assert width == 1 or on.start <= NOW_MS - HOUR

    def test_it_stands_still_inside_a_slice(self) -> None:
        on = scale(NOW_MS, 98)
        assert scale(on.end - 1, 98) == on
        assert scale(on.end, 98).start == on.start + on.slice_ms

    @pytest.mark.parametrize(
        ("spans", "shown"),
        [
            ((), Doing.ABSENT),
            (((IDLE, 0, 30),), Doing.IDLE),
            (((IDLE, 0, 28), (BUSY, 28, 30)), Doing.WORKED),
            (((BUSY, 0, 20), (WAITING, 20, 30)), Doing.WORKED),
            (((BUSY, 0, 10), (WAITING, 10, 30)), Doing.WAITED),
            (((BUSY, 0, 10), (CRASHED, 10, 10), (BUSY, 10, 30)), Doing.CRASHED),
            (((AgentState.FAILED, 0, 30),), Doing.FAILED),
            (((AgentState.STOPPED, 0, 30),), Doing.ABSENT),
        ],
    )
    def test_a_slice_shows_what_matters_most(
        self, spans: tuple[tuple[AgentState, int, int], ...], shown: Doing
    ) -> None:
        on = scale(NOW_MS, 98)
        begun = on.start + 10 * on.slice_ms
        told = [StateSpan(state, begun + since * SECOND, begun + until * SECOND) for state, since, until in spans]
        cells = doings(told, on, NOW_MS)
        assert cells[10] is shown
        assert cells[9] is cells[12] is Doing.ABSENT

    def test_a_state_that_lasts_reaches_to_now(self) -> None:
        cells = doings([StateSpan(BUSY, NOW_MS - 10 * MINUTE)], scale(NOW_MS, 60), NOW_MS)
        assert cells[-1] is Doing.WORKED
        assert cells[-11:].count(Doing.WORKED) >= 10

    def test_every_doing_has_its_own_glyph_and_word(self) -> None:
        assert len({doing.value.glyph for doing in Doing}) == len(Doing)
        assert all(doing.value.word in text(legend(wide=True)) for doing in Doing)

    def test_the_axis_is_as_wide_as_the_plot_and_names_round_minutes(self) -> None:
        on = scale(NOW_MS, 98)
        assert len(axis(on)) == 98
        assert "╷11:30" in axis(on)
        assert text(plot_spans(doings((), on, NOW_MS))) == " " * 98


class TestTable:
    @pytest.mark.parametrize(
        ("column", "first", "last"),
        [
            (Column.MEMORY, "reviewer", "scratch"),
            (Column.NAME, "api-auth", "ui-health"),
            (Column.CONTEXT, "e2e-runner", "scratch"),
            (Column.COST, "reviewer", "scratch"),
            (Column.RESTARTS, "e2e-runner", "scratch"),
        ],
    )
    def test_it_is_ordered_by_a_column_with_unknown_values_last(self, column: Column, first: str, last: str) -> None:
        names = [one.name for one in ordered(BUSY_FLEET.agents, Order(column), {})]
        assert (names[0], names[-1]) == (first, last)

    def test_the_same_column_again_turns_it_round_but_leaves_the_unknown_last(self) -> None:
        order = Order()
        order.choose(Column.MEMORY)
        names = [one.name for one in ordered(BUSY_FLEET.agents, order, {})]
        assert (names[0], names[-1]) == ("api-auth", "scratch")
        assert "▲MEM" in text(table_header(116, order))

    @pytest.mark.parametrize("width", [78, 90, 118])
    def test_rows_stand_below_their_headings(self, width: int) -> None:
        header = text(table_header(width, Order()))
        assert len(header) <= width
        for one in BUSY_FLEET.agents:
            assert len(text(table_row(one, width, NOW_MS, 24_000))) == len(header) - 2

    def test_a_full_context_says_so(self) -> None:
        one = replace(agent(1, "a", BUSY, 0), context_percent=93.0)
        assert "full" in text(table_row(one, 118, NOW_MS, 0))


class TestLines:
    def test_the_worst_agent_is_named_with_its_budget_until_its_crashes_are_old(self) -> None:
        one = replace(agent(1, "flaky", BUSY, 0, restarts=7), crashes=(NOW_MS - MINUTE, NOW_MS - SECOND))
        assert text(restarts_line([one], NOW_MS, 60)) == "RESTARTS  ▲ 2 of 5 in 5 min   flaky"
        assert text(restarts_line([one], NOW_MS + 6 * MINUTE, 60)) == "RESTARTS  none in 5 min   7 in all"

    def test_a_light_tells_what_was_wrong_last_and_when(self) -> None:
        history = LightHistory("store", "the disk is full", NOW_MS - MINUTE, NOW_MS)
        store = text(light_lines(MachineView(), [history], 100)[2])
        assert store == "STORE     ● ok   last error 12:03:31 to 12:04:31: the disk is full"
        broken = text(light_lines(MachineView(store_error="the disk is full"), [replace(history, until=None)], 100)[2])
        assert broken == "STORE     × the disk is full   since 12:03:31"

    @pytest.mark.parametrize("width", [30, 42, 76])
    def test_gauges_fill_their_line(self, width: int) -> None:
        assert len(text(gauge("CPU", (1.0, 2.0), "38%", "8 cores", width))) == max(32, width)

    async def test_the_panel_fits_its_room_and_shows_agents_where_there_is_more(self, app: OrchestratorApp) -> None:
        app.model.load(BUSY_FLEET)
        assert len(health_lines(app.model, 42, 8, NOW_MS)) == 8
        large = [text(line) for line in health_lines(app.model, 76, 18, NOW_MS)]
        assert len(large) <= 18
        assert "reviewer" in large[10]
        assert "TOK/m" in large[2]


@pytest.fixture
def client() -> FakeClient:
    return FakeClient(BUSY_FLEET, known_activity=ACTIVITY)


async def opened(pilot: DashboardPilot, app: OrchestratorApp) -> HealthScreen:
    await ready(pilot, app)
    await pilot.press("2", "enter")
    await until(pilot, lambda: isinstance(app.screen, HealthScreen) and bool(app.screen.ids), "it did not open")
    assert isinstance(app.screen, HealthScreen)
    return app.screen


def name_of(app: OrchestratorApp, screen: HealthScreen) -> str:
    assert screen.chosen is not None
    return app.model.agents[screen.chosen].name


class TestScreen:
    async def test_keys_move_order_and_go_to_the_agent(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            await pilot.press("n", "g", "j")
            assert name_of(app, screen) == "db-migrate"
            await pilot.press("greater_than_sign")
            assert "▼MEM" in screen.query_one(AgentTable).render_line(0).text
            assert name_of(app, screen) == "db-migrate", "the cursor stays with its agent"
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is app.dashboard, "it stays open")
            assert selected_agent(app) == "db-migrate"

    async def test_the_order_is_remembered(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await opened(pilot, app)
            await pilot.press("x", "escape")
            await until(pilot, lambda: app.screen is app.dashboard, "it stays open")
            screen = await opened(pilot, app)
            assert "▼CTX" in screen.query_one(AgentTable).render_line(0).text

    async def test_the_supervisor_is_asked_only_while_it_is_open(
        self, app: OrchestratorApp, client: FakeClient
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            assert client.activity_asked == 0
            await opened(pilot, app)
            await until(pilot, lambda: client.activity_asked >= 2, "it is not asked again")
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.dashboard, "it stays open")
            asked = client.activity_asked
            await pilot.pause(1.2)
            assert client.activity_asked == asked

    async def test_one_part_at_a_time_where_there_is_little_height(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=NARROW) as pilot:
            screen = await opened(pilot, app)
            parts = [screen.query_one(f"#{name}") for name in ("table", "hour", "lights")]
            seen: list[int] = []
            for _ in range(4):
                await until(pilot, lambda: [part.display for part in parts].count(True) == 1, "not one part")
                seen.append([part.display for part in parts].index(True))
                await pilot.press("tab")
                await pilot.pause()
            assert seen == [0, 1, 2, 0]

    async def test_many_agents_scroll_and_the_timeline_goes_along(self, client: FakeClient) -> None:
        many = tuple(agent(number, f"agent-{number}", BUSY, MINUTE) for number in range(1, 201))
        client.snapshot = replace(BUSY_FLEET, agents=many)
        app = OrchestratorApp(client, clock=FrozenClock(), attacher=RecordingAttacher())
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            await pilot.press("n", "G")
            await pilot.pause()
            last = name_of(app, screen)
            for widget in (screen.query_one(AgentTable), screen.query_one(Timeline)):
                lines = [widget.render_line(y).text for y in range(widget.size.height)]
                assert any(last in line for line in lines)

    async def test_what_changes_meanwhile_is_shown(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            fresh = replace(BUSY_FLEET.agents[0], name="renamed")
            client.feeds[-1].push(AgentChanged(fresh))
            await until(pilot, lambda: "renamed" in [one.name for one in app.model.agents.values()], "not renamed")
            await until(
                pilot,
                lambda: any("renamed" in screen.query_one(Timeline).render_line(y).text for y in range(1, 12)),
                "the new name is not shown",
            )
