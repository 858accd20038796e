"""A supervisor of plain values: remembers what it was asked, answers from tables."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.agents.telemetry import read_logs
from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.errors import Forbidden, LeaseLost, NotAllowedNow, UnknownAgent, UnknownMission
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import (
    AgentState,
    Attempt,
    HealthStatus,
    Mission,
    MissionSpec,
    MissionState,
    ModelTier,
    QueueStats,
    Role,
    TokenUsage,
    WaitingFor,
)
from orchestrator_tui.core.questions import Choice
from orchestrator_tui.core.usage import ApiRequest
from orchestrator_tui.core.verdict import Confidence, Source, Verdict
from orchestrator_tui.core.views import AgentView, QuotaView, SpawnRequest
from orchestrator_tui.core.waits import Waits

HEALTHY = HealthStatus(True, True, 1_000, 2_000_000, 1.5, 30)


def view(agent_id: int, role: Role = Role.CODER, state: AgentState = AgentState.IDLE, **more: object) -> AgentView:
    base = AgentView(
        id=agent_id,
        name=f"agent-{agent_id}",
        role=role,
        model=ModelTier.SONNET,
        provider="demo",
        state=state,
        state_since=1,
        created_at=1,
    )
    return replace(base, **more)


def make_mission(mission_id: str, state: MissionState = MissionState.PENDING, **more: object) -> Mission:
    spec = MissionSpec("Do it\nand well")
    base = Mission(mission_id, 1, spec.prompt, None, spec.type, spec.priority, state, created_at=1)
    return replace(base, **more)


class FakeBackend:
    def __init__(self) -> None:
        self.spawning_roles: Collection[Role] = (Role.ORACLE,)
        self.listed: list[Caller] = []
        self.views = {
            1: view(1, Role.ORACLE),
            2: view(2, Role.CODER, AgentState.BUSY, current_task="task-1", tasks_completed=5, pid=77, pane_id="%2"),
            3: view(3, Role.TESTER, AgentState.WAITING, waiting_for=WaitingFor.PERMISSION, tasks_failed=1),
            4: view(4, Role.TESTER, AgentState.STOPPED),
        }
        self.table: dict[str, Mission] = {
            "task-1": make_mission(
                "task-1",
                MissionState.RUNNING,
                agent_id=2,
                attempts=2,
                started_at=20,
                attempt_log=(Attempt(1, 9, 5, 10, "agent_crashed"), Attempt(2, 2, 20)),
                token_usage=TokenUsage(3, 4),
            )
        }
        self.spawned: list[SpawnRequest] = []
        self.killed: list[tuple[int, str]] = []
        self.restarted: list[int] = []
        self.reports: list[tuple[object, ...]] = []
        self.limits: list[int] = []
        self.fetched: set[str] = set()
        self.hooks: list[tuple[int, Mapping[str, object]]] = []
        self.exports: list[tuple[int, list[ApiRequest]]] = []
        self.typed: list[tuple[int, str]] = []
        self.items: list[AttentionItem] = []
        self.limited: list[QuotaView] = []
        self.answered: list[tuple[str, bool, str]] = []
        self.chosen: list[tuple[str, tuple[Choice, ...]]] = []
        self.approved: list[tuple[int, bool]] = []
        self.released = asyncio.Event()
        self.hang: asyncio.Event | None = None
        self.is_hanging = asyncio.Event()
        self.forgets_killed = False
        self.failure: Exception | None = None

    def agents(self) -> Sequence[AgentView]:
        return list(self.views.values())

    async def spawn(self, request: SpawnRequest) -> Sequence[AgentView]:
        self.spawned.append(request)
        made: list[AgentView] = []
        for _ in range(request.count):
            agent_id = max(self.views) + 1
            config = request.config
            new = view(
                agent_id,
                config.role,
                AgentState.STARTING,
                name=config.name or f"agent-{agent_id}",
                model=config.model or ModelTier.SONNET,
            )
            self.views[agent_id] = new
            made.append(new)
        return made

    async def kill(self, agent_id: int, signal: str = "SIGTERM") -> None:
        self._get(agent_id)
        self.killed.append((agent_id, signal))
        if self.forgets_killed:
            del self.views[agent_id]
        else:
            self.views[agent_id] = replace(self.views[agent_id], state=AgentState.STOPPED, current_task=None)

    async def restart(self, agent_id: int) -> None:
        self._get(agent_id)
        self.restarted.append(agent_id)
        self.views[agent_id] = replace(self.views[agent_id], state=AgentState.STARTING)

    async def why(self, agent_id: int) -> Verdict:
        view = self._get(agent_id)
        reasoning = ("hook, 3 s ago: busy (PreToolUse)", "so busy, by the hook: only the hook speaks")
        return Verdict(view.state, view.waiting_for, "", Source.HOOK, 3_000, Confidence.MEDIUM, reasoning)

    async def health(self, agent_id: int) -> HealthStatus:
        self._get(agent_id)
        return HEALTHY

    async def health_all(self) -> Mapping[int, HealthStatus]:
        if self.failure is not None:
            raise self.failure
        if self.hang is not None:
            self.is_hanging.set()
            await self.hang.wait()
        return {3: HealthStatus(False, False), 2: HEALTHY}

    async def send(self, agent_id: int, text: str) -> None:
        self._get(agent_id)
        if self.views[agent_id].state is AgentState.WAITING:
            raise NotAllowedNow("It waits for a permission.", remedy="Answer it first.", field="agent_id")
        self.typed.append((agent_id, text))

    async def approve(self, agent_id: int, allow: bool) -> None:
        self.approved.append((agent_id, allow))

    async def inbox(self) -> Sequence[AttentionItem]:
        return self.items

    async def answer(self, item_id: str, allow: bool, message: str = "") -> None:
        self.answered.append((item_id, allow, message))

    async def choose(self, item_id: str, choices: Sequence[Choice]) -> None:
        self.chosen.append((item_id, tuple(choices)))

    def quotas(self) -> Sequence[QuotaView]:
        return self.limited

    async def release_quota(self) -> int:
        count = len(self.limited)
        self.limited.clear()
        return count

    async def attach_argv(self, agent_id: int) -> Sequence[str]:
        self._get(agent_id)
        return ("tmux", "attach", "-t", str(agent_id))

    async def add_mission(self, spec: MissionSpec) -> str:
        mission_id = spec.id or f"mission-{len(self.table)}"
        self.table[mission_id] = Mission(
            mission_id, len(self.table), spec.prompt, spec.context, spec.type, spec.priority, MissionState.PENDING, 1,
            spec.role, spec.timeout_ms, spec.max_retries, spec.depends_on,
        )  # fmt: skip
        return mission_id

    async def place_now(self, mission_id: str) -> int | None:
        if self.table[mission_id].depends_on:
            self.table[mission_id] = replace(self.table[mission_id], state=MissionState.BLOCKED)
            return None
        self.table[mission_id] = replace(self.table[mission_id], state=MissionState.ASSIGNED, agent_id=1)
        return 1

    async def mission(self, mission_id: str) -> Mission:
        if mission_id not in self.table:
            raise UnknownMission(
                f"There is no mission {mission_id}.", remedy="See `mission status`.", field="mission_id"
            )
        return self.table[mission_id]

    async def missions(self, limit: int) -> Sequence[Mission]:
        self.limits.append(limit)
        return list(self.table.values())[:limit]

    def waits(self) -> Waits:
        return Waits()

    async def stats(self) -> QueueStats:
        return QueueStats(running=1)

    async def complete_mission(
        self, caller: Caller, mission_id: str, output: str, duration_ms: int | None, usage: TokenUsage | None
    ) -> Mission:
        mission = await self._settle(caller, mission_id)
        self.reports.append((caller, mission_id, output, duration_ms, usage))
        self.table[mission_id] = replace(mission, state=MissionState.COMPLETED, output=output)
        return self.table[mission_id]

    async def fail_mission(
        self, caller: Caller, mission_id: str, code: str, message: str, recoverable: bool
    ) -> Mission:
        mission = await self._settle(caller, mission_id)
        self.reports.append((caller, mission_id, code, message, recoverable))
        state = MissionState.RETRYING if recoverable else MissionState.FAILED
        self.table[mission_id] = replace(mission, state=state)
        return self.table[mission_id]

    def prompts_listed(self, caller: Caller) -> None:
        self.listed.append(caller)

    async def mission_text(self, caller: Caller, mission_id: str) -> str:
        mission = await self.mission(mission_id)
        if caller.agent_id != mission.agent_id:
            raise Forbidden("That mission is not yours.", remedy="Wait for your own.")
        if mission_id in self.fetched:
            raise LeaseLost("lease_lost: this delivery is over.", remedy="Do nothing.")
        self.fetched.add(mission_id)
        return f"Mission {mission_id}\r\n\x1b[31m {mission.prompt}  "

    async def hook(self, agent_id: int, payload: Mapping[str, object]) -> Mapping[str, object]:
        if self.failure is not None:
            raise self.failure
        self.hooks.append((agent_id, payload))
        return {"decision": "block", "reason": "report first"} if payload.get("hook_event_name") == "Stop" else {}

    async def telemetry(self, agent_id: int, payload: Mapping[str, object]) -> None:
        if self.failure is not None:
            raise self.failure
        self.exports.append((agent_id, read_logs(payload, agent_id)))

    async def usage(self, day: str | None) -> Mapping[str, object]:
        return {"day": day}

    def recent_events(self, limit: int) -> Sequence[Event]:
        return [Event(EventType.CRASH, 5, agent_id=2, data={"signal": "SIGKILL"}, seq=9)][:limit]

    async def release(self) -> None:
        self.released.set()

    def _get(self, agent_id: int) -> AgentView:
        if agent_id not in self.views:
            raise UnknownAgent(f"There is no agent {agent_id}.", remedy="See `agent status`.", field="agent_id")
        return self.views[agent_id]

    async def _settle(self, caller: Caller, mission_id: str) -> Mission:
        mission = await self.mission(mission_id)
        if not caller.is_operator and caller.agent_id != mission.agent_id:
            raise LeaseLost(f"lease_lost: mission {mission_id} was taken from you.", remedy="Stop working on it.")
        return mission
