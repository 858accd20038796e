"""Steps that the pilot tests share."""

import asyncio
from collections.abc import Callable

from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from orchestrator_tui.core.views import ShutdownMode
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.dialogs.base import Dialog

WIDE = (120, 36)
NARROW = (80, 24)

DashboardPilot = Pilot[ShutdownMode]


async def until(pilot: DashboardPilot, holds: Callable[[], bool], what: str) -> None:
    """Lets the app run until the condition holds; fails with ``what`` after five seconds."""
    deadline = asyncio.get_running_loop().time() + 5
    while not holds():
        assert asyncio.get_running_loop().time() < deadline, what
        await pilot.pause(0.01)


async def ready(pilot: DashboardPilot, app: OrchestratorApp) -> None:
    """The snapshot is loaded and shown."""
    await until(pilot, lambda: app.model.loaded, "the snapshot was not loaded")
    await pilot.pause()


async def dialog(pilot: DashboardPilot, app: OrchestratorApp, heading: str) -> None:
    """A dialog with this heading is open and drawn."""
    await until(
        pilot,
        lambda: isinstance(app.screen, Dialog) and app.screen.is_mounted and heading in app.screen.heading,
        f"no dialog {heading!r}",
    )
    await pilot.pause()


async def closed(pilot: DashboardPilot, app: OrchestratorApp) -> None:
    """The dashboard has the keyboard again."""
    await until(pilot, lambda: app.screen is app.dashboard, "the dialog is still open")
    await pilot.pause()


async def type_into(pilot: DashboardPilot, app: OrchestratorApp, field: str, text: str) -> None:
    """Sets a field's text."""
    widget = app.screen.query_one(f"#field-{field}")
    if isinstance(widget, TextArea):
        widget.text = text
    else:
        assert isinstance(widget, Input)
        widget.value = text
    await pilot.pause()


def error_line(app: OrchestratorApp) -> str:
    """What the open dialog says is wrong; empty when it says nothing."""
    line = app.screen.query_one("#error", Static)
    return str(line.render()) if line.display else ""


def toasts(app: OrchestratorApp) -> list[str]:
    """The toasts' texts."""
    # Textual keeps notifications in a private list; there is no other way to read them.
    return [notification.message for notification in app._notifications]  # pyright: ignore[reportPrivateUsage]


def selected_agent(app: OrchestratorApp) -> str:
    """The chosen agent's name."""
    agent = app.model.agent()
    return agent.name if agent else ""
