"""Ten thousand missions: only what is seen is drawn, and the cursor stays where it is."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.models import MissionState, Priority
from orchestrator_tui.core.views import MissionChanged
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.widgets.mission_table import MissionTable
from tests.ui.fake_client import FLEET, FakeClient, mission
from tests.ui.steps import WIDE, DashboardPilot, ready, until

MANY = 10_000
MISSIONS = tuple(
    mission(
        number,
        f"Part {number}",
        MissionState.COMPLETED if number % 2 else MissionState.PENDING,
        number,
        priority=list(Priority)[number % 3],
    )
    for number in range(MANY)
)


@pytest.fixture
def client() -> FakeClient:
    return FakeClient(snapshot=replace(FLEET, missions=MISSIONS))


class Drawn:
    """Counts the rows that are written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: list[str] = []
        write = MissionTable.row_spans

        def counted(table: MissionTable, key: str, width: int) -> object:
            self.keys.append(key)
            return write(table, key, width)

        monkeypatch.setattr(MissionTable, "row_spans", counted)


async def missions_panel(pilot: DashboardPilot, app: OrchestratorApp) -> MissionTable:
    await ready(pilot, app)
    await pilot.press("4")
    table = app.dashboard.query_one(MissionTable)
    await until(pilot, lambda: table.has_focus, "the missions have no focus")
    await pilot.pause()
    return table


async def test_a_refresh_writes_only_the_rows_that_are_seen(
    app: OrchestratorApp, client: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        table = await missions_panel(pilot, app)
        assert len(table.keys) == MANY
        drawn = Drawn(monkeypatch)
        app.dashboard.refresh_model()
        await pilot.pause()
        seen = set(table.keys[: table.size.height])
        assert set(drawn.keys) <= seen
        drawn.keys.clear()
        client.feeds[0].push(MissionChanged(replace(MISSIONS[9_000], title="changed out of sight")))
        await until(pilot, lambda: app.model.missions["m-9000"].title == "changed out of sight", "it did not come")
        await pilot.pause()
        assert set(drawn.keys) <= seen


@pytest.mark.parametrize("key", ["j", "k", "g", "G", "ctrl+d", "ctrl+u"])
async def test_a_key_writes_only_rows_that_come_into_sight(
    app: OrchestratorApp, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        table = await missions_panel(pilot, app)
        app.dashboard.choose(table.panel, table.keys[MANY // 2])
        await pilot.pause()
        before = app.model.selected_mission
        drawn = Drawn(monkeypatch)
        await pilot.press(key)
        await pilot.pause()
        assert app.model.selected_mission != before
        assert len(set(drawn.keys)) <= 2 * table.size.height
        assert str(app.model.selected_mission) in drawn.keys


async def test_the_cursor_stays_on_its_mission_while_others_come_before_it(
    app: OrchestratorApp, client: FakeClient
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        table = await missions_panel(pilot, app)
        await pilot.press("j", "j")
        third, place = app.model.selected_mission, table.scroll_offset.y
        for number in range(3):
            client.feeds[0].push(MissionChanged(mission(90_000 + number, "new", MissionState.RUNNING, 0)))
        await until(pilot, lambda: table.keys[0] == "m-90000", "the new ones did not come first")
        assert (table.keys[5], app.model.selected_mission, place) == (third, third, 0)
        await pilot.press("g", "j")
        second = app.model.selected_mission
        client.feeds[0].push(
            MissionChanged(mission(90_005, "new", MissionState.RUNNING, 0, priority=Priority.CRITICAL))
        )
        await until(pilot, lambda: table.keys[0] == "m-90005", "the urgent one did not come first")
        assert (table.keys[2], app.model.selected_mission) == (second, second)


async def test_a_filter_finds_one_of_many_and_keeps_the_cursor_where_it_can(app: OrchestratorApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        table = await missions_panel(pilot, app)
        app.dashboard.choose(table.panel, "m-7771")
        await pilot.press("slash", *"part 7771", "enter")
        await until(pilot, lambda: table.keys == ("m-7771",), "it did not filter")
        assert app.model.selected_mission == "m-7771"
        await pilot.press("escape")
        await until(pilot, lambda: len(table.keys) == MANY, "the filter is still there")
        assert app.model.selected_mission == "m-7771"
