"""A bar for whatever takes longer than a second."""

import asyncio

import pytest

from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.views import AgentChanged
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.progress import Job, Progress, report
from orchestrator_tui.ui.widgets.progress_line import BAR, ProgressLine, progress_spans
from tests.ui.conftest import RecordingAttacher
from tests.ui.fake_client import FLEET, FakeClient, FrozenClock, agent
from tests.ui.steps import WIDE, DashboardPilot, closed, dialog, ready, until


@pytest.fixture
def client() -> FakeClient:
    return FakeClient(held=asyncio.Event())


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second is long for a test."""
    monkeypatch.setattr("orchestrator_tui.ui.progress.SHOWN_AFTER_S", 0.2)


def line(app: OrchestratorApp) -> str:
    """What the bar says; empty without one."""
    found = list(app.screen.query(ProgressLine))
    assert len(found) <= 1
    return str(found[0].render()) if found else ""


async def named(pilot: DashboardPilot, app: OrchestratorApp, text: str) -> None:
    """The bar names this work."""
    await until(pilot, lambda: text in line(app), f"no bar says {text!r}")


def let_go(client: FakeClient) -> None:
    """The slow commands return."""
    assert client.held is not None
    client.held.set()


async def test_work_that_takes_long_is_named_until_it_ends(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        places = {widget.id: widget.region for widget in app.screen.query("#agents, #pane, #missions, #keys")}
        await pilot.press("j", "R", "y")
        await named(pilot, app, "Restarting docs-fix")
        bar = app.screen.query_one(ProgressLine)
        await until(pilot, lambda: bar.region.height == 1, "the bar is not drawn")
        assert bar.region.bottom == app.dashboard.query_one("#keys").region.y
        assert places == {widget.id: widget.region for widget in app.screen.query("#agents, #pane, #missions, #keys")}
        let_go(client)
        await until(pilot, lambda: not line(app), "the bar stays")


async def test_a_person_who_thinks_is_not_waited_for(app: OrchestratorApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("j", "R")
        await dialog(pilot, app, "Restart")
        await asyncio.sleep(0.4)
        assert line(app) == ""


async def test_a_form_that_hands_over_many_agents_counts_them(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("n")
        await dialog(pilot, app, "New agent")
        app.screen.query_one("#field-count").value = "3"  # pyright: ignore[reportAttributeAccessIssue]
        await pilot.press("ctrl+s")
        await named(pilot, app, "Starting 3 agents  0 of 3")
        for number in (100, 101):
            client.feeds[-1].push(AgentChanged(agent(number, f"agent-{number}", AgentState.STARTING, 0)))
        await named(pilot, app, "Starting 3 agents  2 of 3")
        let_go(client)
        await closed(pilot, app)
        assert line(app) == ""


async def test_leaving_shows_how_many_agents_are_stopped(app: OrchestratorApp, client: FakeClient) -> None:
    living = [one.id for one in FLEET.agents if one.state is not AgentState.STOPPED]
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("q")
        await dialog(pilot, app, "Quit")
        await pilot.press("s")
        await named(pilot, app, f"Stopping {len(living)} agents  0 of {len(living)}")
        let_go(client)
        await until(pilot, lambda: app.return_value is not None, "it did not leave")
    assert app.return_value == "stop_agents"
    assert sorted(call[1] for call in client.calls if call[0] == "kill") == living  # pyright: ignore[reportArgumentType]


async def test_failed_work_takes_its_bar_away(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)

        async def fails() -> None:
            assert client.held is not None
            await client.held.wait()
            raise RuntimeError("no")

        app.operations.desk.start(fails(), "fails", "Trying")
        await named(pilot, app, "Trying")
        let_go(client)
        await until(pilot, lambda: not line(app), "the bar stays")


async def test_an_attached_terminal_is_no_work(client: FakeClient) -> None:
    class Slow(RecordingAttacher):
        async def __call__(self, app: object, argv: object) -> None:
            assert client.held is not None
            await client.held.wait()

    app = OrchestratorApp(client, clock=FrozenClock(), attacher=Slow())
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: app.operations.agents.is_attached, "not attached")
        await asyncio.sleep(0.4)
        assert line(app) == ""
        let_go(client)
        await until(pilot, lambda: not app.operations.agents.is_attached, "still attached")


async def test_what_ends_within_the_time_is_never_shown() -> None:
    progress, shown = Progress(), list[int]()
    progress.changed = lambda: shown.append(len(progress.shown()))

    async def quick() -> None:
        report(1, 2)

    await progress.follow(quick(), "quick")
    assert shown == []


def job(done: int | None, total: int | None) -> Job:
    made = Job("Counting", lambda: None)
    made.done, made.total = done, total
    return made


def test_a_counted_bar_fills_and_an_uncounted_one_runs_unless_animations_are_off() -> None:
    half = progress_spans((job(2, 4),), 3_000, 7, 80)
    assert [(len(span.text), span.token) for span in half[1:3]] == [(BAR // 2, "accent"), (BAR // 2, "muted")]
    assert "".join(span.text for span in half).endswith("Counting  2 of 4  3s ")
    running = [progress_spans((job(None, None),), 0, step, 80) for step in (0, 1)]
    assert running[0] != running[1]
    still = progress_spans((job(None, None),), 0, None, 80)
    assert [(span.text, span.token) for span in still[1:2]] == [("━" * BAR, "muted")]


def test_several_pieces_of_work_fit_one_line() -> None:
    spans = progress_spans((job(1, 2), job(None, None), job(None, None)), 61_000, 0, 40)
    text = "".join(span.text for span in spans)
    assert "and 2 more" in text
    assert len(text) <= 42
