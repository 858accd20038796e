"""The dashboard in a browser: a server whose tabs are viewers of the session's one supervisor."""

import asyncio
import shlex
import signal
import sys
from pathlib import Path

import click
from aiohttp import web

from orchestrator_tui.commands.dashboard import serve_in_background
from orchestrator_tui.composition import load_settings, require_tmux
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.session import EndpointInfo, Session
from orchestrator_tui.web.server import HOST, WebServer

STARTS_WITHIN_S = 20.0


def run_web(session: Session, *, port: int, provider: str | None, config: Path | None) -> None:
    """Serves until SIGTERM or SIGINT; the supervisor and its agents go on. Raises CannotRun."""
    asyncio.run(_run(session, port, provider, None if config is None else config.absolute()))


async def _run(session: Session, port: int, provider: str | None, config: Path | None) -> None:
    # Bad files are refused here, where a person sees it.
    load_settings(Path.cwd(), config)
    require_tmux()
    session.create()

    async def supervised() -> EndpointInfo:
        return await _supervisor(session, provider, config)

    async def before_tab() -> None:
        await supervised()

    info = await supervised()
    command = [sys.executable, "-m", "orchestrator_tui", "view", "--session", session.name]
    if config is not None:
        command += ["--config", str(config)]
    server = WebServer(shlex.join(command), port, info.token, before_tab)
    runner = web.AppRunner(await server.application(), access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise CannotRun(f"Port {port} cannot be used: {error.strerror}.", remedy="Give another --port.") from error
        click.echo(f"open http://{HOST}:{port}/ (the token: orchestrator-tui endpoint --json); Ctrl+C ends", err=True)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await stop.wait()
    finally:
        await runner.cleanup()


async def _supervisor(session: Session, provider: str | None, config: Path | None) -> EndpointInfo:
    """The session's supervisor; a ``serve`` in the background where none lives."""
    if not session.is_owned():
        serve_in_background(session, provider, config)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + STARTS_WITHIN_S
    while (info := session.endpoint()) is None:
        if loop.time() > deadline:
            raise CannotRun("No supervisor came up.", remedy=f"See {session.log}.")
        await asyncio.sleep(0.05)
    return info
