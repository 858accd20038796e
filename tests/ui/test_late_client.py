"""A dashboard that is drawn before its supervisor is there."""

import asyncio
import subprocess
import sys

from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.views import SupervisorClient
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.late_client import late_client
from tests.ui.conftest import RecordingAttacher
from tests.ui.fake_client import FakeClient, FrozenClock
from tests.ui.steps import WIDE, dialog, error_line, ready, toasts, type_into, until


async def test_it_is_drawn_while_the_supervisor_starts_and_filled_once_it_is_there() -> None:
    there, client = asyncio.Event(), FakeClient()

    async def opening() -> SupervisorClient:
        await there.wait()
        return client

    app = OrchestratorApp(late_client(opening), clock=FrozenClock(), attacher=RecordingAttacher())
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: "Waiting for the supervisor" in shown(app), "it does not say so")
        await pilot.press("m")
        await dialog(pilot, app, "New mission")
        await type_into(pilot, app, "prompt", "Not lost")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "still starting" in error_line(app), "it is not refused")
        there.set()
        await ready(pilot, app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(client.calls), "what was typed is lost")
        assert "Not lost" in str(client.calls)
        await until(pilot, lambda: "api-auth" in shown(app), "the fleet is not shown")


async def test_a_start_that_fails_is_told() -> None:
    async def opening() -> SupervisorClient:
        raise CannotRun("tmux is not installed.", remedy="Install it.")

    app = OrchestratorApp(late_client(opening), clock=FrozenClock(), attacher=RecordingAttacher())
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: any("tmux is not installed" in text for text in toasts(app)), "not told")


def shown(app: OrchestratorApp) -> str:
    # There is no public way to what is composed.
    strips = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
    return "\n".join(strip.text for strip in strips)


def test_what_only_keys_need_is_not_imported_for_the_first_picture() -> None:
    code = "import sys, orchestrator_tui.ui.app; print([name for name in sys.modules if 'orchestrator_tui.ui' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "orchestrator_tui.ui.dashboard" in done.stdout
    assert "orchestrator_tui.ui.operations" not in done.stdout
    assert "orchestrator_tui.ui.dialogs" not in done.stdout
