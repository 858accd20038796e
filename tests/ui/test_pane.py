"""The pane: pulled only while it is seen, cropped to its end, redrawn where it changed."""

from dataclasses import replace
from time import perf_counter

import pytest
from textual.geometry import Region

from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.views import PaneFrame
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.widgets.pane_view import PaneView, crop, pane_subtitle
from tests.ui.fake_client import SCREEN, FakeClient, agent
from tests.ui.steps import NARROW, WIDE, ready, until


def frame(rows: int, *, cursor: tuple[int, int] | None = None) -> PaneFrame:
    lines = tuple(f"line {n}".encode() for n in range(rows))
    x, y = cursor or (0, 0)
    return PaneFrame(1, "%12", 120, rows, lines, cursor_x=x, cursor_y=y, cursor_visible=cursor is not None)


class TestCrop:
    def test_what_fits_is_shown_from_the_top(self) -> None:
        assert crop(frame(10), 10, 80, 20) == (0, 0)

    def test_else_the_end_is_in_sight(self) -> None:
        assert crop(frame(50), 50, 80, 20) == (0, 30)

    def test_blank_rows_at_the_end_do_not_count(self) -> None:
        assert crop(frame(50), 10, 80, 20) == (0, 0)

    def test_the_cursor_is_in_sight_both_ways(self) -> None:
        assert crop(frame(50, cursor=(100, 45)), 10, 80, 20) == (21, 26)
        assert crop(frame(50, cursor=(0, 5)), 50, 80, 20) == (0, 5)


class TestSubtitle:
    def test_the_wait_stays_when_there_is_no_room_for_the_rest(self) -> None:
        one = agent(1, "a", AgentState.WAITING, 0, waiting_for=WaitingFor.PERMISSION)
        assert "waits for permission" in "".join(span.text for span in pane_subtitle(one, 70))
        short = "".join(span.text for span in pane_subtitle(one, 30))
        assert "waits for permission" in short
        assert "orchestrator/" not in short


class TestPulling:
    async def test_the_chosen_agents_screen_is_shown(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            pane = app.dashboard.pane
            await until(pilot, lambda: pane.pane_frame is not None, "no frame")
            await pilot.pause()
            shown = "\n".join(pane.render_line(y).text for y in range(pane.size.height))
            assert "Do you want to proceed?" in shown

    async def test_a_hidden_pane_costs_nothing(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=NARROW) as pilot:
            await ready(pilot, app)
            await until(pilot, lambda: client.frames > 0, "no frame")
            await pilot.press("4")
            await pilot.pause(0.25)
            before = client.frames
            await pilot.pause(0.35)
            assert client.frames == before
            await pilot.press("1")
            await until(pilot, lambda: client.frames > before, "the pane is not pulled again")

    async def test_at_most_ten_frames_a_second(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            await until(pilot, lambda: client.frames > 0, "no frame")
            before, started = client.frames, perf_counter()
            await pilot.pause(0.5)
            assert client.frames - before <= (perf_counter() - started) * 10 + 1

    async def test_an_agent_without_a_pane_says_how_to_start_it(self, app: OrchestratorApp) -> None:
        app.model.expected_agent = 9
        async with app.run_test(size=WIDE) as pilot:
            await ready(pilot, app)
            pane = app.dashboard.pane
            assert "R starts it again" in pane.render_line(1).text

    async def test_only_changed_rows_are_redrawn(self, app: OrchestratorApp, monkeypatch: pytest.MonkeyPatch) -> None:
        async with app.run_test(size=(120, 60)) as pilot:
            await ready(pilot, app)
            pane = app.dashboard.pane
            await until(pilot, lambda: pane.pane_frame is not None, "no frame")
            await pilot.pause()
            regions: list[Region] = []

            def refresh(_: PaneView, *changed: Region, **_options: bool) -> PaneView:
                regions.extend(changed)
                return pane

            monkeypatch.setattr(PaneView, "refresh", refresh)
            old = pane.pane_frame
            assert old is not None
            pane.show_frame(replace(old, lines=(*SCREEN[:4], b"changed", *SCREEN[5:])))
            assert {region.y for region in regions} == {4, old.cursor_y}
            regions.clear()
            pane.show_frame(replace(old, lines=(*SCREEN[:4], b"changed", *SCREEN[5:])))
            assert regions == []

    async def test_scrolling_stops_following_until_the_end_is_reached(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=NARROW) as pilot:
            await ready(pilot, app)
            pane = app.dashboard.pane
            await until(pilot, lambda: pane.pane_frame is not None, "no frame")
            await pilot.press("3", "g")
            await pilot.pause()
            assert not pane.follows
            assert "Add refresh-token rotation" in pane.render_line(0).text
            await pilot.press("G")
            assert pane.follows


def test_a_full_screen_frame_is_drawn_within_the_frame_budget() -> None:
    from orchestrator_tui.ui.ansi import parse_lines

    esc = chr(27)
    lines = tuple(
        "".join(f"{esc}[38;2;{(x * 7 + y) % 256};{y};{n % 256}m{chr(97 + x % 26)}" for x in range(118)).encode()
        for n in range(10)
        for y in range(4)
    )
    started = perf_counter()
    parse_lines(lines)
    # A shared machine: the bound only catches a wrong order of growth.
    assert perf_counter() - started < 1.0
