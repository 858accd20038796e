"""Every action of the two tools: what it does, what it answers, who may."""

from typing import Any

import pytest

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.core.errors import Forbidden, LeaseLost, UnknownAgent, UnknownMission, UsageError
from orchestrator_tui.core.models import (
    ConversationMode,
    IsolationMode,
    ModelTier,
    Priority,
    Role,
    TaskType,
    TokenUsage,
)
from orchestrator_tui.mcp.requests import AGENT_ADAPTER, MISSION_ADAPTER, AgentRequest, MissionRequest
from orchestrator_tui.mcp.schema import ToolContract
from orchestrator_tui.mcp.tools import Tools
from tests.mcp.fake_backend import FakeBackend

OPERATOR, ORACLE, CODER = Caller(None), Caller(1), Caller(2)
AGENT, MISSION = ToolContract(AgentRequest, AGENT_ADAPTER), ToolContract(MissionRequest, MISSION_ADAPTER)
CHECK = {
    "alive": True,
    "responsive": True,
    "last_heartbeat": 1_000,
    "memory_usage": 2_000_000,
    "cpu_usage": 1.5,
    "idle_time_ms": 30,
}


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


async def agent(backend: FakeBackend, caller: Caller = OPERATOR, **arguments: Any) -> dict[str, Any]:
    return await Tools(backend).agent(caller, AGENT.parse(arguments))


async def mission(backend: FakeBackend, caller: Caller = OPERATOR, **arguments: Any) -> dict[str, Any]:
    return await Tools(backend).mission(caller, MISSION.parse(arguments))


async def test_agent_status_has_exactly_the_specified_shape(backend: FakeBackend) -> None:
    beside = {"pid": None, "pane_id": None, "waiting_for": None}
    fresh = {"current_task": None, "tasks_completed": 0, "tasks_failed": 0, "success_rate": "n/a"}
    assert await agent(backend, action="status") == {
        "total_agents": 3,
        "active_agents": 2,
        "agents": [
            {"id": 1, "name": "agent-1", "role": "oracle", "model": "sonnet", "status": "idle", **fresh, **beside},
            {
                "id": 2,
                "name": "agent-2",
                "role": "coder",
                "model": "sonnet",
                "status": "busy",
                "current_task": "task-1",
                "tasks_completed": 5,
                "tasks_failed": 0,
                "success_rate": "100.0%",
                "pid": 77,
                "pane_id": "%2",
                "waiting_for": None,
            },
            {
                "id": 3,
                "name": "agent-3",
                "role": "tester",
                "model": "sonnet",
                "status": "waiting",
                **fresh,
                **beside,
                "tasks_failed": 1,
                "success_rate": "0.0%",
                "waiting_for": "permission",
            },
        ],
        "by_role": {"oracle": 1, "coder": 1, "tester": 1},
        "by_model": {"sonnet": 3},
    }


async def test_spawn_passes_every_field_on_and_returns_the_agent(backend: FakeBackend) -> None:
    answer = await agent(
        backend,
        action="spawn",
        role="coder",
        model="opus",
        system_prompt="Be brief.",
        auto_restart=False,
        name="dev.1",
        provider="demo",
        isolation_mode="worktree",
        conversation="keep",
        cwd="/tmp",
        timeout_ms=5,
    )
    assert answer["agent"]["name"] == "dev.1"
    assert answer["agent"]["status"] == "starting"
    (request,) = backend.spawned
    config = request.config
    assert (request.count, request.first_mission) == (1, None)
    assert (config.role, config.model, config.name, config.provider) == (Role.CODER, ModelTier.OPUS, "dev.1", "demo")
    assert (config.system_prompt, config.auto_restart, config.cwd) == ("Be brief.", False, "/tmp")
    assert (config.isolation_mode, config.conversation) == (IsolationMode.WORKTREE, ConversationMode.KEEP)
    assert config.timeout_ms == 5


async def test_spawn_without_fields_uses_the_defaults(backend: FakeBackend) -> None:
    answer = await agent(backend, action="spawn", model=None)
    assert answer["agent"]["role"] == "generalist"
    assert backend.spawned[0].config.auto_restart is True


async def test_spawn_pool_returns_all_of_them(backend: FakeBackend) -> None:
    answer = await agent(backend, action="spawn_pool", count=3, role="tester", model="haiku")
    assert [entry["id"] for entry in answer["agents"]] == [5, 6, 7]
    assert {entry["model"] for entry in answer["agents"]} == {"haiku"}


@pytest.mark.parametrize("forgets", [False, True])
async def test_kill_returns_the_stopped_agent_even_if_it_is_forgotten_at_once(
    backend: FakeBackend, forgets: bool
) -> None:
    backend.forgets_killed = forgets
    answer = await agent(backend, action="kill", agent_id=2)
    assert (answer["agent"]["id"], answer["agent"]["status"], answer["agent"]["current_task"]) == (2, "stopped", None)
    await agent(backend, action="kill", agent_id="3", signal="SIGKILL")
    assert backend.killed == [(2, "SIGTERM"), (3, "SIGKILL")]


async def test_restart_health_and_health_all(backend: FakeBackend) -> None:
    assert (await agent(backend, action="restart", agent_id=2))["agent"]["status"] == "starting"
    assert backend.restarted == [2]
    assert await agent(backend, CODER, action="health", agent_id=3) == {"agent_id": 3, **CHECK}
    checks = (await agent(backend, CODER, action="health_all"))["agents"]
    assert [check["agent_id"] for check in checks] == [2, 3]
    assert checks[0] == {"agent_id": 2, **CHECK}


