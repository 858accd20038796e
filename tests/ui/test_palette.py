"""The palette: actions, agents, missions and settings, found by what a person would type."""

import time
from dataclasses import replace

import pytest
from textual import events
from textual.widgets import Input, OptionList

from orchestrator_tui.core.models import MissionState
from orchestrator_tui.core.settings_report import SettingLine
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.bell import Bell
from orchestrator_tui.ui.mission_screen import MissionScreen
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.palette import Palette
from orchestrator_tui.ui.palette_match import MISSIONS_SHOWN, find_missions, fit_of
from tests.ui.fake_client import ATTENTION, FLEET, MISSIONS, NOW_MS, REFUSAL, FakeClient, FrozenClock, mission
from tests.ui.steps import WIDE, DashboardPilot, closed, dialog, error_line, ready, selected_agent, toasts, until

MANY = tuple(
    replace(mission(1, f"Rotate the {word} of service {number}", MissionState.PENDING, 0), id=f"m-{number}", seq=number)
    for number, word in ((number, ("tokens", "tables", "logs")[number % 3]) for number in range(10_000))
)


class TestFit:
    @pytest.mark.parametrize(
        ("query", "title", "more"),
        [
            ("spawn", "Spawn preset web", ""),
            ("preset spawn", "Spawn preset web", ""),
            ("REST", "Restart the agent", ""),
            ("working", "Go to db-migrate", "coder, working"),
            ("db working", "Go to db-migrate", "coder, working"),
            ("spag", "Spawn agent", ""),
            ("sna", "Start new agent", ""),
        ],
    )
    def test_words_and_beginnings_fit(self, query: str, title: str, more: str) -> None:
        assert fit_of(query, title, more) is not None

    @pytest.mark.parametrize("query", ["xyz", "prp", "spawn zebra", "nwaps"])
    def test_scattered_letters_do_not(self, query: str) -> None:
        assert fit_of(query, "Spawn preset web") is None

    def test_what_stands_at_the_beginning_is_better(self) -> None:
        begins, inside = fit_of("end", "End the agent"), fit_of("end", "Send one line")
        assert begins is not None
        assert inside is not None
        assert begins.score > inside.score
        assert (begins.offsets, inside.offsets) == ((0, 1, 2), (1, 2, 3))

    def test_a_long_query_costs_little(self) -> None:
        begun = time.process_time()
        for _ in range(100):
            fit_of("e" * 40, "e " * 60)
        assert time.process_time() - begun < 1


class TestMissions:
    def test_an_id_goes_before_all_others_and_the_rest_is_counted(self) -> None:
        found, total = find_missions(MANY, "m-77")
        assert found[0][1].id == "m-77"
        assert total == 111
        assert len(found) == MISSIONS_SHOWN

    def test_all_words_must_be_there_and_open_ones_come_first(self) -> None:
        ended = replace(MANY[5], ended_at=NOW_MS, seq=99_999)
        found, total = find_missions([*MANY[:5], ended], "rotate logs")
        assert [one.id for _, one in found] == ["m-2", "m-5"]
        assert total == 2
        assert find_missions(MANY, " ") == ((), 0)

    def test_ten_thousand_are_searched_for_each_key(self) -> None:
        spent: list[float] = []
        for query in ("m", "rotate", "m-9999"):
            begun = time.process_time()
            find_missions(MANY, query)
            spent.append(time.process_time() - begun)
        assert max(spent) < 0.15


