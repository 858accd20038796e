"""The log's screen: events of the whole session, and the commands that were run."""

from dataclasses import replace

import pytest
from textual.widgets import Static

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.history import CommandView
from orchestrator_tui.core.views import EventLogged
from orchestrator_tui.ui import event_history
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.log_screen import LogScreen
from orchestrator_tui.ui.mission_screen import MissionScreen
from orchestrator_tui.ui.widgets.log_rows import LogRows
from tests.ui.fake_client import EVENTS, FLEET, MINUTE, NOW_MS, SECOND, FakeClient
from tests.ui.steps import NARROW, WIDE, DashboardPilot, closed, dialog, ready, until

FIRST_LIVE = 1_501
"""The snapshot holds the newest events; fifteen hundred older ones are in the log's files."""

PAGE = 150


def numbered(seq: int, kind: EventType, ago_ms: int, **more: object) -> Event:
    return replace(Event(kind, NOW_MS - ago_ms, seq=seq), **more)


OLDER = tuple(
    numbered(seq, EventType.TASK_START, 24 * 60 * MINUTE - seq * SECOND, agent_id=3, mission_id=f"m-{seq:03}")
    for seq in range(1, FIRST_LIVE)
)
LIVE = tuple(replace(event, seq=FIRST_LIVE + number) for number, event in enumerate(EVENTS))

COMMANDS = (
    CommandView(1, NOW_MS - 9 * SECOND, "git", ("git -C /acme/api worktree add ../1",), 41.0, agent_id=1),
    CommandView(2, NOW_MS - 8 * SECOND, "tmux", ("tmux list-panes -s",), 0.11, is_poll=True),
    CommandView(3, NOW_MS - 7 * SECOND, "tmux", ("tmux send-keys -t %12 -l -- (14 characters)",), 0.2, agent_id=1),
    CommandView(4, NOW_MS - 6 * SECOND, "tmux", ("tmux respawn-pane -k -t %17",), 3.0, error="can't find pane: %17"),
)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_history, "PAGE", PAGE)


@pytest.fixture
def client() -> FakeClient:
    return FakeClient(replace(FLEET, events=LIVE), log=(*OLDER, *LIVE), ran=COMMANDS)


async def opened(pilot: DashboardPilot, app: OrchestratorApp) -> LogScreen:
    await ready(pilot, app)
    await pilot.press("at")
    await until(pilot, lambda: isinstance(app.screen, LogScreen) and app.screen.is_mounted, "no log")
    screen = app.screen
    assert isinstance(screen, LogScreen)
    await until(pilot, lambda: len(screen.events.keys) > PAGE, "nothing older was loaded")
    await pilot.pause()
    return screen


def seen(rows: LogRows) -> list[str]:
    return [rows.render_line(y).text.rstrip() for y in range(rows.scrollable_content_region.height)]


def frame(rows: LogRows) -> str:
    return f"{rows.border_title} {rows.border_subtitle or ''}"


def under_cursor(screen: LogScreen) -> int:
    assert screen.events.selected is not None
    return screen.events.history.lines[screen.events.selected].seq