@pytest.mark.parametrize("action", ["kill", "restart", "health"])
async def test_an_unknown_agent_is_named(backend: FakeBackend, action: str) -> None:
    with pytest.raises(UnknownAgent, match="no agent 42") as caught:
        await agent(backend, action=action, agent_id=42)
    assert caught.value.field == "agent_id"


CHANGES = [
    {"action": "spawn"},
    {"action": "spawn_pool", "count": 2},
    {"action": "kill", "agent_id": 3},
    {"action": "restart", "agent_id": 3},
]


@pytest.mark.parametrize("arguments", CHANGES, ids=lambda change: change["action"])
async def test_only_the_operator_and_configured_roles_change_agents(
    backend: FakeBackend, arguments: dict[str, Any]
) -> None:
    with pytest.raises(Forbidden, match="roles that may: oracle"):
        await agent(backend, CODER, **arguments)
    assert (backend.spawned, backend.killed, backend.restarted) == ([], [], [])
    await agent(backend, ORACLE, **arguments)
    backend.spawning_roles = ()
    with pytest.raises(Forbidden, match="roles that may: none"):
        await agent(backend, ORACLE, **arguments)
    await agent(backend, OPERATOR, **arguments)


async def test_distribute_queues_places_and_says_who_got_it(backend: FakeBackend) -> None:
    answer = await mission(
        backend,
        CODER,
        action="distribute",
        prompt="  Review \r\n",
        context="PR",
        priority="high",
        type="review",
        timeout_ms=120000,
        max_retries=0,
        id="m.1",
        role="tester",
    )
    assert answer == {"mission_id": "m.1", "status": "assigned", "assigned_to": 1}
    queued = backend.table["m.1"]
    assert (queued.prompt, queued.context) == ("  Review \r\n", "PR")
    assert (queued.priority, queued.type, queued.role) == (Priority.HIGH, TaskType.REVIEW, Role.TESTER)
    assert (queued.timeout_ms, queued.max_retries) == (120000, 0)
    waiting = await mission(backend, CODER, action="distribute", prompt="then", depends_on=["m.1"])
    assert waiting == {"mission_id": "mission-2", "status": "blocked", "assigned_to": None}
    assert backend.table["mission-2"].depends_on == ("m.1",)


async def test_complete_passes_the_report_on(backend: FakeBackend) -> None:
    answer = await mission(
        backend,
        CODER,
        action="complete",
        mission_id="task-1",
        output="",
        duration_ms=7,
        token_usage={"input": 1000, "output": 500},
    )
    assert answer == {"mission_id": "task-1", "status": "completed"}
    assert backend.reports == [(CODER, "task-1", "", 7, TokenUsage(1000, 500))]


async def test_fail_is_recoverable_unless_said_otherwise(backend: FakeBackend) -> None:
    report = {"action": "fail", "mission_id": "task-1", "error_code": "e", "message": "m"}
    assert await mission(backend, CODER, **report) == {"mission_id": "task-1", "status": "retrying"}
    assert await mission(backend, CODER, **report, recoverable=False) == {"mission_id": "task-1", "status": "failed"}
    assert [entry[-1] for entry in backend.reports] == [True, False]


@pytest.mark.parametrize(
    "report",
    [
        {"action": "complete", "mission_id": "task-1", "output": "x"},
        {"action": "fail", "mission_id": "task-1", "error_code": "e", "message": "m"},
    ],
    ids=lambda report: report["action"],
)
async def test_the_backend_decides_whose_mission_it_is(backend: FakeBackend, report: dict[str, Any]) -> None:
    with pytest.raises(LeaseLost):
        await mission(backend, ORACLE, **report)
    await mission(backend, OPERATOR, **report)


async def test_mission_status_has_the_reports_fields(backend: FakeBackend) -> None:
    answer = await mission(backend, CODER, action="status")
    assert answer["stats"]["running"] == 1
    assert answer["missions"] == [
        {
            "id": "task-1",
            "title": "Do it",
            "status": "running",
            "priority": "normal",
            "type": "general",
            "attempts": 2,
            "attempt_log": [
                {"n": 1, "agent_id": 9, "code": "agent_crashed", "started_at": 5, "ended_at": 10},
                {"n": 2, "agent_id": 2, "code": None, "started_at": 20, "ended_at": None},
            ],
            "agent_id": 2,
            "agent_name": "agent-2",
            "role": "coder",
            "model": "sonnet",
            "output": None,
            "error_code": None,
            "error_message": None,
            "depends_on": [],
            "blocked_by": [],
            "blocked_reason": None,
            "waits_for": None,
            "started_at": 20,
            "ended_at": None,
            "duration_ms": None,
            "reported_duration_ms": None,
            "token_usage": {"input": 3, "output": 4},
        }
    ]


async def test_mission_status_is_limited_or_about_one_mission(backend: FakeBackend) -> None:
    await mission(backend, action="status")
    await mission(backend, action="status", limit=5000)
    assert backend.limits == [500, 5000]
    one = await mission(backend, action="status", mission_id="task-1")
    assert [entry["id"] for entry in one["missions"]] == ["task-1"]
    with pytest.raises(UnknownMission, match="nope"):
        await mission(backend, action="status", mission_id="nope")
    for limit in (0, 5001):
        with pytest.raises(UsageError, match="`limit`"):
            await mission(backend, action="status", limit=limit)
