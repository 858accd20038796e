"""The mouse works everywhere: what can be seen can be clicked, and the wheel turns what is below it."""

from dataclasses import replace

import pytest
from textual.command import CommandPalette
from textual.containers import VerticalScroll
from textual.widgets import Input

from orchestrator_tui.core.history import CommandView
from orchestrator_tui.core.models import MissionState, Role
from orchestrator_tui.core.views import MissionChanged, SpawnRequest
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.diff_screen import DiffScreen
from orchestrator_tui.ui.graph_screen import GraphScreen
from orchestrator_tui.ui.grid import GridScreen
from orchestrator_tui.ui.health_screen import HealthScreen
from orchestrator_tui.ui.health_table import Column, Order, table_header
from orchestrator_tui.ui.hints import key_hints, key_of
from orchestrator_tui.ui.log_screen import LogScreen
from orchestrator_tui.ui.mission_screen import MissionScreen
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.plan_screen import PlannedRows, PlanScreen
from orchestrator_tui.ui.widgets.agent_list import AgentList
from orchestrator_tui.ui.widgets.filter_bar import FilterBar
from orchestrator_tui.ui.widgets.mission_table import MissionTable
from tests.ui.conftest import RecordingAttacher
from tests.ui.fake_client import FLEET, MINUTE, NOW_MS, FakeClient, FrozenClock, mission
from tests.ui.mouse import click, place_of, second_click, wheel
from tests.ui.sample_activity import ACTIVITY, BUSY_FLEET
from tests.ui.steps import NARROW, WIDE, DashboardPilot, closed, dialog, ready, selected_agent, until


def made(client: FakeClient) -> OrchestratorApp:
    app = OrchestratorApp(client, clock=FrozenClock(), attacher=RecordingAttacher())
    app.animation_level = "none"
    return app


async def screen_of(pilot: DashboardPilot, app: OrchestratorApp, kind: type) -> None:
    await until(pilot, lambda: isinstance(app.screen, kind) and app.screen.is_mounted, f"no {kind.__name__}")
    await pilot.pause()


class TestHints:
    @pytest.mark.parametrize(
        ("shown", "key"),
        [
            *(
                ("esc", "escape"),
                ("^s", "ctrl+s"),
                ("/", "slash"),
                ("?", "question_mark"),
                ("J", "J"),
                ("$", "dollar_sign"),
            ),
            *(("↑", "up"), ("pgdn", "pagedown"), ("F1", "f1"), ("1-3", None), ("arrows", None), (".csv", None)),
        ],
    )
    def test_a_name_stands_for_its_key(self, shown: str, key: str | None) -> None:
        assert key_of(shown) == key

    @pytest.mark.parametrize(
        ("shown", "keys"),
        [
            ("J/K", ["J", "K", "J"]),
            ("[ ]", ["left_square_bracket", "right_square_bracket", "left_square_bracket"]),
            ("]/[", ["right_square_bracket", "left_square_bracket", "right_square_bracket"]),
            ("←→", ["left", "right", "left"]),
            ("/", ["slash", "slash"]),
            ("m c $", ["m", "c", "dollar_sign", "m"]),
            ("1-3", []),
        ],
    )
    def test_each_of_several_keys_can_be_clicked_and_the_words_are_the_first(self, shown: str, keys: list[str]) -> None:
        clicks = [span.click for span in key_hints((shown, "does it")) if span.click]
        assert clicks == [f"app.hit('{key}')" for key in keys]


