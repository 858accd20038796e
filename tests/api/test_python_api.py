"""The public Python names, used as the README shows them."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import orchestrator_tui
from orchestrator_tui import (
    AgentConfig,
    LeaseLost,
    ModelTier,
    PTYConfig,
    Role,
    SessionOwned,
    Task,
    get_agent_spawner,
    get_mission_queue,
    get_pty_manager,
    select_model,
)
from orchestrator_tui.pty.socket import socket_name
from orchestrator_tui.session import Session
from tests.supervisor.conftest import eventually


@pytest.fixture
async def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    state = tmp_path / "state"
    monkeypatch.setenv("ORCHESTRATOR_STATE_DIR", str(state))
    monkeypatch.setenv("ORCHESTRATOR_PROVIDER", "demo")
    monkeypatch.chdir(tmp_path)
    yield "api"
    folder = Session(state, "api").folder
    subprocess.run(  # noqa: ASYNC221
        ["tmux", "-L", socket_name(folder, "api"), "kill-server"], check=False, capture_output=True
    )


@pytest.mark.tmux
async def test_panes_alone(session: str, tmp_path: Path) -> None:
    manager = get_pty_manager(session)
    events = manager.watch_all()
    handle = await manager.spawn(1, PTYConfig(cwd=str(tmp_path), command=["sleep", "60"], auto_restart=False))
    health = await manager.health_check(1)
    assert (health.alive, health.responsive, handle.agent_id) == (True, True, 1)
    assert (health.memory_usage or 0) > 0
    await manager.kill(1, "SIGTERM")
    assert not (await manager.health_check(1)).alive
    await manager.stop_server()
    await manager.aclose()
    kinds = [event.type async for event in events]
    assert [kind for kind in kinds if kind != "health"] == ["spawn", "kill"]


@pytest.mark.tmux
async def test_a_pane_without_a_command_runs_the_users_shell(
    session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/bin/sh")
    manager = get_pty_manager(session)
    await manager.spawn(1, PTYConfig(cwd=str(tmp_path), env={"MARK": "here"}))
    await manager.type_line(1, "echo $MARK-$((40+2))")

    async def shown() -> bool:
        return "here-42" in await manager.capture_text(1)

    await eventually(shown, "the shell answers")
    await manager.kill(1, "SIGKILL")
    await manager.stop_server()
    await manager.aclose()


async def test_the_queue_alone(session: str) -> None:
    queue = get_mission_queue(session)
    first = await queue.enqueue(prompt="Analyse", priority="low", type="analysis", id="first")
    second = await queue.enqueue(prompt="Review", priority="high", depends_on=["first"], max_retries=0)
    mission = await queue.dequeue(7)
    assert mission is not None
    assert (mission.id, mission.state, mission.agent_id) == (first, "running", 7)
    assert await queue.dequeue(7) is None
    await queue.complete(first, output="done", duration_ms=5, token_usage={"input": 10, "output": 5})
    claimed = await queue.dequeue(7)
    assert claimed is not None
    assert claimed.id == second
    await queue.fail(second, code="timeout", message="too slow", recoverable=True)
    with pytest.raises(LeaseLost):
        await queue.complete(second, output="late")
    stats = await queue.get_stats()
    assert (stats.completed, stats.failed) == (1, 1)
    await queue.aclose()


@pytest.mark.tmux
async def test_agents_with_dispatcher_and_endpoint(session: str) -> None:
    spawner = get_agent_spawner(session)
    agent = await spawner.spawn_agent(AgentConfig(role=Role.CODER, model=ModelTier.SONNET))
    assert (agent.id, agent.status, agent.role) == (1, "starting", "coder")
    pool = await spawner.spawn_pool(2, AgentConfig(role=Role.TESTER, model=ModelTier.HAIKU))
    assert [member.id for member in pool] == [2, 3]
    await eventually(lambda: all(one.status == "idle" for one in spawner.agents()), "all are ready")
    assert [one.id for one in spawner.get_specialists("coder")] == [1]
    assert [one.id for one in spawner.get_agents_by_model("haiku")] == [2, 3]
    task = Task(id="task-1", prompt="Implement feature X [[output done]]", type="coding", priority="high")
    assert select_model(task) == "haiku"
    assigned = await spawner.distribute_task(task)
    assert assigned is not None
    assert (assigned.id, assigned.current_task) == (1, "task-1")
    queue = get_mission_queue(session)

    async def completed() -> bool:
        return (await queue.get("task-1")).state == "completed"

    await eventually(completed, "the task is done")
    await eventually(lambda: spawner.stats()["success_rate"] == "100.0%", "it is counted")
    for member in spawner.agents():
        await spawner.kill(member.id)
    await spawner.aclose()


@pytest.mark.tmux
async def test_a_session_that_another_process_owns_is_refused(session: str, tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\nfrom orchestrator_tui import get_mission_queue\n"
        "async def main():\n    queue = get_mission_queue('api')\n    await queue.get_stats()\n"
        "    print('mine', flush=True)\n    await asyncio.to_thread(sys.stdin.read)\nasyncio.run(main())\n"
    )
    owner = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "mine\n"
    with pytest.raises(SessionOwned, match=r"owned by another process \(api"):
        get_mission_queue(session)
    owner.communicate()


def test_nothing_is_imported_before_it_is_used() -> None:
    code = "import sys, orchestrator_tui; print([name for name in sys.modules if name.startswith('orchestrator_tui.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_exists() -> None:
    for name in dir(orchestrator_tui):
        assert getattr(orchestrator_tui, name) is not None
