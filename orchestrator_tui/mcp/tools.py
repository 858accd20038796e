"""The tools ``agent`` and ``mission``: who may, what is done, what is answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, assert_never

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.core.errors import Forbidden, UnknownAgent
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.verdict import Verdict
from orchestrator_tui.core.views import AgentView, SpawnRequest
from orchestrator_tui.mcp import results
from orchestrator_tui.mcp.backend import Backend
from orchestrator_tui.mcp.requests import (
    DEFAULT_LIMIT,
    AgentRequest,
    AgentStatus,
    Complete,
    Distribute,
    Fail,
    Health,
    HealthAll,
    Kill,
    MissionRequest,
    MissionStatus,
    Restart,
    Spawn,
    SpawnPool,
)

Result = dict[str, Any]


class Tools:
    """Carries out validated requests; raises OrchestratorError."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._fleet: tuple[Sequence[AgentView], Result] | None = None

    async def agent(self, caller: Caller, request: AgentRequest) -> Result:
        """One action of the tool ``agent``. Raises Forbidden, UnknownAgent and what the backend raises."""
        backend = self._backend
        match request:
            case Spawn():
                self._may_change_agents(caller)
                views = await backend.spawn(SpawnRequest(request.config()))
                return {"agent": results.agent_entry(views[0])}
            case SpawnPool():
                self._may_change_agents(caller)
                views = await backend.spawn(SpawnRequest(request.config(), count=request.count))
                return {"agents": [results.agent_entry(view) for view in views]}
            case Kill():
                self._may_change_agents(caller)
                before = self._find(request.agent_id)
                await backend.kill(request.agent_id, request.signal or "SIGTERM")
                return {"agent": results.agent_entry(self._killed(request.agent_id, before))}
            case Restart():
                self._may_change_agents(caller)
                await backend.restart(request.agent_id)
                return {"agent": results.agent_entry(self._get(request.agent_id))}
            case Health():
                return results.health_entry(request.agent_id, await backend.health(request.agent_id))
            case HealthAll():
                checks = await backend.health_all()
                return {"agents": [results.health_entry(agent_id, checks[agent_id]) for agent_id in sorted(checks)]}
            case AgentStatus():
                return await self._status(request)
            case _:
                assert_never(request)

    async def _status(self, request: AgentStatus) -> Result:
        views = self._backend.agents()
        if request.agent_id is None and not request.why:
            return self._status_of_all(views)
        shown = [view for view in views if view.state is not AgentState.STOPPED]
        if request.agent_id is not None:
            shown = [self._get(request.agent_id)]
        reasons: dict[int, Verdict] = {}
        if request.why:
            verdicts = await asyncio.gather(*(self._backend.why(view.id) for view in shown))
            reasons = {view.id: verdict for view, verdict in zip(shown, verdicts, strict=True)}
            # The fresh look may have changed what they are.
            views = self._backend.agents()
        return results.agent_status(views, None if request.agent_id is None else shown, reasons)

    def _status_of_all(self, views: Sequence[AgentView]) -> Result:
        """The same answer, as an object too, for the same rows: of a large fleet many ask, and little changes."""
        if self._fleet is None or self._fleet[0] is not views:
            self._fleet = views, results.agent_status(views)
        return self._fleet[1]

    async def mission(self, caller: Caller, request: MissionRequest) -> Result:
        """One action of the tool ``mission``. Raises what the backend raises."""
        backend = self._backend
        match request:
            case Distribute():
                mission_id = await backend.add_mission(request.spec())
                assigned_to = await backend.place_now(mission_id)
                mission = await backend.mission(mission_id)
                return {"mission_id": mission_id, "status": mission.state.value, "assigned_to": assigned_to}
            case Complete():
                mission = await backend.complete_mission(
                    caller, request.mission_id, request.output, request.duration_ms, request.usage()
                )
                return {"mission_id": mission.id, "status": mission.state.value}
            case Fail():
                recoverable = True if request.recoverable is None else request.recoverable
                mission = await backend.fail_mission(
                    caller, request.mission_id, request.error_code, request.message, recoverable
                )
                return {"mission_id": mission.id, "status": mission.state.value}
            case MissionStatus():
                if request.mission_id is None:
                    missions = await backend.missions(request.limit or DEFAULT_LIMIT)
                else:
                    missions = [await backend.mission(request.mission_id)]
                return results.mission_status(await backend.stats(), missions, backend.agents(), backend.waits())
            case _:
                assert_never(request)

    def _may_change_agents(self, caller: Caller) -> None:
        if caller.is_operator:
            return
        view = self._find(caller.agent_id)
        if view is not None and view.role in self._backend.spawning_roles:
            return
        roles = ", ".join(role.value for role in self._backend.spawning_roles) or "none"
        raise Forbidden(
            f"You may not spawn, kill or restart agents; roles that may: {roles}.",
            remedy="Give the work to others with `mission distribute`.",
            field="action",
        )

    def _find(self, agent_id: int | None) -> AgentView | None:
        return next((view for view in self._backend.agents() if view.id == agent_id), None)

    def _get(self, agent_id: int) -> AgentView:
        view = self._find(agent_id)
        if view is None:
            raise UnknownAgent(f"There is no agent {agent_id}.", remedy="See `agent status`.", field="agent_id")
        return view

    def _killed(self, agent_id: int, before: AgentView | None) -> AgentView:
        # The agent may be forgotten as soon as it is dead; the kill still succeeded.
        after = self._find(agent_id)
        if after is None and before is not None:
            return replace(before, state=AgentState.STOPPED, current_task=None, pid=None)
        return after or self._get(agent_id)
