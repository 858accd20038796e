"""Runs the dashboard as the session's supervisor."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_tui.commands.screen import require_terminal, show
from orchestrator_tui.commands.view import view
from orchestrator_tui.core.config import AgentConfig, Settings
from orchestrator_tui.core.errors import NoSupervisor, SessionOwned
from orchestrator_tui.core.memory import Memories
from orchestrator_tui.core.models import MissionSpec, Role
from orchestrator_tui.core.views import SupervisorClient
from orchestrator_tui.log_file import log_to
from orchestrator_tui.memory_file import FileMemory
from orchestrator_tui.session import Session
from orchestrator_tui.settings_files import load_settings

if TYPE_CHECKING:
    from orchestrator_tui.composition import OwnedRuntime
    from orchestrator_tui.remote.client import RemoteClient


def run_dashboard(
    session: Session, *, provider: str | None, config: Path | None, sample_plan: Path | None = None
) -> None:
    """Opens the dashboard: as a viewer where another dashboard or ``run`` owns the session; a ``serve`` lets go first.

    Raises CannotRun, and SessionOwned when the owner has nothing to view.
    """
    require_terminal()
    missions = _sample(sample_plan) if sample_plan is not None else []
    asyncio.run(_run(session, provider, config, missions))


def _sample(plan: Path) -> list[MissionSpec]:
    # Imported here: the dashboard itself reads no plan before its first picture.
    from orchestrator_tui.missions.plan import parse_plan

    return parse_plan(plan.read_text(), plan.name)


async def _run(session: Session, provider: str | None, config: Path | None, sample_missions: list[MissionSpec]) -> None:
    settings = load_settings(Path.cwd(), config)
    session.create()
    log_to(session.log)
    memories = [await FileMemory.open(path) for path in (session.dashboard, session.user_dashboard)]
    seat = Seat(session, settings, provider, config, sample_missions, memories)
    stop_agents = False
    try:
        left = await show(seat.take, settings, config, provider=provider, memories=Memories(*memories))
        stop_agents = left == "stop_agents"
    finally:
        for memory in memories:
            await memory.aclose()
        await seat.aclose(stop_agents=stop_agents)
    if seat.runtime is not None and not stop_agents:
        serve_in_background(session, provider, config)


class Seat:
    """The session's supervision: ours as ``runtime``, or that of whoever owns it, which is then viewed."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        provider: str | None,
        config: Path | None,
        sample_missions: Sequence[MissionSpec],
        memories: Sequence[FileMemory],
    ) -> None:
        self._session = session
        self._settings = settings
        self._provider = provider
        self._config = config
        self._sample_missions = sample_missions
        self._memories = memories
        self._viewed: RemoteClient | None = None
        self.runtime: OwnedRuntime | None = None

    async def take(self) -> SupervisorClient:
        """Starts to supervise, or to view. Raises CannotRun, and SessionOwned when the owner has nothing to view."""
        # Beside the drawing, which does not wait for what only the supervisor needs.
        await asyncio.to_thread(_import_composition)
        from orchestrator_tui.composition import start_from_files, take_over

        session = self._session
        await take_over(session)
        try:
            self.runtime = await start_from_files(
                session, "dashboard", self._settings, provider=self._provider, config=self._config
            )
        except SessionOwned as owned:
            try:
                self._viewed = await view(session)
            except NoSupervisor:
                raise owned from None
            for memory in self._memories:
                # The owner's dashboard writes these files.
                memory.keep_nothing_more()
            return self._viewed
        if self._sample_missions:
            await _seed(self.runtime, self._sample_missions)
        return self.runtime.supervisor

    async def aclose(self, *, stop_agents: bool) -> None:
        """Lets go; agents live on unless ``stop_agents``."""
        if self._viewed is not None:
            self._viewed.aclose()
        if self.runtime is not None:
            await self.runtime.aclose(stop_agents=stop_agents)


def _import_composition() -> None:
    # libtmux asks sys.stdout for its encoding when it is imported; what Textual puts there has none.
    with contextlib.redirect_stdout(sys.__stdout__):
        import_module("orchestrator_tui.composition")


async def _seed(runtime: "OwnedRuntime", missions: Sequence[MissionSpec]) -> None:
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