class TestEvents:
    @pytest.mark.parametrize("size", [WIDE, NARROW])
    async def test_the_newest_stands_at_the_end_and_what_comes_is_followed(
        self, app: OrchestratorApp, client: FakeClient, size: tuple[int, int]
    ) -> None:
        async with app.run_test(size=size) as pilot:
            screen = await opened(pilot, app)
            assert seen(screen.events)[0].split()[0] == "TIME"
            assert "api-auth needs you: permission" in seen(screen.events)[-1]
            client.feeds[0].push(EventLogged(numbered(LIVE[-1].seq + 1, EventType.KILL, 0, agent_id=9)))
            await until(pilot, lambda: "scratch was killed" in seen(screen.events)[-1], "it does not follow")
            assert "following" in frame(screen.events)

    async def test_scrolling_up_stops_the_following_and_f_takes_it_up(
        self, app: OrchestratorApp, client: FakeClient
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            await pilot.press("k")
            await pilot.pause()
            before = seen(screen.events)
            client.feeds[0].push(EventLogged(numbered(LIVE[-1].seq + 1, EventType.KILL, 0, agent_id=9)))
            await until(pilot, lambda: "2 newer below" in frame(screen.events), "it is not counted")
            assert "stopped" in frame(screen.events)
            assert seen(screen.events) == before
            await pilot.press("F")
            await until(pilot, lambda: "scratch was killed" in seen(screen.events)[-1], "it is not followed again")

    async def test_older_events_load_as_one_scrolls_and_nothing_jumps(
        self, app: OrchestratorApp, client: FakeClient
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            loaded = len(screen.events.keys)
            for _ in range(12):
                here = under_cursor(screen)
                await pilot.press("ctrl+u")
                await pilot.pause()
                assert here - under_cursor(screen) == screen.events.half_page
            assert len(screen.events.keys) > loaded
            assert client.asked_older == sorted({seq for seq in client.asked_older if seq}, reverse=True), (
                "a page was asked for twice"
            )

    async def test_g_goes_to_the_first_event_of_all(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            await pilot.press("g")
            await until(pilot, lambda: under_cursor(screen) == 1, "not at the first event")
            assert "from the first on" in frame(screen.events)
            assert f"{len(OLDER) + len(LIVE):,} events" in frame(screen.events)

    async def test_a_filter_counts_while_it_is_typed_also_for_what_is_not_loaded(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            await pilot.press("f", *"mission:m-007", "enter")
            await until(pilot, lambda: not screen.events.history.has_older, "it was not looked for to the end")
            assert [event.mission_id for event in screen.events.history.lines] == ["m-007"]
            await pilot.press("escape")
            await until(pilot, lambda: len(screen.events.keys) > PAGE, "the filter was not cleared")

    async def test_a_filter_that_cannot_be_read_says_so_at_the_line(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            problem = screen.query_one("#log-problem", Static)
            await pilot.press("f", *"typ:crash", "enter")
            await pilot.pause()
            assert "Did you mean `type:`?" in str(problem.render())
            await pilot.press("home", "right", "right", "right", "e", "enter")
            await until(pilot, lambda: not problem.display, "the problem still stands there")
            assert {event.type for event in screen.events.history.lines} == {EventType.CRASH}

    async def test_search_goes_to_older_matches_that_are_not_loaded_yet(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            await pilot.press("slash", *"m-100", "enter")
            await until(pilot, lambda: under_cursor(screen) == 1_009, "the newest match was not found")
            await pilot.press("n")
            await until(pilot, lambda: under_cursor(screen) == 1_008, "not the older match")
            await pilot.press("N")
            await until(pilot, lambda: under_cursor(screen) == 1_009, "not the newer match")

    async def test_enter_shows_an_event_whole_and_goes_to_its_mission(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await opened(pilot, app)
            await pilot.press("slash", *"began m-041", "enter")
            await pilot.press("enter")
            await dialog(pilot, app, "api-auth began m-041")
            assert "task_start" in str(app.screen.query_one("#entry-text", Static).render())
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, MissionScreen), "not at its mission")

    async def test_from_an_event_to_its_agent(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            await opened(pilot, app)
            await pilot.press("f", *"type:crash", "enter", "enter")
            await dialog(pilot, app, "flaky-tests crashed")
            await pilot.press("a")
            await closed(pilot, app)
            agent = app.model.agent()
            assert agent is not None
            assert agent.name == "flaky-tests"


class TestCommands:
    async def test_commands_are_asked_for_only_while_they_are_looked_at(
        self, app: OrchestratorApp, client: FakeClient
    ) -> None:
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            await pilot.pause(0.6)
            assert not client.asked_commands
            await pilot.press("right_square_bracket")
            await until(pilot, lambda: len(screen.commands.keys) == 3, "the commands are not shown")
            text = "\n".join(seen(screen.commands))
            assert seen(screen.commands)[0].split()[0] == "TIME"
            assert "× can't find pane: %17" in text
            assert "list-panes" not in text
            await until(pilot, lambda: client.asked_commands[-1] == 4, "it does not ask for what is new")

    async def test_p_shows_the_polls_too(self, app: OrchestratorApp) -> None:
        async with app.run_test(size=WIDE) as pilot:
            screen = await opened(pilot, app)
            await pilot.press("right_square_bracket", "p")
            await until(pilot, lambda: "list-panes" in "\n".join(seen(screen.commands)), "no polls")
            assert "with polls" in frame(screen.commands)
