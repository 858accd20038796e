"""What the dashboard looks like; a changed picture is looked at before it is accepted."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from orchestrator_tui.core.views import ShutdownMode, Snapshot
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.diff_screen import DiffScreen
from orchestrator_tui.ui.health_screen import HealthScreen
from orchestrator_tui.ui.theme import ThemeChoice
from tests.ui.conftest import RecordingAttacher
from tests.ui.fake_client import EMPTY, FLEET, FakeClient, FrozenClock
from tests.ui.sample_activity import ACTIVITY, BUSY_FLEET
from tests.ui.steps import NARROW, WIDE, dialog, ready, type_into, until

CPU = (12.0, 25.0, 55.0, 30.0, 22.0, 18.0, 40.0, 66.0, 80.0, 52.0, 31.0, 20.0, 9.0, 22.0, 30.0, 38.0)
MEMORY = (44.0, 46.0, 48.0, 52.0, 53.0, 55.0, 55.0, 56.0, 58.0, 60.0, 60.0, 61.0, 61.0, 61.0, 61.0, 61.0)
NOTICE = "`claude` is not on PATH. Install it, or start agents with the demo provider."

Compare = Callable[..., bool]


def made(
    snapshot: Snapshot, theme: ThemeChoice = "dark", notice: str | None = None, client: FakeClient | None = None
) -> OrchestratorApp:
    app = OrchestratorApp(
        client or FakeClient(snapshot, known_activity=ACTIVITY),
        clock=FrozenClock(),
        theme=theme,
        notice=notice,
        attacher=RecordingAttacher(),
    )
    app.animation_level = "none"
    app.model.cpu_samples.extend(CPU[:-1])
    app.model.memory_samples.extend(MEMORY[:-1])
    return app


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
class TestPictures:
    def test_fleet(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(FLEET), size)

    def test_empty(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(EMPTY, notice=NOTICE), size)

    def test_light(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(FLEET, "light"), size)

    def test_spawn(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(FLEET), size, "n", heading="New agent")

    def test_mission(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(FLEET), size, "m", heading="New mission")

    def test_help(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(FLEET), size, "question_mark", heading="Keys")

    def test_approve(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(FLEET), size, "a", heading="asks")

    def test_inbox(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(FLEET), size, "exclamation_mark", "j", heading="Waits for you")

    def test_events(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(FLEET), size, "5")

    def test_changes(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        app = made(FLEET)

        async def prepare(pilot: Pilot[ShutdownMode]) -> None:
            await ready(pilot, app)
            await pilot.press("equals_sign")
            await until(pilot, lambda: isinstance(app.screen, DiffScreen) and app.screen.diff is not None, "no changes")
            await pilot.press("right_square_bracket", "j", "j", "j", "c")
            await dialog(pilot, app, "auth/tokens.py")
            await type_into(pilot, app, "prompt", "Who revokes it now? Say so in the docstring.")
            await pilot.press("ctrl+s")
            await until(pilot, lambda: isinstance(app.screen, DiffScreen), "the dialog is still open")
            await pilot.pause()

        assert snap_compare(app, terminal_size=size, run_before=prepare)

    def test_health_with_problems(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        machine = replace(FLEET.machine, dead_panes=1, mcp_error="port 8765 is taken", tmux_error="does not answer")
        assert pictured(snap_compare, made(replace(FLEET, machine=machine)), size, "2")

    def test_health(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(BUSY_FLEET), size, "2", "enter")

    def test_health_panel(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        assert pictured(snap_compare, made(BUSY_FLEET), size, "2")


def pictured(
    compare: Compare, app: OrchestratorApp, size: tuple[int, int], *keys: str, heading: str | None = None
) -> bool:
    async def prepare(pilot: Pilot[ShutdownMode]) -> None:
        await ready(pilot, app)
        agent = app.model.agent()
        if agent is not None:
            await until(pilot, lambda: app.dashboard.pane.pane_frame is not None, "no frame")
        await pilot.press(*keys)
        if heading is not None:
            await dialog(pilot, app, heading)
        if isinstance(app.screen, HealthScreen):
            await until(pilot, lambda: isinstance(app.screen, HealthScreen) and bool(app.screen.ids), "no agents")
        await pilot.pause()

    return compare(app, terminal_size=size, run_before=prepare)
