"""The pane: pulled only while it is seen, cropped to its end, redrawn where it changed."""

from dataclasses import replace
from time import perf_counter, thread_time
from typing import cast

import pytest
from textual import events
from textual.geometry import Region

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.views import AgentChanged, PaneFrame, Stroke
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.pane_work import HISTORY_LINES
from orchestrator_tui.ui.widgets.live_pane import crop, pane_subtitle
from orchestrator_tui.ui.widgets.pane_view import PaneView
from tests.ui.fake_client import AGENTS, SCREEN, FakeClient, agent
from tests.ui.steps import NARROW, WIDE, DashboardPilot, ready, toasts, until


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
            regions: list[Region | None] = []

            def refresh(_: PaneView, *changed: Region, **_options: bool) -> PaneView:
                regions.extend(changed or (None,))
                return pane

            monkeypatch.setattr(PaneView, "refresh", refresh)
            old = pane.pane_frame
            assert old is not None
            pane.show_frame(replace(old, lines=(*SCREEN[:4], b"changed", *SCREEN[5:])))
            # The whole pane, as a title would draw it anew, costs an echo ten times what its row does.
            assert {region and region.y for region in regions} == {4, old.cursor_y}
            regions.clear()
            pane.show_frame(replace(old, lines=(*SCREEN[:4], b"changed", *SCREEN[5:])))
            assert regions == []