class TestDashboard:
    async def test_rows_are_chosen_and_opened_each_as_its_panel_says(
        self, app: OrchestratorApp, client: FakeClient
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await click(pilot, app, "Rate limit on login")
            assert (app.dashboard.active, app.model.selected_mission) == (Panel.MISSIONS, "m-047")
            await click(pilot, app, "Split users table", times=2)
            await screen_of(pilot, app, MissionScreen)
            assert ("attach_argv", 3) not in client.calls
            await click(pilot, app, "back")
            await closed(pilot, app)
            await click(pilot, app, "CPU", times=2)
            await screen_of(pilot, app, HealthScreen)
            await pilot.press("escape")
            await closed(pilot, app)
            await click(pilot, app, "31 passed", times=2)
            await until(pilot, lambda: ("attach_argv", 1) in client.calls, "the pane was not attached")

    async def test_footer_and_header_run_their_actions(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await click(pilot, app, "new")
            await dialog(pilot, app, "New agent")
            await click(pilot, app, "esc cancel", into=5)
            await closed(pilot, app)
            await click(pilot, app, "! 3 ·")
            await dialog(pilot, app, "Waits for you")
            await click(pilot, app, "esc close")
            await closed(pilot, app)
            await click(pilot, app, "/ filter")
            assert app.dashboard.is_typing

    async def test_tabs_and_footer_of_a_narrow_terminal(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=NARROW) as pilot:
            await ready(pilot, app)
            for name, panel in (("4 Missions", Panel.MISSIONS), ("5 Events", Panel.EVENTS), ("2 Health", Panel.HEALTH)):
                await click(pilot, app, name)
                assert app.dashboard.active is panel
            await click(pilot, app, "enter details")
            await screen_of(pilot, app, HealthScreen)

    async def test_the_wheel_scrolls_what_is_below_it_and_rows_that_come_do_not_take_it_back(self) -> None:
        many = tuple(mission(n, f"Number {n}", MissionState.PENDING, MINUTE) for n in range(100, 140))
        client = FakeClient(replace(FLEET, missions=many))
        app = made(client)
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            table, agents = app.dashboard.query_one(MissionTable), app.dashboard.query_one(AgentList)
            await wheel(pilot, app, "Number 101", 4)
            top = table.scroll_offset.y
            assert top > 0
            assert (app.dashboard.active, agents.scroll_offset.y) == (Panel.AGENTS, 0)
            client.feeds[0].push(MissionChanged(mission(99, "Before all", MissionState.RUNNING, MINUTE)))
            await until(pilot, lambda: "m-099" in table.keys, "the new mission is not shown")
            await pilot.pause()
            assert table.scroll_offset.y == top

    async def test_a_double_click_that_began_elsewhere_opens_nothing(
        self, app: OrchestratorApp, client: FakeClient
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await click(pilot, app, "docs-fix")
            await second_click(pilot, app, "db-migrate")
            assert not any(call[0] == "attach_argv" for call in client.calls)
            assert selected_agent(app) == "db-migrate"

    async def test_a_click_elsewhere_keeps_the_filter_and_leaves_its_line(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("slash", *"work")
            await click(pilot, app, "ui-health")
            await until(pilot, lambda: not app.dashboard.is_typing, "the line is still there")
            assert app.model.filters[Panel.AGENTS] == "work"
            await pilot.press("j")
            assert selected_agent(app) == "mcp-tools"
            await click(pilot, app, "filter")
            await pilot.press(*"zzz")
            await click(pilot, app, "esc")
            await until(pilot, lambda: Panel.AGENTS not in app.model.filters, "the filter was not cleared")
            assert not app.dashboard.query_one(FilterBar).display


class TestPane:
    async def test_the_wheel_shows_what_scrolled_away_whatever_has_the_keyboard(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await until(pilot, lambda: app.dashboard.pane.pane_frame is not None, "no frame")
            await wheel(pilot, app, "31 passed", -2)
            await until(pilot, lambda: not app.dashboard.pane.follows, "no history")
            assert app.dashboard.active is Panel.AGENTS
            await wheel(pilot, app, "Bash", 9)
            assert app.dashboard.pane.follows

    async def test_while_typing_the_mouse_runs_nothing_and_what_is_typed_is_seen(
        self, app: OrchestratorApp, client: FakeClient
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            pane = app.dashboard.pane
            await until(pilot, lambda: pane.pane_frame is not None, "no frame")
            await pilot.press("i")
            await until(pilot, lambda: pane.is_typing, "it does not type")
            for text in ("mission", "! 3 ·", "filter"):
                await click(pilot, app, text)
            await click(pilot, app, "31 passed", times=2)
            assert pane.is_typing
            assert app.screen is app.dashboard
            assert not any(call[0] == "attach_argv" for call in client.calls)
            await wheel(pilot, app, "31 passed", -2)
            await until(pilot, lambda: not pane.follows, "no history")
            await pilot.press("x")
            assert pane.follows
            await until(pilot, lambda: any(call[0] == "type_strokes" for call in client.calls), "nothing was typed")
            await click(pilot, app, "docs-fix")
            await until(pilot, lambda: ("fit_pane", 1, None) in client.calls, "it still types")
            assert selected_agent(app) == "docs-fix"


class TestDialogs:
    async def test_questions_are_answered_by_their_buttons(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("D")
            await dialog(pilot, app, "Kill")
            await click(pilot, app, "esc no, leave it", into=6)
            await closed(pilot, app)
            await pilot.press("D")
            await dialog(pilot, app, "Kill")
            await click(pilot, app, "y kill")
            await until(pilot, lambda: ("kill", 1, "SIGTERM") in client.calls, "nothing was killed")
            await closed(pilot, app)
            await pilot.press("q")
            await dialog(pilot, app, "Quit")
            await click(pilot, app, "keep working")
            await until(pilot, lambda: app.return_value == "keep", "it did not quit")

    async def test_a_form_is_filled_in_and_sent(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=NARROW) as pilot:
            await ready(pilot, app)
            await pilot.press("n")
            await dialog(pilot, app, "New agent")
            await click(pilot, app, "‹ generalist", into=4)
            await click(pilot, app, "‹", into=1)
            await click(pilot, app, "‹", into=1)
            await click(pilot, app, "haiku")
            await click(pilot, app, "Count", into=16)
            assert app.screen.focused is app.screen.query_one("#field-count", Input)
            await click(pilot, app, "enter start", into=7)
            await closed(pilot, app)
            (request,) = [call[1] for call in client.calls if call[0] == "spawn"]
            assert isinstance(request, SpawnRequest)
            roles = list(Role)
            expected = roles[(roles.index(Role.GENERALIST) - 1) % len(roles)]
            assert (request.config.role, request.config.model) == (expected, "haiku")

    async def test_the_inbox(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("exclamation_mark")
            await dialog(pilot, app, "Waits for you")
            await click(pilot, app, "Which links should go?")
            await click(pilot, app, "2. Only the external ones")
            await until(pilot, lambda: any(call[:2] == ("choose", "ask-5") for call in client.calls), "not answered")
            await click(pilot, app, "Bash: alembic upgrade head")
            await click(pilot, app, "y allow once", into=4)
            await until(pilot, lambda: ("answer", "ask-4", True, "") in client.calls, "not allowed")
            await click(pilot, app, "e2e-runner   killed", times=2)
            await closed(pilot, app)
            await until(pilot, lambda: selected_agent(app) == "e2e-runner", "it did not go to the agent")

    async def test_lists_help_and_palette(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("4", "A")
            await dialog(pilot, app, "Give")
            await click(pilot, app, "anybody")
            await closed(pilot, app)
            assert any(call[0] == "assign_mission" for call in client.calls)
            await click(pilot, app, "help")
            await dialog(pilot, app, "Keys")
            await pilot.resize_terminal(*NARROW)
            await wheel(pilot, app, "Attach full screen", 3)
            assert app.screen.query_one("#keys", VerticalScroll).scroll_offset.y > 0
            await click(pilot, app, "esc close")
            await closed(pilot, app)
            await pilot.press("colon")
            await screen_of(pilot, app, CommandPalette)
            await pilot.press(*"dependency gra")
            await until(pilot, lambda: "The dependency graph" in screen_text(app), "not found")
            await click(pilot, app, "The dependency graph")
            await screen_of(pilot, app, GraphScreen)


class TestScreens:
    async def test_grid(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("v")
            await screen_of(pilot, app, GridScreen)
            assert isinstance(app.screen, GridScreen)
            count = len(app.screen.shown)
            await click(pilot, app, "v more or fewer", into=3)
            assert len(app.screen.shown) != count
            await click(pilot, app, "docs-fix", times=2)
            await closed(pilot, app)
            assert (selected_agent(app), app.dashboard.is_zoomed) == ("docs-fix", True)

    async def test_graph_and_mission(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("d")
            await screen_of(pilot, app, GraphScreen)
            await click(pilot, app, "Rate limit on login")
            assert isinstance(app.screen, GraphScreen)
            assert app.screen.chosen == "m-047"
            await click(pilot, app, "only what is related")
            assert "Quarantine" not in screen_text(app)
            await click(pilot, app, "Rate limit on login", times=2)
            await screen_of(pilot, app, MissionScreen)
            await click(pilot, app, "J/K", into=2)
            await until(pilot, lambda: any(call[0] == "update_mission" for call in client.calls), "not raised")
            await click(pilot, app, "cancel")
            await dialog(pilot, app, "Cancel m-047")

    async def test_a_click_on_a_column_head_orders_by_it_and_a_second_one_turns_it_round(self) -> None:
        app = made(FakeClient(BUSY_FLEET, known_activity=ACTIVITY))
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("2", "enter")
            await screen_of(pilot, app, HealthScreen)
            assert isinstance(app.screen, HealthScreen)
            await until(pilot, lambda: isinstance(app.screen, HealthScreen) and bool(app.screen.ids), "no agents")
            by_memory = app.screen.ids
            await click(pilot, app, "NAME")
            await until(pilot, lambda: "by name, least first" in screen_text(app), "not ordered by name")
            names = [app.model.agents[one].name for one in app.screen.ids]
            assert names == sorted(names)
            await click(pilot, app, "▲NAME", into=1)
            assert [app.model.agents[one].name for one in app.screen.ids] == sorted(names, reverse=True)
            await click(pilot, app, "MEM    CPU", into=1)
            await until(pilot, lambda: isinstance(app.screen, HealthScreen) and app.screen.ids == by_memory, "not back")
            await click(pilot, app, app.model.agents[by_memory[2]].name, times=2)
            await closed(pilot, app)
            assert app.model.selected_agent == by_memory[2]

    def test_every_column_head_orders(self) -> None:
        clicks = {span.click for span in table_header(120, Order(), orders=True)}
        assert {f"screen.order('{column.name}')" for column in Column} <= clicks
        assert not any(span.click for span in table_header(120, Order()))

    async def test_log(self) -> None:
        ran = (CommandView(1, NOW_MS, "git", ("git -C /acme/api worktree add ../1",), 41.0, agent_id=1),)
        app = made(FakeClient(log=FLEET.events, ran=ran))
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("at")
            await screen_of(pilot, app, LogScreen)
            assert isinstance(app.screen, LogScreen)
            screen = app.screen
            await until(pilot, lambda: bool(screen.events.keys), "no events")
            await pilot.pause()
            await click(pilot, app, "SIGSEGV")
            assert not screen.events.follows
            await click(pilot, app, "F follow", into=3)
            assert screen.events.follows
            await click(pilot, app, "SIGSEGV", times=2)
            await until(pilot, lambda: app.screen is not screen, "the entry was not shown")
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is screen, "the entry is still shown")
            await click(pilot, app, "Commands")
            assert screen.shown is screen.commands
            await until(pilot, lambda: bool(screen.commands.keys), "no commands")
            await click(pilot, app, "/ search", into=3)
            await pilot.press(*"work")
            await click(pilot, app, "worktree")
            await until(pilot, lambda: screen.shown.searched == "work", "the search was not kept")
            await pilot.press("escape", "escape")
            await closed(pilot, app)

    async def test_changes_and_plan(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("equals_sign")
            await until(pilot, lambda: isinstance(app.screen, DiffScreen) and app.screen.diff is not None, "no changes")
            await pilot.pause()
            screen = app.screen
            assert isinstance(screen, DiffScreen)
            assert screen.file is not None
            first = screen.file.path
            await click(pilot, app, "n/N")
            assert screen.file.path != first
            await click(pilot, app, "n/N", into=2)
            assert screen.file.path == first
            await click(pilot, app, "esc back", into=4)
            await closed(pilot, app)
            await pilot.press("M")
            await dialog(pilot, app, "Import a plan")
            await pilot.press(*"plan.yaml")
            await click(pilot, app, "enter show what it would do", into=8)
            await screen_of(pilot, app, PlanScreen)
            await click(pilot, app, "Read the parser")
            assert app.screen.query_one(PlannedRows).selected == 2
            await click(pilot, app, "queue 3 missions")
            await closed(pilot, app)
            assert ("import_plan", "plan.yaml", "d1") in client.calls


def screen_text(app: OrchestratorApp) -> str:
    try:
        place_of(app, "\0")
    except AssertionError as nothing:
        return str(nothing)
    raise AssertionError
