"""The grid of live panes."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.views import AgentChanged, AgentView
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.grid import GridScreen, Tile, tile_words
from orchestrator_tui.ui.grid_places import first_size, next_size, places, shape
from orchestrator_tui.ui.model import Panel
from tests.ui.fake_client import AGENTS, FakeClient
from tests.ui.steps import NARROW, WIDE, DashboardPilot, closed, ready, selected_agent, until


class TestPlaces:
    def test_those_that_need_a_person_most_are_seen(self) -> None:
        assert places((), [5, 3, 9, 1], 2) == (5, 3)

    def test_who_is_seen_stays_in_place(self) -> None:
        assert places((5, 3), [3, 5, 9], 2) == (5, 3)
        assert places((5, 3), [9, 3, 5], 2) == (9, 3)

    def test_an_agent_that_went_leaves_its_tile_to_the_next(self) -> None:
        assert places((5, 3, 9), [3, 9, 1], 3) == (1, 3, 9)

    def test_there_are_no_gaps(self) -> None:
        assert places((), [7], 4) == (7,)
        assert places((5, 3, 9), [3, 9], 4) == (3, 9)
        assert places((5, 3), [3, 5, 1], 4) == (5, 3, 1)

    @pytest.mark.parametrize(("agents", "size"), [(0, 2), (2, 2), (3, 4), (5, 6), (7, 9), (200, 9)])
    def test_the_first_grid_shows_all_or_as_many_as_it_can(self, agents: int, size: int) -> None:
        assert first_size(agents) == size

    def test_sizes_go_round(self) -> None:
        assert [next_size(size) for size in (2, 4, 6, 9)] == [4, 6, 9, 2]

    @pytest.mark.parametrize(
        ("count", "size", "expected"),
        [
            (9, (120, 34), (3, 3)),
            (4, (120, 34), (2, 2)),
            (2, (80, 22), (2, 1)),
            (9, (80, 22), (2, 3)),
            (6, (40, 9), (1, 1)),
        ],
    )
    def test_tiles_keep_a_size_that_can_be_read(
        self, count: int, size: tuple[int, int], expected: tuple[int, int]
    ) -> None:
        assert shape(count, *size) == expected


async def grid(pilot: DashboardPilot, app: OrchestratorApp) -> GridScreen:
    await ready(pilot, app)
    await pilot.press("v")
    await until(pilot, lambda: isinstance(app.screen, GridScreen) and bool(app.screen.shown), "no grid")
    await pilot.pause()
    assert isinstance(app.screen, GridScreen)
    return app.screen


async def test_every_agent_with_a_pane_is_seen_live(app: OrchestratorApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await grid(pilot, app)
        assert len(screen.shown) == 7
        tiles = [tile for tile in screen.query(Tile) if tile.display and tile.agent is not None]
        await until(pilot, lambda: all(tile.pane_frame is not None for tile in tiles), "a pane is not live")
        assert all(tile.outer_size.width >= 30 for tile in tiles)
        assert "api-auth" in str(tiles[0].border_title)
        assert "needs you" in str(tiles[0].border_title)


async def test_only_what_is_seen_is_looked_at(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await grid(pilot, app)
        await pilot.press("v")
        await until(pilot, lambda: len(screen.shown) == 2, f"{screen.shown}")
        client.asked.clear()
        await until(pilot, lambda: len(client.asked) > 8, "nothing is pulled")
        assert set(client.asked) == set(screen.shown)


async def test_arrows_move_and_enter_goes_to_the_agent(app: OrchestratorApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await grid(pilot, app)
        await pilot.press("right", "down", "left", "up", "right")
        focused = screen.focused
        assert isinstance(focused, Tile)
        assert focused.id == "tile-1"
        assert focused.agent is not None
        name = focused.agent.name
        await pilot.press("enter")
        await closed(pilot, app)
        await until(pilot, lambda: selected_agent(app) == name, "another agent is chosen")
        assert app.dashboard.active is Panel.PANE
        assert app.dashboard.is_zoomed


async def test_who_comes_to_need_a_person_comes_to_sight(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await grid(pilot, app)
        await pilot.press("v")
        await until(pilot, lambda: screen.shown == (1, 2), f"{screen.shown}")
        client.feeds[-1].push(AgentChanged(replace(AGENTS[1], state=AgentState.IDLE, waiting_for=None)))
        client.feeds[-1].push(AgentChanged(replace(AGENTS[7], state=AgentState.WAITING, waiting_for=WaitingFor.LOGIN)))
        await until(pilot, lambda: screen.shown == (1, 8), f"{screen.shown}")


async def test_esc_goes_back_and_the_dashboards_pane_is_live_again(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=NARROW) as pilot:
        screen = await grid(pilot, app)
        assert len(screen.shown) == 6
        await pilot.press("escape")
        await closed(pilot, app)
        before = client.frames
        await until(pilot, lambda: client.frames > before, "the pane is not pulled")


class TestTileWords:
    WAITS = replace(AGENTS[0], context_percent=71.4)
    WORKS = replace(AGENTS[2], context_percent=42.0)

    @staticmethod
    def words(one: AgentView, width: int) -> str:
        return "".join(span.text for span in tile_words(one, width))

    def test_they_tell_how_full_the_context_is_and_what_is_waited_for_or_worked_on(self) -> None:
        assert self.words(self.WAITS, 40) == "ctx 71%  waits for permission"
        assert self.words(self.WORKS, 40) == "ctx 42%  Split users table"

    def test_the_context_goes_first_where_there_is_little_room(self) -> None:
        assert self.words(self.WAITS, 28) == "waits for permission"
        assert self.words(self.WORKS, 12) == "Split users…"

    def test_an_agent_without_anything_to_tell_has_no_words(self) -> None:
        assert self.words(AGENTS[7], 40) == ""