async def search(pilot: DashboardPilot, app: OrchestratorApp, query: str, *titles: str) -> None:
    """Opens the palette and types; what is found begins with these lines."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(app.screen, Palette) and app.screen.is_mounted, "no palette")
    await pilot.press(*("space" if one == " " else "minus" if one == "-" else one for one in query))

    def found() -> list[str]:
        options = app.screen.query_one(OptionList)
        return [str(options.get_option_at_index(at).prompt).split("\n")[0] for at in range(options.option_count)]

    await until(pilot, lambda: found()[: len(titles)] == list(titles), f"not {titles}")


def titles_of(app: OrchestratorApp) -> dict[str, str]:
    return {entry.title: entry.help for entry in app.palette_entries()}


class TestGoing:
    async def test_a_mission_is_opened_though_a_filter_hides_it(self, client: FakeClient, app: OrchestratorApp) -> None:
        client.snapshot = replace(FLEET, missions=(*MISSIONS, *MANY))
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            app.model.filters[Panel.MISSIONS] = "state:failed"
            await search(pilot, app, "m-7777", "m-7777  Rotate the tables of service 7777")
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, MissionScreen), "it was not opened")
            await pilot.press("escape")
            await closed(pilot, app)
            assert app.model.selected_mission == "m-7777"
            assert app.dashboard.active is Panel.MISSIONS

    async def test_more_than_can_be_shown_become_a_filter(self, client: FakeClient, app: OrchestratorApp) -> None:
        client.snapshot = replace(FLEET, missions=MANY)
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            entry = app.palette_search("rotate tables")[-1].entry
            assert (entry.title, entry.help) == ("Filter the missions by “rotate tables”", "3,333 missions")
            entry.run()
            assert len(app.model.shown_mission_ids()) == 3_333
            titles = titles_of(app)
            assert titles["Clear the filter of the missions"] == "rotate tables"
            next(one for one in app.palette_entries() if one.title.startswith("Clear the filter")).run()
            assert len(app.model.shown_mission_ids()) == len(MANY)

    async def test_markup_in_a_mission_is_text(self, client: FakeClient, app: OrchestratorApp) -> None:
        title = "[bold]Fix[/] the [/red] \x1b[31mtags [link=x]"
        client.snapshot = replace(FLEET, missions=(replace(MANY[1], title=title, next="[/]"),))
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await search(pilot, app, "tags", "m-1  [bold]Fix[/] the [/red]  [31mtags [link=x]")

    async def test_an_agent_is_found_by_role_and_state(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            app.model.filters[Panel.AGENTS] = "state:working"
            await search(pilot, app, "reviewer idle", "Go to reviewer")
            await pilot.press("enter")
            await until(pilot, lambda: selected_agent(app) == "reviewer", "it did not go there")
            assert Panel.AGENTS not in app.model.filters


class TestQuickKeys:
    """A key that is pressed before the palette or a dialog has closed is meant for what comes then."""

    @pytest.mark.parametrize(
        ("opening", "closing"),
        [
            (("ctrl+p",), "escape"),
            (("ctrl+p", *"release"), "enter"),
            (("comma", "x"), "enter"),
            (("comma", "x"), "escape"),
        ],
    )
    async def test_it_is_not_lost(self, app: OrchestratorApp, opening: tuple[str, ...], closing: str) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press(*opening)
            await until(pilot, lambda: app.screen is not app.dashboard, "nothing opened")
            if closing == "enter" and isinstance(app.screen, Palette):
                await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1, "it was not found")
            for key in (closing, "4", "k", "g"):
                app.post_message(events.Key(key, key if len(key) == 1 else None))
            await until(pilot, lambda: app.dashboard.active is Panel.MISSIONS, "the key was lost")
            await closed(pilot, app)

    async def test_a_dialog_that_stays_open_has_its_own_keys(self, app: OrchestratorApp, client: FakeClient) -> None:
        client.fail_with = REFUSAL
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await pilot.press("comma")
            await dialog(pilot, app, "Note on")
            for key in ("x", "enter", "y", "z"):
                app.post_message(events.Key(key, key if len(key) == 1 else None))
            await until(pilot, lambda: app.screen.query_one(Input).value == "xyz", "they were lost")
            assert REFUSAL.message in error_line(app)


class TestSettings:
    async def test_what_is_in_force_and_whence(self, client: FakeClient) -> None:
        lines = (SettingLine("theme", "dark", "built in"), SettingLine("editor", "[x] -w", "/home/ada/config.toml"))
        app = OrchestratorApp(client, clock=FrozenClock(), settings=lines)
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            entries = {entry.title: entry for entry in app.palette_entries()}
            entries["Theme: light"].run()
            entries["Settings: show"].run()
            await dialog(pilot, app, "Settings in force")
            text = str(app.screen.query_one("#settings Static").render())
            assert text.split() == [
                *("theme", "light", "chosen", "in", "the", "palette"),
                *("editor", "[x]", "-w", "/home/ada/config.toml"),
            ]

    async def test_the_bell_can_be_turned_off_and_on(self, client: FakeClient) -> None:
        app = OrchestratorApp(client, clock=FrozenClock(), notify_after_s=60)
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            for title, other in (("Bell: off", "Bell: on"), ("Bell: on", "Bell: off")):
                next(one for one in app.palette_entries() if one.title == title).run()
                assert other in titles_of(app)
            assert toasts(app) == []

    def test_what_came_while_it_was_off_does_not_ring_later(self) -> None:
        bell = Bell(60)
        assert bell.due((), NOW_MS, is_loaded=True) == ()
        bell.is_on = False
        assert bell.due(ATTENTION[:1], NOW_MS, is_loaded=True) == ()
        bell.is_on = True
        assert [one.id for one in bell.due(ATTENTION[:2], NOW_MS, is_loaded=True)] == [ATTENTION[1].id]
