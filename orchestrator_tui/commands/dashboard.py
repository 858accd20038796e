"""Runs the dashboard as the session's supervisor."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from orchestrator_tui.commands.view import require_terminal, view_session
from orchestrator_tui.composition import (
    OwnedRuntime,
    load_settings,
    log_to,
    report_settings,
    start_from_files,
    take_over,
)
from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.errors import NoSupervisor, SessionOwned
from orchestrator_tui.core.memory import Memories
from orchestrator_tui.core.models import MissionSpec, Role
from orchestrator_tui.memory_file import FileMemory
from orchestrator_tui.missions.plan import parse_plan
from orchestrator_tui.session import Session


def run_dashboard(
    session: Session, *, provider: str | None, config: Path | None, sample_plan: Path | None = None
) -> None:
    """Opens the dashboard: as a viewer where another dashboard or ``run`` owns the session; a ``serve`` lets go first.

    Raises CannotRun, and SessionOwned when the owner has nothing to view.
    """
    require_terminal()
    missions = parse_plan(sample_plan.read_text(), sample_plan.name) if sample_plan is not None else []
    asyncio.run(_run(session, provider, config, missions))


async def _run(session: Session, provider: str | None, config: Path | None, sample_missions: list[MissionSpec]) -> None:
    # Imported here: no other command pays for the screen.
    from orchestrator_tui.ui.app import OrchestratorApp
    from orchestrator_tui.ui.tools import Tools
    from orchestrator_tui.ui.user_commands import registry

    settings = load_settings(Path.cwd(), config)
    # Bad keys are refused before any agent is touched.
    registry(settings.commands, settings.keys)
    session.create()
    log_to(session.log)
    await take_over(session)
    try:
        runtime = await start_from_files(session, "dashboard", settings, provider=provider, config=config)
    except SessionOwned as owned:
        try:
            await view_session(session, settings, config)
        except NoSupervisor:
            raise owned from None
        return
    memories = [await FileMemory.open(path) for path in (session.dashboard, session.user_dashboard)]
    stop_agents = False
    try:
        if sample_missions:
            await _seed(runtime, sample_missions)
        app = OrchestratorApp(
            runtime.supervisor,
            clock=runtime.supervisor.fleet.clock,
            notice=runtime.supervisor.monitor.provider_notice,
            theme=settings.theme,
            keys=settings.keys,
            notify_after_s=settings.notify_after_s,
            memories=Memories(*memories),
            presets=settings.presets,
            tools=Tools(editor=settings.editor),
            commands=settings.commands,
            settings=report_settings(settings, Path.cwd(), config, provider),
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, app.exit, "keep")
        result = await app.run_async()
        stop_agents = result == "stop_agents"
    finally:
        for memory in memories:
            await memory.aclose()
        await runtime.aclose(stop_agents=stop_agents)
    if not stop_agents:
        serve_in_background(session, provider, config)


async def _seed(runtime: OwnedRuntime, missions: list[MissionSpec]) -> None:
    supervisor = runtime.supervisor
    if not supervisor.agents():
        for role in (Role.CODER, Role.TESTER, Role.ANALYST, Role.GENERALIST):
            await supervisor.spawner.spawn_agent(AgentConfig(role=role, provider="demo"))
        await supervisor.add_missions(missions)


def serve_in_background(session: Session, provider: str | None, config: Path | None) -> subprocess.Popen[bytes]:
    """Hands the agents to a detached ``serve``, so that they stay supervised; that process."""
    command = [sys.executable, "-m", "orchestrator_tui", "serve", "--session", session.name]
    if provider is not None:
        command += ["--provider", provider]
    if config is not None:
        command += ["--config", str(config.absolute())]
    with session.log.open("a") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=dict(os.environ),
        )