class TestReadingBack:
    async def test_scrolling_shows_what_the_pane_remembers_until_the_end_is_reached(
        self, app: OrchestratorApp, client: FakeClient
    ) -> None:
        async with app.run_test(size=NARROW) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("3", "g")
            await until(pilot, lambda: not pane.follows, "it is not read back")
            assert pane.render_line(0).text.startswith("older line 0")
            assert client.calls[-1] == ("pane_history", 1, HISTORY_LINES)
            await pilot.press("G")
            await pilot.pause()
            assert pane.follows
            assert "Do you want to proceed?" in shown(pane)

    async def test_a_step_back_moves_by_that_step(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("3", "k", "k", "k")
            await until(pilot, lambda: pane.history is not None, "it is not read back")
            await until(pilot, lambda: "3 rows up" in str(pane.border_title), str(pane.border_title))

    async def test_it_stands_still_while_the_agent_prints(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("3", "g")
            await until(pilot, lambda: not pane.follows, "it is not read back")
            before = shown(pane)
            client.screen = (b"printed",) * 26
            await until(
                pilot, lambda: pane.pane_frame is not None and pane.pane_frame.lines == client.screen, "not pulled"
            )
            assert shown(pane) == before
            await pilot.press("escape")
            await until(pilot, lambda: "printed" in shown(pane), "not live again")

    async def test_words_are_found_and_stepped_through(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("3", "slash", *"LINE 7", "enter")
            await pilot.pause(0.05)
            await pilot.press("slash", "home", *(["delete"] * 6), *"line 7", "enter")
            await until(pilot, lambda: pane.history is not None and len(pane.history.matches) == 11, "not found")
            assert "older line 79" in shown(pane)
            await pilot.press("right_square_bracket")
            await until(pilot, lambda: "1 of 11" in str(pane.border_title), str(pane.border_title))
            assert "older line 7 " in shown(pane)
            await pilot.press("left_square_bracket")
            await until(pilot, lambda: "11 of 11" in str(pane.border_title), str(pane.border_title))

    async def test_words_that_are_nowhere_are_said(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            await with_frame(pilot, app)
            await pilot.press("3", "slash", *"nowhere", "enter")
            await until(pilot, lambda: any("nowhere" in text for text in toasts(app)), "nothing was said")

    async def test_copying_takes_what_is_seen(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("3", "g")
            await until(pilot, lambda: not pane.follows, "it is not read back")
            await pilot.press("y")
            await until(pilot, lambda: bool(app.clipboard), "nothing was copied")
            assert app.clipboard.splitlines()[0] == "older line 0"
            assert len(app.clipboard.splitlines()) == pane.room.height

    async def test_another_agent_starts_with_its_live_screen(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("3", "g")
            await until(pilot, lambda: not pane.follows, "it is not read back")
            await pilot.press("1", "j")
            await pilot.pause()
            assert pane.follows


class TestTyping:
    async def test_every_key_goes_to_the_agent_until_ctrl_q(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("i")
            await until(pilot, lambda: pane.is_typing, "it does not type")
            assert ("fit_pane", 1, tuple(pane.room)) in client.calls
            assert "ctrl+q leaves" in str(pane.border_subtitle)
            await pilot.press("q", "space", "D", "ctrl+c", "ctrl+p", "tab", "escape", "enter", "1")
            await until(pilot, lambda: len(typed(client)) == 9, f"{typed(client)}")
            assert typed(client) == ["q", " ", "D", "C-c", "C-p", "Tab", "Escape", "Enter", "1"]
            assert app.screen is app.dashboard
            await pilot.press("ctrl+q")
            await until(pilot, lambda: ("fit_pane", 1, None) in client.calls, "the size was not given back")
            assert not pane.is_typing
            await pilot.press("4")
            await pilot.pause()
            assert app.dashboard.active is Panel.MISSIONS
            assert len(typed(client)) == 9

    async def test_a_paste_arrives_whole_and_in_order(self, app: OrchestratorApp, client: FakeClient) -> None:
        text = "\n".join(f"line {number}" for number in range(5_000))
        async with app.run_test(size=WIDE) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("i")
            await until(pilot, lambda: pane.is_typing, "it does not type")
            await pilot.press("a")
            app.post_message(events.Paste(text))
            await until(pilot, lambda: ("paste", 1, text) in client.calls, "not pasted")
            await pilot.press("b")
            await until(pilot, lambda: len(typed(client)) == 2, "not typed")
            kinds = [call[0] for call in client.calls if call[0] in ("type_strokes", "paste")]
            assert kinds == ["type_strokes", "paste", "type_strokes"]

    async def test_it_ends_when_the_agent_does(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("i")
            await until(pilot, lambda: pane.is_typing, "it does not type")
            client.feeds[-1].push(AgentChanged(replace(AGENTS[0], state=AgentState.CRASHED, waiting_for=None)))
            await until(pilot, lambda: not pane.is_typing, "it still types")

    async def test_a_failure_is_said_and_what_waited_is_dropped(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE, notifications=True) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("i")
            await until(pilot, lambda: pane.is_typing, "it does not type")
            client.fail_with = NotAllowedNow("The program does not run.", remedy="R")
            await pilot.press("a")
            await until(pilot, lambda: any("does not run" in text for text in toasts(app)), "nothing was said")

    async def test_the_window_follows_the_terminals_size(self, app: OrchestratorApp, client: FakeClient) -> None:
        async with app.run_test(size=WIDE) as pilot:
            pane = await with_frame(pilot, app)
            await pilot.press("i")
            await until(pilot, lambda: pane.is_typing, "it does not type")
            await pilot.resize_terminal(140, 40)
            await until(pilot, lambda: client.calls[-1] == ("fit_pane", 1, tuple(pane.room)), "not fitted")


async def with_frame(pilot: DashboardPilot, app: OrchestratorApp) -> PaneView:
    await ready(pilot, app)
    await until(pilot, lambda: app.dashboard.pane.pane_frame is not None, "no frame")
    return app.dashboard.pane


def shown(pane: PaneView) -> str:
    return "\n".join(pane.render_line(y).text for y in range(pane.room.height))


def typed(client: FakeClient) -> list[str]:
    strokes: list[Stroke] = []
    for call in client.calls:
        if call[0] == "type_strokes":
            strokes += cast("tuple[Stroke, ...]", call[2])
    return [stroke.text or stroke.key for stroke in strokes]


def test_a_full_screen_frame_is_drawn_within_the_frame_budget() -> None:
    from orchestrator_tui.ui.ansi import parse_lines

    esc = chr(27)
    lines = tuple(
        "".join(f"{esc}[38;2;{(x * 7 + y) % 256};{y};{n % 256}m{chr(97 + x % 26)}" for x in range(118)).encode()
        for n in range(10)
        for y in range(4)
    )
    started = thread_time()
    parse_lines(lines)
    # Processor time, since the machine is shared; the bound only catches a wrong order of growth.
    assert thread_time() - started < 1.0
