"""Only what changed is painted: what an idle dashboard does to its terminal, and what a key costs."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

from textual.geometry import Region
from textual.widget import Widget

from orchestrator_tui.core.views import MachineChanged, StatsChanged
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.widgets.frame import Framed
from orchestrator_tui.ui.widgets.header import HeaderLine
from tests.ui.fake_client import FLEET, MINUTE, FakeClient, FrozenClock
from tests.ui.steps import WIDE, DashboardPilot, ready, until

Painted = list[tuple[Widget, tuple[Region, ...]]]


@contextmanager
def painted() -> Generator[Painted]:
    """What is asked to be painted: a widget and its regions, none for all of it."""
    found: Painted = []
    refresh = Widget.refresh

    def noted(self: Widget, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False):
        if repaint:
            found.append((self, regions))
        return refresh(self, *regions, repaint=repaint, layout=layout, recompose=recompose)

    with patch.object(Widget, "refresh", noted):
        yield found


async def settled(pilot: DashboardPilot, app: OrchestratorApp) -> None:
    await ready(pilot, app)
    await until(pilot, lambda: app.dashboard.pane.pane_frame is not None, "no frame")
    app.dashboard.refresh_model()
    await pilot.pause()


async def test_a_tick_of_an_idle_fleet_paints_the_clock_alone(client: FakeClient) -> None:
    clock = FrozenClock()
    idle = tuple(replace(agent, state_since=agent.state_since - MINUTE) for agent in FLEET.agents if agent.id > 7)
    client.snapshot = replace(FLEET, agents=idle, missions=(), attention=())
    app = OrchestratorApp(client, clock=clock)
    app.animation_level = "none"
    async with app.run_test(size=WIDE) as pilot:
        await settled(pilot, app)
        with painted() as found:
            clock.now += 1_000
            app.dashboard.refresh_model()
            await pilot.pause()
        assert [widget.classes for widget, _ in found] == [frozenset({"clock"})]
        assert all(isinstance(widget, HeaderLine) and widget.size.width == 12 for widget, _ in found)


async def test_other_counts_paint_the_edges_and_the_lines_that_changed(
    app: OrchestratorApp, client: FakeClient
) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settled(pilot, app)
        with painted() as found:
            client.feeds[0].push(StatsChanged(replace(FLEET.stats, pending=15)))
            client.feeds[0].push(MachineChanged(replace(FLEET.machine, cpu_percent=77.0)))
            await until(pilot, lambda: app.model.machine.cpu_percent == 77.0, "not shown")
            await pilot.pause()
        framed = [(widget.id, regions) for widget, regions in found if isinstance(widget, Framed)]
        assert {widget for widget, _ in framed} == {"missions", "health"}
        assert all(regions and all(region.height == 1 for region in regions) for _, regions in framed)


async def test_the_cursor_paints_two_rows_and_no_blank_pane_before_the_next_one(app: OrchestratorApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await settled(pilot, app)
        before = app.dashboard.pane.agent
        with painted() as found:
            await pilot.press("j")
            await until(pilot, lambda: app.dashboard.pane.agent != before, "the next agent's pane is not shown")
            await until(pilot, lambda: app.dashboard.pane.pane_frame is not None, "no frame")
            await pilot.pause()
        rows = [regions for widget, regions in found if widget.id == "agents"]
        assert len(rows) == 2
        assert all(len(regions) == 1 and regions[0].height == 1 for regions in rows)
        assert sum(not regions for widget, regions in found if widget.id == "pane") == 1
