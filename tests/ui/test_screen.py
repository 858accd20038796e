"""Moving about: panels, cursor, filter, find, zoom, palette, sizes; and what happens when something fails."""

from dataclasses import replace
from time import perf_counter

import pytest
from textual.widgets import Input, OptionList, TextArea

from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.core.views import AgentChanged, MissionChanged
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.widgets.agent_list import AgentList
from orchestrator_tui.ui.widgets.event_log import EventLog
from orchestrator_tui.ui.widgets.mission_table import MissionTable
from tests.ui.fake_client import EMPTY, FLEET, REFUSAL, FakeClient, FrozenClock, agent, mission
from tests.ui.steps import NARROW, WIDE, closed, dialog, ready, selected_agent, toasts, until


def lines_of(app: OrchestratorApp, widget: type[AgentList]) -> list[str]:
    found = app.dashboard.query_one(widget)
    return [found.render_line(y).text for y in range(found.size.height)]


class TestCursor:
    @pytest.mark.parametrize(
        ("keys", "name"),
        [
            (["j"], "docs-fix"),
            (["down", "down"], "e2e-runner"),
            (["j", "k"], "api-auth"),
            (["k"], "api-auth"),
            (["G"], "scratch"),
            (["G", "g"], "api-auth"),
            (["ctrl+d"], "reviewer"),
            (["G", "ctrl+u"], "docs-fix"),
        ],
    )
    async def test_keys_move_it(self, app: OrchestratorApp, keys: list[str], name: str) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press(*keys)
            assert selected_agent(app) == name

    async def test_a_click_chooses_and_a_double_click_attaches(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.click(AgentList, offset=(6, 3))
            assert selected_agent(app) == "docs-fix"
            await pilot.double_click(AgentList, offset=(6, 2))
            await until(pilot, lambda: ("attach_argv", 1) in client.calls, "nothing was attached")

    async def test_it_stays_on_its_agent_when_rows_move(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("j")
            client.feeds[0].push(AgentChanged(agent(8, "reviewer", AgentState.WAITING, 0)))
            client.feeds[0].push(AgentChanged(agent(1, "api-auth", AgentState.IDLE, 0)))
            await until(pilot, lambda: app.model.agents[1].state is AgentState.IDLE, "the update did not come")
            await pilot.pause()
            assert selected_agent(app) == "docs-fix"
            assert "▌◆ docs-fix" in lines_of(app, AgentList)[1]

    async def test_it_stays_in_sight(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=NARROW) as pilot:
            await ready(pilot, app)
            await pilot.press("G")
            await pilot.pause()
            assert any("▌■ scratch" in line for line in lines_of(app, AgentList))

    async def test_events_follow_the_newest_until_the_cursor_is_moved(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("5")
            assert app.dashboard.query_one(EventLog).selected == 6
            await pilot.press("j", "j")
            assert app.dashboard.query_one(EventLog).selected == 4


class TestPanels:
    @pytest.mark.parametrize("size", [WIDE, NARROW])
    @pytest.mark.parametrize("panel", list(Panel))
    async def test_numbers_bring_them_to_sight(self, app: OrchestratorApp, panel: Panel, size: tuple[int, int]) -> None:
        async with app.run_test(size=size) as pilot:
            await ready(pilot, app)
            await pilot.press(str(panel.value))
            await pilot.pause()
            assert app.dashboard.active is panel
            assert app.focused is not None
            assert app.focused.id == panel.name.lower()
            assert app.focused.display

    async def test_tab_goes_round_both_ways(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            seen: list[Panel] = []
            for _ in range(5):
                await pilot.press("tab")
                await pilot.pause()
                seen.append(app.dashboard.active)
            assert seen == [Panel.HEALTH, Panel.PANE, Panel.MISSIONS, Panel.EVENTS, Panel.AGENTS]
            await pilot.press("shift+tab")
            assert app.dashboard.active is Panel.EVENTS

    async def test_zoom_gives_one_panel_the_body(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("3", "plus")
            await pilot.pause()
            assert app.dashboard.pane.outer_size.width == WIDE[0]
            assert not app.dashboard.query_one(AgentList).display
            await pilot.press("underscore")
            await pilot.pause()
            assert app.dashboard.query_one(AgentList).display

    @pytest.mark.parametrize("size", [(58, 20), (38, 8), (200, 60), (20, 5)])
    async def test_any_size_is_drawn(self, app: OrchestratorApp, size: tuple[int, int]) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.dashboard.query_one("#too-small").display is (size[0] < 40)
            await pilot.resize_terminal(*WIDE)
            await pilot.pause()
            assert app.dashboard.pane.display


class TestFilterAndFind:
    async def test_it_narrows_while_it_is_typed_and_esc_clears_it(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("slash", *"work")
            await until(pilot, lambda: len(app.model.shown_agents()) == 3, "it did not filter")
            await pilot.press("enter")
            await pilot.pause()
            assert app.focused is app.dashboard.query_one(AgentList)
            assert selected_agent(app) == "db-migrate"
            await pilot.press("escape")
            assert len(app.model.shown_agents()) == 9

    async def test_esc_while_typing_gives_it_up(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("slash", *"work", "escape")
            await until(pilot, lambda: not app.dashboard.is_typing, "the line is still open")
            assert len(app.model.shown_agents()) == 9

    @pytest.mark.parametrize(("key", "kind"), [("slash", Input), ("m", TextArea)])
    async def test_the_cursor_of_a_field_does_not_blink(
        self, app: OrchestratorApp, key: str, kind: type[Input] | type[TextArea]
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.focused, kind) and not app.focused.cursor_blink, "it blinks")

    async def test_letters_are_text_while_typing(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("slash", "q", "D", "tab")
            assert app.screen is app.dashboard
            assert app.dashboard.is_typing

    async def test_each_list_has_its_own(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("4", "slash", *"blocked", "enter")
            await until(pilot, lambda: len(app.model.shown_missions()) == 1, "it did not filter")
            assert len(app.model.shown_agents()) == 9

    async def test_find_goes_to_the_name(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("f", *"mig")
            await until(pilot, lambda: selected_agent(app) == "db-migrate", "it was not found")
            await pilot.press("escape")
            await until(pilot, lambda: selected_agent(app) == "api-auth", "esc did not go back")


class TestHelpAndPalette:
    @pytest.mark.parametrize("key", ["question_mark", "f1"])
    async def test_help_shows_every_key(self, app: OrchestratorApp, key: str) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press(key)
            await dialog(pilot, app, "Keys")
            text = " ".join(str(one.render()) for one in app.screen.query(".group"))
            assert "Attach full screen" in text
            await pilot.press("escape")
            await closed(pilot, app)

    @pytest.mark.parametrize("key", ["ctrl+p", "colon"])
    async def test_the_palette_runs_actions(self, app: OrchestratorApp, client: FakeClient, key: str) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press(key)
            await until(pilot, lambda: app.screen is not app.dashboard, "no palette")
            await pilot.press(*"release")
            await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1, "it was not found")
            await pilot.press("enter")
            await until(pilot, lambda: client.calls == [("hold", 1, True)], "the action did not run")

    async def test_the_palette_goes_to_agents_and_changes_the_theme(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            entries = {entry.title: entry for entry in app.palette_entries()}
            entries["Go to reviewer"].run()
            assert selected_agent(app) == "reviewer"
            for choice in ("light", "ansi", "dark"):
                entries[f"Theme: {choice}"].run()
                await pilot.pause()
            assert app.theme == "orchestrator-dark"


class TestEmpty:
    async def test_it_tells_the_next_key_and_the_notice(self) -> None:
        app = OrchestratorApp(FakeClient(EMPTY), clock=FrozenClock(), notice="claude is not on PATH.")
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            text = "\n".join(lines_of(app, AgentList))
            assert "claude is not on PATH." in text
            assert "No agents yet. n starts one." in text

    async def test_keys_without_an_agent_say_so(self) -> None:
        client = FakeClient(EMPTY)
        app = OrchestratorApp(client, clock=FrozenClock())
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            for key in ("enter", "D", "R", "r", "p", "a", "s", "y", "j", "G", "ctrl+d"):
                await pilot.press(key)
            await pilot.pause()
            assert all("n starts one" in toast for toast in toasts(app))
        assert client.calls == []


class TestFailures:
    async def test_an_expected_one_is_a_toast_with_its_remedy(self, app: OrchestratorApp, client: FakeClient) -> None:
        client.fail_with = REFUSAL
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("p")
            await until(pilot, lambda: bool(toasts(app)), "nothing was told")
            assert "The agent shows a dialog.\nAnswer it first." in toasts(app)

    async def test_an_unexpected_one_is_told_and_the_app_lives(
        self, app: OrchestratorApp, client: FakeClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        client.fail_with = ZeroDivisionError("oops")
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await pilot.press("p")
            await until(pilot, lambda: any("oops" in toast for toast in toasts(app)), "nothing was told")
            await pilot.press("p")
            await until(pilot, lambda: len(client.calls) == 2, "the app does not answer any more")
        assert "ZeroDivisionError" in caplog.text

    async def test_the_end_of_the_feed_is_told(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            client.feeds[0].push(None)
            await until(pilot, lambda: any("ended its feed" in toast for toast in toasts(app)), "nothing was told")

    async def test_a_failing_pane_is_told_once(
        self, app: OrchestratorApp, client: FakeClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("orchestrator_tui.ui.pane_puller.RETRY_S", 0.01)
        client.frame_failure = RuntimeError("no pane today")
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await ready(pilot, app)
            await until(pilot, lambda: client.frames > 3, "it was not tried again")
            assert len([toast for toast in toasts(app) if "no pane today" in toast]) == 1


class TestUnderLoad:
    async def test_a_full_mission_table_is_updated_within_a_frame(self, client: FakeClient) -> None:
        many = tuple(mission(n, f"mission {n}", MissionState.PENDING, n) for n in range(500))
        client.snapshot = replace(FLEET, missions=many)
        app = OrchestratorApp(client, clock=FrozenClock())
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            table = app.dashboard.query_one(MissionTable)
            best = 1.0
            for step in range(5):
                app.model.apply([MissionChanged(replace(one, attempts=step)) for one in many])
                started = perf_counter()
                table.update(FrozenClock().now_ms())
                best = min(best, perf_counter() - started)
            assert best < 0.05


async def test_what_arrives_while_the_dashboard_loses_its_panels_is_dropped(app: OrchestratorApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        dashboard = app.dashboard
        await dashboard.remove_children()
        dashboard.refresh_model()
        app.on_dashboard_selection_changed()
