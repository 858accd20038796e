"""A whole supervisor in this process: real tmux, SQLite, endpoint and demo agents."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.composition import OwnedRuntime, start_runtime
from orchestrator_tui.core.config import AgentConfig, Settings
from orchestrator_tui.core.models import AgentState, Mission, MissionSpec, MissionState
from orchestrator_tui.core.views import AgentView
from orchestrator_tui.pty.socket import socket_name
from orchestrator_tui.session import Session
from orchestrator_tui.supervisor import Supervisor


async def eventually(look: Callable[[], Any], what: str, timeout_s: float = 15.0) -> Any:
    """Polls ``look`` (plain or async) until it returns something true; fails naming ``what``."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        value = look()
        if isinstance(value, Awaitable):
            value = await value  # pyright: ignore[reportUnknownVariableType]
        if value:
            return value  # pyright: ignore[reportUnknownVariableType]
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"not within {timeout_s} s: {what}")
        await asyncio.sleep(0.02)


@dataclass
class Live:
    """Starts supervisors of one session, one after the other."""

    root: Path
    settings: Settings = field(default_factory=lambda: Settings(person_idle_s=0))
    runtime: OwnedRuntime | None = None
    provider: str = "demo"

    @property
    def session(self) -> Session:
        """The session."""
        return Session(self.root / "state", "live")

    @property
    def supervisor(self) -> Supervisor:
        """The running supervisor."""
        assert self.runtime is not None
        return self.runtime.supervisor

    async def start(self) -> Supervisor:
        """A supervisor takes the session."""
        self.runtime = await start_runtime(
            self.session, "serve", cwd=self.root, settings=self.settings, provider=self.provider
        )
        return self.runtime.supervisor

    async def let_go(self) -> None:
        """The supervisor ends; agents live on."""
        assert self.runtime is not None
        runtime, self.runtime = self.runtime, None
        await runtime.aclose()

    async def spawn(self, count: int = 1, **config: Any) -> list[int]:
        """Agents that are ready."""
        agents = await self.supervisor.spawner.spawn_pool(count, AgentConfig(**config))
        ids = [agent.id for agent in agents]
        for agent_id in ids:
            await self.until_agent(agent_id, AgentState.IDLE)
        return ids

    def agent(self, agent_id: int) -> AgentView:
        """One agent's row."""
        return next(view for view in self.supervisor.agents() if view.id == agent_id)

    async def until_agent(self, agent_id: int, state: AgentState, timeout_s: float = 15.0) -> AgentView:
        """Waits for an agent's state."""

        def look() -> AgentView | None:
            view = self.agent(agent_id)
            return view if view.state is state else None

        view: AgentView = await eventually(look, f"agent {agent_id} is {state}", timeout_s)
        return view

    async def add(self, prompt: str, **fields: Any) -> str:
        """Queues a mission."""
        return await self.supervisor.add_mission(MissionSpec(prompt=prompt, **fields))

    async def why(self, mission_id: str) -> str | None:
        """Why the placement says that a mission has not started."""
        return self.supervisor.waits().of(await self.supervisor.mission(mission_id))

    async def until_mission(self, mission_id: str, state: MissionState, timeout_s: float = 15.0) -> Mission:
        """Waits for a mission's state."""

        async def look() -> Mission | None:
            mission = await self.supervisor.mission(mission_id)
            return mission if mission.state is state else None

        mission: Mission = await eventually(look, f"{mission_id} is {state}", timeout_s)
        return mission

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The data of all events of one type."""
        return [
            {"agent_id": event.agent_id, "mission_id": event.mission_id, **event.data}
            for event in self.supervisor.recent_events(500)
            if event.type == kind
        ]


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    """A started supervisor; everything is ended afterwards."""
    made = Live(tmp_path)
    await made.start()
    yield made
    await end(made)


async def end(made: Live) -> None:
    """Ends agents, supervisor and tmux server."""
    if made.runtime is not None:
        await made.runtime.aclose(stop_agents=True)
    subprocess.run(  # noqa: ASYNC221
        ["tmux", "-L", socket_name(made.session.folder, made.session.name), "kill-server"],
        check=False,
        capture_output=True,
    )
