"""The dashboard's screen over a supervisor that is opened once it is drawn."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from orchestrator_tui.core.config import Settings
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.memory import Memories
from orchestrator_tui.core.views import ShutdownMode, SupervisorClient
from orchestrator_tui.pty.system_clock import SystemClock
from orchestrator_tui.settings_files import report_settings


def require_terminal() -> None:
    """Raises CannotRun without a terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotRun(
            "The dashboard needs a terminal.", remedy="Use `orchestrator-tui serve` or `run PLAN.yaml` without one."
        )


async def show(
    opening: Callable[[], Awaitable[SupervisorClient]],
    settings: Settings,
    config: Path | None,
    *,
    provider: str | None = None,
    memories: Memories | None = None,
) -> ShutdownMode | None:
    """Draws the dashboard, opens what it shows, and returns how it was left.

    Raises what ``opening`` raises, once the terminal is as it was, and ConfigError for keys that cannot be used.
    """
    # Imported here: no other command pays for the screen.
    from orchestrator_tui.ui.app import OrchestratorApp
    from orchestrator_tui.ui.late_client import late_client
    from orchestrator_tui.ui.tools import Tools

    failures: list[Exception] = []

    async def opened() -> SupervisorClient:
        try:
            return await opening()
        except Exception as error:
            failures.append(error)
            app.exit()
            raise

    app = OrchestratorApp(
        late_client(opened),
        clock=SystemClock(),
        theme=settings.theme,
        keys=settings.keys,
        notify_after_s=settings.notify_after_s,
        memories=memories,
        presets=settings.presets,
        tools=Tools(editor=settings.editor),
        commands=settings.commands,
        settings=report_settings(settings, Path.cwd(), config, provider),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.exit, "keep")
    left = await app.run_async()
    if failures:
        raise failures[0]
    return left
