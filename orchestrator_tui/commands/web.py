"""The dashboard in a browser: a server whose tabs are viewers of the session's one supervisor."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import click

from orchestrator_tui.commands.dashboard import serve_in_background
from orchestrator_tui.composition import require_tmux
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.log_file import log_to
from orchestrator_tui.session import EndpointInfo, Session
from orchestrator_tui.settings_files import load_settings
from orchestrator_tui.web.server import HOST, WebServer

STARTS_WITHIN_S = 20.0


def run_web(session: Session, *, port: int, provider: str | None, config: Path | None) -> None:
    """Serves until SIGTERM or SIGINT; the supervisor and its agents go on. Raises CannotRun.

    ``port`` 0 takes a free one. Where no supervisor runs, a ``serve`` is started in the background.
    """
    # Bad files are refused here, where a person sees it.
    load_settings(Path.cwd(), config)
    require_tmux()
    with _listen(port) as listener:
        asyncio.run(_run(session, listener, provider, None if config is None else config.absolute()))


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        # The text of `error` itself names the address as Python writes it.
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotRun(f"Port {port} cannot be used: {reason}.", remedy="Give another --port.") from error


async def _run(session: Session, listener: socket.socket, provider: str | None, config: Path | None) -> None:
    session.create()
    log_to(session.folder / "web.log")
    keeper = SupervisorKeeper(session, provider, config)
    info = await keeper.supervisor()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    viewer = [sys.executable, "-m", "orchestrator_tui", "view", "--session", session.name]
    if config is not None:
        viewer += ["--config", str(config)]
    port: int = listener.getsockname()[1]
    server = WebServer(viewer, port, info.token, session.name, keeper.supervisor)
    async with server.serving(listener):
        click.echo(
            f"open http://{HOST}:{port}/ and give the token that `orchestrator-tui endpoint --session {session.name} "
            "--json` shows; Ctrl+C ends the page, the agents go on",
            err=True,
        )
        await stop.wait()


class SupervisorKeeper:
    """Sees to it that the session has a supervisor to view, and starts one at a time."""

    def __init__(self, session: Session, provider: str | None, config: Path | None) -> None:
        self._session = session
        self._provider = provider
        self._config = config
        self._one_at_a_time = asyncio.Lock()

    async def supervisor(self) -> EndpointInfo:
        """The living supervisor's endpoint; a ``serve`` in the background where there is none. Raises CannotRun."""
        async with self._one_at_a_time:
            return self._session.endpoint() or await self._begin()

    async def _begin(self) -> EndpointInfo:
        session = self._session
        started = None if session.is_owned() else serve_in_background(session, self._provider, self._config)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STARTS_WITHIN_S
        while (info := session.endpoint()) is None:
            # Another process may have been quicker: then ours has ended, and that one is viewed.
            has_ended = started is not None and started.poll() is not None and not session.is_owned()
            if has_ended or loop.time() > deadline:
                raise CannotRun(
                    f"No supervisor came up for the session {session.name}.", remedy=f"{session.log} says why."
                )
            await asyncio.sleep(0.05)
        return info
