"""The dependency graph."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from orchestrator_tui.core.views import MissionChanged
from orchestrator_tui.ui import graph_screen
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.graph import Node, downstream, layers, tree, upstream
from orchestrator_tui.ui.graph_screen import GraphRows, GraphScreen
from orchestrator_tui.ui.mission_screen import MissionScreen
from tests.ui.fake_client import FakeClient
from tests.ui.steps import WIDE, DashboardPilot, closed, ready, until

DIAMOND = {
    "spec": (),
    "parse": ("spec",),
    "print": ("spec",),
    "test": ("print", "parse"),
    "notes": (),
    "ship": ("test",),
}


def drawn(parents: dict[str, tuple[str, ...]]) -> list[str]:
    return [f"{node.stem}{node.id}" for node in tree(parents)]


class TestTree:
    def test_each_mission_stands_once_below_the_one_that_comes_last(self) -> None:
        assert drawn(DIAMOND) == ["spec", "├ parse", "└ print", "  └ test", "    └ ship", "notes"]

    def test_the_layer_is_the_longest_way(self) -> None:
        assert layers(DIAMOND) == {"spec": 0, "parse": 1, "print": 1, "test": 2, "notes": 0, "ship": 3}
        assert layers({"a": (), "b": ("a",), "c": ("a", "b")})["c"] == 2

    def test_further_parents_are_named(self) -> None:
        assert {node.id: node.others for node in tree(DIAMOND)}["test"] == ("parse",)

    def test_a_parent_that_is_not_shown_does_not_count(self) -> None:
        assert drawn({"b": ("gone",), "c": ("b",)}) == ["b", "└ c"]

    def test_a_long_chain_needs_no_recursion(self) -> None:
        chain = {str(number): (str(number - 1),) if number else () for number in range(5_000)}
        assert tree(dict(reversed(chain.items())))[-1].layer == 4_999

    def test_what_is_related_is_found_both_ways(self) -> None:
        assert upstream(DIAMOND, "test") == {"print", "parse", "spec"}
        assert downstream(DIAMOND, "parse") == {"test", "ship"}
        assert upstream(DIAMOND, "notes") == downstream(DIAMOND, "notes") == frozenset()


async def graph(pilot: DashboardPilot, app: OrchestratorApp) -> GraphScreen:
    await ready(pilot, app)
    await pilot.press("d")
    await until(pilot, lambda: isinstance(app.screen, GraphScreen), "no graph")
    await pilot.pause()
    assert isinstance(app.screen, GraphScreen)
    return app.screen


def lines(screen: GraphScreen) -> list[str]:
    rows = screen.query_one(GraphRows)
    return [rows.render_line(y).text.rstrip() for y in range(len(rows.keys))]


async def test_the_chosen_missions_relations_stand_out(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await graph(pilot, app)
        child = next(one for one in client.snapshot.missions if one.depends_on)
        while screen.chosen != child.id:
            before = screen.chosen
            await pilot.press("j")
            assert screen.chosen != before, "the mission is not in the graph"
        assert any("▲" in line and child.depends_on[0] in line for line in lines(screen))
        await pilot.press("r")
        assert len(lines(screen)) == 1 + len(child.depends_on)


async def test_enter_opens_the_mission(app: OrchestratorApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await graph(pilot, app)
        await pilot.press("G")
        chosen = screen.chosen
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MissionScreen), "no page")
        assert isinstance(app.screen, MissionScreen)
        assert app.screen.mission_id == chosen
        await pilot.press("escape")
        await closed(pilot, app)
        assert app.model.selected_mission == chosen


async def test_a_moving_cursor_and_time_build_no_new_tree_but_another_dependency_does(
    app: OrchestratorApp, client: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[int] = []

    def counting(parents: Mapping[str, Sequence[str]]) -> tuple[Node, ...]:
        built.append(len(parents))
        return tree(parents)

    monkeypatch.setattr(graph_screen, "tree", counting)
    async with app.run_test(size=WIDE) as pilot:
        screen = await graph(pilot, app)
        await pilot.press("j", "k")
        screen.refresh_graph()
        assert built == [len(client.snapshot.missions)]
        ready_one = app.model.missions["m-047"]
        client.feeds[-1].push(MissionChanged(replace(ready_one, depends_on=("m-039",))))
        await until(pilot, lambda: app.model.missions["m-047"].depends_on == ("m-039",), "it did not come")
        screen.refresh_graph()
        shown = lines(screen)
        at = next(row for row, line in enumerate(shown) if "m-047" in line)
        assert "m-039" in shown[at - 1]
