"""A dashboard on another process's supervisor."""

import asyncio
import os
import signal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.commands.screen import require_terminal, show
from orchestrator_tui.log_file import log_to
from orchestrator_tui.session import Session
from orchestrator_tui.settings_files import load_settings

if TYPE_CHECKING:
    from orchestrator_tui.remote.client import RemoteClient

_LOOKS_EVERY_S = 1.0


def run_viewer(session: Session, config: Path | None) -> None:
    """Views the session's supervisor until it is left; never becomes one. Raises CannotRun."""
    # In a browser's tab the terminal is at the other end of a pipe.
    is_in_tab = "TEXTUAL_DRIVER" in os.environ
    if not is_in_tab:
        require_terminal()
    asyncio.run(_run(session, config, is_in_tab=is_in_tab))


async def _run(session: Session, config: Path | None, *, is_in_tab: bool) -> None:
    settings = load_settings(Path.cwd(), config)
    session.create()
    watch = asyncio.create_task(end_with(os.getppid())) if is_in_tab else None
    viewed: list[RemoteClient] = []

    async def opening() -> "RemoteClient":
        viewed.append(await view(session))
        return viewed[0]

    try:
        await show(opening, settings, config)
    finally:
        if watch is not None:
            watch.cancel()
        for client in viewed:
            client.aclose()


async def end_with(parent: int) -> None:
    """A server that was killed cannot end its tabs' viewers any more, and what they draw to has gone."""
    while os.getppid() == parent:
        await asyncio.sleep(_LOOKS_EVERY_S)
    signal.raise_signal(signal.SIGTERM)


async def view(session: Session) -> "RemoteClient":
    """The supervisor that owns the session. Raises NoSupervisor."""
    # Beside the drawing, which does not wait for what only the connection needs.
    await asyncio.to_thread(import_module, "orchestrator_tui.remote.client")
    from orchestrator_tui.remote.client import RemoteClient
    from orchestrator_tui.remote.http import Target

    def locate() -> Target | None:
        info = session.endpoint()
        return None if info is None else Target(info.url, info.token)

    # Two processes may not rotate one file.
    log_to(session.folder / "viewer.log")
    client = RemoteClient.to(locate)
    first = await client.open_feed()
    first.close()
    return client
