"""What starts agents: one kind of them, or a pool of several kinds."""

import asyncio
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any

from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.models import IsolationMode
from orchestrator_tui.core.views import AgentView, SpawnRequest
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.dialogs.spawn import SpawnDialog, pool_requests
from orchestrator_tui.ui.model import Model
from orchestrator_tui.ui.palette import Entry
from orchestrator_tui.ui.progress import name_job, report
from orchestrator_tui.ui.remembered import Remembered

COUNT_S = 0.25


class SpawnWork:
    """Asks through the dialog, or takes a preset as it is."""

    def __init__(self, desk: Desk, remembered: Remembered) -> None:
        self._desk = desk
        self._remembered = remembered

    def handlers(self) -> Handlers:
        """What this object runs."""
        return {
            "agent.spawn": partial(self._ask, with_mission=False),
            "agent.spawn_with_mission": partial(self._ask, with_mission=True),
        }

    def palette_entries(self) -> list[Entry]:
        """One entry for each preset."""

        def run(name: str, pool: str) -> None:
            self._desk.start(self._spawn_preset(pool), f"preset {name}")

        return [
            Entry(f"Spawn preset {name}", pool, partial(run, name, pool))
            for name, pool in self._remembered.presets().items()
        ]

    async def _ask(self, *, with_mission: bool) -> None:
        model = self._desk.model
        await self._desk.app.push_screen_wait(
            SpawnDialog(
                self._spawn,
                provider=model.default_provider,
                in_git_repo=model.in_git_repo,
                with_mission=with_mission,
                providers=model.providers,
                presets=self._remembered.presets(),
                keep_preset=self._remembered.keep_preset,
            )
        )

    async def _spawn_preset(self, pool: str) -> None:
        model = self._desk.model
        isolation = IsolationMode.WORKTREE if model.in_git_repo else IsolationMode.SHARED
        await self._spawn(pool_requests(pool, model.default_provider, isolation))

    async def _spawn(self, requests: Sequence[SpawnRequest]) -> None:
        """Starts all of them; what fails after something has started is told beside it, not instead of it."""
        names: list[str] = []
        model, total = self._desk.model, sum(request.count for request in requests)
        name_job(f"Starting {total} agents" if total > 1 else "Starting an agent")
        counting = StartedCount(model, total)
        for request in requests:
            try:
                agents = await counting.follow(self._desk.client.spawn(request))
            except OrchestratorError as problem:
                if not names:
                    raise
                self._desk.warn(f"Starting {', '.join(names)}. The others were refused: {problem}")
                return
            if agents and not names:
                model.expected_agent = agents[0].id
                model.settle_selection()
            names += [agent.name for agent in agents]
        self._desk.done("Starting " + ", ".join(names) + ".")


class StartedCount:
    """Tells how many of ``total`` new agents have a pane, as the feed shows them while their start is awaited."""

    def __init__(self, model: Model, total: int) -> None:
        self._model = model
        self._before = frozenset(model.agents)
        self._total = total

    async def follow(self, work: Coroutine[Any, Any, Sequence[AgentView]]) -> Sequence[AgentView]:
        """What ``work`` answers; told of meanwhile where there is more than one agent to count."""
        starting = asyncio.ensure_future(work)
        try:
            while self._total > 1 and not starting.done():
                new = (agent for agent_id, agent in self._model.agents.items() if agent_id not in self._before)
                report(min(self._total, sum(agent.pane_id is not None for agent in new)), self._total)
                await asyncio.wait({starting}, timeout=COUNT_S)
            return await starting
        finally:
            starting.cancel()
