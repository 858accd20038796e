"""Runs a plan headless: queue, agents, wait, report."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.errors import NotAllowedNow, UsageError
from orchestrator_tui.core.events import Event
from orchestrator_tui.core.lifecycle import GONE_STATES
from orchestrator_tui.core.models import BlockedReason, Mission, MissionSpec, MissionState, Role
from orchestrator_tui.core.views import EventLogged, MissionChanged
from orchestrator_tui.missions.report import build_report
from orchestrator_tui.supervisor import Supervisor

CLAIMED_STATES = frozenset({MissionState.ASSIGNED, MissionState.RUNNING})


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a plan runs; ``timeout_s`` None is without limit."""

    agents: int = 3
    provider: str | None = None
    timeout_s: float | None = None


def roles_for(specs: Sequence[MissionSpec], agents: int) -> list[Role]:
    """One agent for each role that the plan names, the rest generalists.

    Raises UsageError for fewer agents than roles.
    """
    named = list(dict.fromkeys(spec.role for spec in specs if spec.role is not None))
    if agents < max(len(named), 1):
        wanted = ", ".join(named) or "one"
        raise UsageError(
            f"`--agents {agents}` is too few: the plan names {wanted}.",
            remedy=f"Use at least {max(len(named), 1)}.",
            field="agents",
        )
    return named + [Role.GENERALIST] * (agents - len(named))


class PlanRun:
    """One run of one plan in a supervised session."""

    def __init__(self, supervisor: Supervisor, specs: Sequence[MissionSpec], options: RunOptions) -> None:
        self._supervisor = supervisor
        self._specs = specs
        self._options = options
        self._ids: list[str] = []
        self._open: list[str] = []
        self._lost_roles: set[Role] = set()

    async def run(self, progress: Callable[[Event], None]) -> dict[str, Any]:
        """Returns the report; ``progress`` is told of every event."""
        supervisor = self._supervisor
        started_ms = supervisor.fleet.clock.monotonic_ms()
        roles = roles_for(self._specs, self._options.agents)
        feed = await supervisor.open_feed()
        try:
            self._ids = list((await supervisor.resume_missions(self._specs)).ids)
            self._open = list(reversed(self._ids))
            await self._spawn_missing(roles)
            try:
                async with asyncio.timeout(self._options.timeout_s):
                    await self._watch(feed, progress)
            except TimeoutError:
                await self._cancel_rest("run_timeout", "the run's time was over")
        finally:
            feed.close()
        duration = supervisor.fleet.clock.monotonic_ms() - started_ms
        return await self._report(duration)

    async def _spawn_missing(self, roles: Sequence[Role]) -> None:
        supervisor = self._supervisor
        living = [agent.role for agent in supervisor.agents() if agent.state not in GONE_STATES]
        missing: list[Role] = []
        for role in roles:
            if role in living:
                living.remove(role)
            else:
                missing.append(role)
        # Any living agent beyond the named roles counts as one of the rest.
        while living and Role.GENERALIST in missing:
            living.pop()
            missing.remove(Role.GENERALIST)
        for role in missing:
            await supervisor.spawner.spawn_agent(AgentConfig(role=role, provider=self._options.provider))

    async def _watch(self, feed: Any, progress: Callable[[Event], None]) -> None:
        if await self._is_over():
            return
        async for update in feed:
            if isinstance(update, EventLogged):
                progress(update.event)
            if isinstance(update, (EventLogged, MissionChanged)) and await self._is_over():
                return

    async def _is_over(self) -> bool:
        # Only the first open mission is looked at again, so that a check costs the same for any size of plan.
        while self._open and _is_settled(await self._supervisor.mission(self._open[-1])):
            self._open.pop()
        if not self._open:
            return True
        living = {agent.role for agent in self._supervisor.agents() if agent.state not in GONE_STATES}
        if living:
            await self._cancel_without_role(living)
            return False
        await self._cancel_rest("no_agents", "no agent can come back")
        return True

    async def _cancel_without_role(self, living: Collection[Role]) -> None:
        """What only a role can do, whose last agent does not come back, would wait for ever."""
        lost = {spec.role for spec in self._specs if spec.role is not None} - set(living)
        for role in lost - self._lost_roles:
            self._lost_roles.add(role)
            for mission_id in self._ids:
                mission = await self._supervisor.mission(mission_id)
                if mission.role is role and not mission.state.is_ended:
                    with suppress(NotAllowedNow):
                        await self._supervisor.fleet.queue.cancel(
                            mission_id, code="no_agents", message=f"no {role} can come back", supervised=True
                        )

    async def _cancel_rest(self, code: str, message: str) -> None:
        queue = self._supervisor.fleet.queue
        # Again, because an attempt may fail, and be queued for another, before its fence begins.
        while True:
            missions = await self._missions()
            for mission in missions:
                if not _is_settled(mission) and mission.state not in CLAIMED_STATES:
                    with suppress(NotAllowedNow):
                        await queue.cancel(mission.id, code=code, message=message, supervised=True)
            claimed = [mission.id for mission in await self._missions() if mission.state in CLAIMED_STATES]
            await asyncio.gather(*(self._supervisor.fencer.fence_mission(mission_id, code) for mission_id in claimed))
            if all(_is_settled(mission) for mission in await self._missions()):
                return

    async def _missions(self) -> list[Mission]:
        return [await self._supervisor.mission(mission_id) for mission_id in self._ids]

    async def _report(self, duration_ms: int) -> dict[str, Any]:
        await self._supervisor.usage_settled()
        agents = {agent.id: agent for agent in self._supervisor.agents()}
        return build_report(self._supervisor.fleet.session, duration_ms, await self._missions(), agents)


def _is_settled(mission: Mission) -> bool:
    if mission.state.is_ended:
        return True
    return mission.state is MissionState.BLOCKED and mission.blocked_reason is BlockedReason.DEPENDENCY_FAILED


def exit_code(report: dict[str, Any]) -> int:
    """0 when every mission completed, else 1."""
    return 0 if report["completed"] == len(report["missions"]) else 1
