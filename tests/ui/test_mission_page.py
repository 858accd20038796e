"""A mission's page."""

from dataclasses import replace

from textual.widgets import Markdown, Static

from orchestrator_tui.core.models import Attempt, Mission, MissionState, Priority, TaskType, TokenUsage
from orchestrator_tui.core.usage import Spent
from orchestrator_tui.core.views import MissionChanged, MissionChanges
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.format import Spans
from orchestrator_tui.ui.mission_screen import MissionScreen
from orchestrator_tui.ui.mission_text import attempt_lines, head_lines
from tests.ui.fake_client import MINUTE, NOW_MS, FakeClient
from tests.ui.steps import NARROW, WIDE, DashboardPilot, closed, dialog, ready, toasts, type_into, until

MISSION = Mission(
    id="m-1",
    seq=1,
    prompt="Write it\nwell",
    context=None,
    type=TaskType.CODING,
    priority=Priority.HIGH,
    state=MissionState.FAILED,
    created_at=NOW_MS - 10 * MINUTE,
    depends_on=("m-0",),
    attempts=2,
    started_at=NOW_MS - 3 * MINUTE,
    ended_at=NOW_MS - MINUTE,
    error_code="timeout",
    error_message="too long",
    token_usage=TokenUsage(1200, 400),
    attempt_log=(
        Attempt(1, 3, NOW_MS - 8 * MINUTE, NOW_MS - 4 * MINUTE, "agent_crashed", "killed by SIGKILL"),
        Attempt(2, 3, NOW_MS - 3 * MINUTE, NOW_MS - MINUTE, "timeout"),
    ),
)


def text(lines: tuple[Spans, ...]) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


def test_the_head_says_how_it_stands() -> None:
    head = text(head_lines(MISSION, None, NOW_MS))
    for part in (
        "× failed",
        "high",
        "coding",
        "queued 10m ago",
        "2 tries",
        "worked 2m",
        "1.2k tokens in   400 out   as reported",
        "after m-0",
    ):
        assert part in head
    assert "timeout: too long" in head


def test_what_was_measured_is_told_instead_of_what_was_reported() -> None:
    measured = replace(MISSION, spent=Spent(4_100, 9_800, 310_000, 22_000, 0.41))
    assert "4.1k tokens in   9.8k out   332k cached   $0.41" in text(head_lines(measured, None, NOW_MS))


def test_each_attempt_says_when_who_how_long_and_how_it_ended() -> None:
    first, second = text(attempt_lines(MISSION, {3: "db"})).splitlines()
    assert "  1 " in first
    assert "4m" in first
    assert "db" in first
    assert first.endswith("agent_crashed  killed by SIGKILL")
    assert second.endswith("timeout")
    running = replace(MISSION, attempt_log=(Attempt(1, 9, NOW_MS - MINUTE),))
    assert text(attempt_lines(running, {})).endswith("agent 9  works")


async def page(pilot: DashboardPilot, app: OrchestratorApp) -> MissionScreen:
    await ready(pilot, app)
    await pilot.press("4", "enter")
    await until(pilot, lambda: isinstance(app.screen, MissionScreen), "no page")
    await pilot.pause()
    assert isinstance(app.screen, MissionScreen)
    return app.screen


def shown(screen: MissionScreen, name: str) -> str:
    return str(screen.query_one(f"#{name}", Static).render())


async def test_enter_opens_the_mission_and_esc_goes_back(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await page(pilot, app)
        chosen = app.model.mission()
        assert chosen is not None
        assert screen.mission_id == chosen.id
        assert chosen.id in shown(screen, "mission-title")
        assert not screen.query_one("#output", Markdown).display
        await pilot.press("escape")
        await closed(pilot, app)


async def test_it_follows_the_mission(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=NARROW) as pilot:
        screen = await page(pilot, app)
        view = app.model.missions[screen.mission_id]
        client.outputs[view.id] = "# Done\n\n- one\n- two"
        done = replace(view, state=MissionState.COMPLETED, ended_at=NOW_MS)
        client.feeds[-1].push(MissionChanged(done))
        await until(pilot, lambda: "done" in shown(screen, "mission-head"), shown(screen, "mission-head"))
        output = screen.query_one("#output", Markdown)
        await until(pilot, lambda: output.display, "no output")
        assert output.source == "# Done\n\n- one\n- two"
        await pilot.press("y")
        assert app.clipboard == "# Done\n\n- one\n- two"


async def test_what_is_done_on_the_page_is_done_to_its_mission(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await page(pilot, app)
        other = next(one for one in app.model.missions if one != screen.mission_id)
        app.model.selected_mission = other
        await pilot.press("J")
        await until(pilot, lambda: client.calls[-1][0] == "update_mission", f"{client.calls[-1]}")
        assert client.calls[-1][1] == screen.mission_id
        assert isinstance(client.calls[-1][2], MissionChanges)


async def test_a_dependency_is_added(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        screen = await page(pilot, app)
        await pilot.press("a")
        await dialog(pilot, app, f"{screen.mission_id} starts after")
        await type_into(pilot, app, "depends_on", "m-030 m-035")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen, "the dialog is still open")
        added = [call for call in client.calls if call[0] == "add_dependency"]
        assert added == [("add_dependency", screen.mission_id, on) for on in ("m-030", "m-035")]
        assert any("starts after m-030, m-035" in text for text in toasts(app))
