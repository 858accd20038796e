"""A dashboard on another process's supervisor."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from orchestrator_tui.composition import load_settings, log_to, report_settings
from orchestrator_tui.core.config import Settings
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.pty.system_clock import SystemClock
from orchestrator_tui.remote.client import RemoteClient
from orchestrator_tui.remote.http import Target
from orchestrator_tui.session import Session

_LOOKS_EVERY_S = 1.0


def run_viewer(session: Session, config: Path | None) -> None:
    """Views the session's supervisor until it is left; never becomes one. Raises CannotRun."""
    # In a browser's tab the terminal is at the other end of a pipe.
    is_in_tab = "TEXTUAL_DRIVER" in os.environ
    if not is_in_tab:
        require_terminal()
    asyncio.run(_run(session, config, is_in_tab=is_in_tab))


def require_terminal() -> None:
    """Raises CannotRun without a terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotRun(
            "The dashboard needs a terminal.", remedy="Use `orchestrator-tui serve` or `run PLAN.yaml` without one."
        )


async def _run(session: Session, config: Path | None, *, is_in_tab: bool) -> None:
    settings = load_settings(Path.cwd(), config)
    session.create()
    watch = asyncio.create_task(end_with(os.getppid())) if is_in_tab else None
    try:
        await view_session(session, settings, config)
    finally:
        if watch is not None:
            watch.cancel()


async def end_with(parent: int) -> None:
    """A server that was killed cannot end its tabs' viewers any more, and what they draw to has gone."""
    while os.getppid() == parent:
        await asyncio.sleep(_LOOKS_EVERY_S)
    signal.raise_signal(signal.SIGTERM)


async def view_session(session: Session, settings: Settings, config: Path | None) -> None:
    """The dashboard as a viewer: leaving it changes nothing. Raises NoSupervisor."""
    # Imported here: no other command pays for the screen.
    from orchestrator_tui.ui.app import OrchestratorApp
    from orchestrator_tui.ui.tools import Tools

    def locate() -> Target | None:
        info = session.endpoint()
        return None if info is None else Target(info.url, info.token)

    # Two processes may not rotate one file.
    log_to(session.folder / "viewer.log")
    client = RemoteClient.to(locate)
    first = await client.open_feed()
    first.close()
    app = OrchestratorApp(
        client,
        clock=SystemClock(),
        theme=settings.theme,
        keys=settings.keys,
        notify_after_s=settings.notify_after_s,
        tools=Tools(editor=settings.editor),
        commands=settings.commands,
        settings=report_settings(settings, Path.cwd(), config),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.exit, "keep")
    try:
        await app.run_async()
    finally:
        client.aclose()
