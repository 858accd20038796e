"""Lives of agents that begin or end at the wrong moment."""

import asyncio
import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.composition import take_over
from orchestrator_tui.core.config import AgentConfig, Settings
from orchestrator_tui.core.errors import CannotRun, PoolIncomplete, UsageError
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentState, IsolationMode, MissionSpec, MissionState
from orchestrator_tui.core.views import SpawnRequest
from orchestrator_tui.session import EndpointInfo
from tests.supervisor.conftest import Live, end, eventually
from tests.supervisor.test_generic_live import settings as generic_settings
from tests.supervisor.test_isolation_live import git

pytestmark = pytest.mark.tmux


@pytest.fixture
def repository(live: Live) -> Path:
    git(live.root, "init", "-q", "repo")
    folder = live.root / "repo"
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


async def cut_off_before_its_worktree(live: Live, repository: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """An isolated agent that is registered, and whose supervisor ended before it had a worktree."""
    reached = asyncio.Event()

    async def never(*_: object, **__: object) -> Any:
        reached.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr("orchestrator_tui.agents.worktree.WorktreeManager.create", never)
        patch.setattr(live.supervisor.fleet.book, "remove", never)
        config = AgentConfig(isolation_mode=IsolationMode.WORKTREE, cwd=str(repository))
        spawning = asyncio.create_task(live.supervisor.spawner.spawn_agent(config))
        await reached.wait()
        (record,) = live.supervisor.fleet.book.records()
        await live.let_go()
        spawning.cancel()
    return record.id


async def test_an_isolated_agent_cut_off_before_its_worktree_gets_one(
    live: Live, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent_id = await cut_off_before_its_worktree(live, repository, monkeypatch)
    await live.start()
    view = await live.until_agent(agent_id, AgentState.IDLE)
    assert view.branch == f"orchestrator/live/{agent_id}"
    await live.until_mission(await live.add("Write [[append note.txt mine]]"), MissionState.COMPLETED)
    assert not (repository / "note.txt").exists()
    assert (Path(view.cwd or "") / "note.txt").exists()


async def test_or_fails_in_words_and_never_shares_the_folder(
    live: Live, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent_id = await cut_off_before_its_worktree(live, repository, monkeypatch)
    git(live.root, "init", "-q", "elsewhere")
    (repository / ".git").rename(live.root / "gone")
    await live.start()
    view = await live.until_agent(agent_id, AgentState.FAILED)
    assert "git repository" in (view.reason or "")
    assert view.pid is None


async def test_a_pool_that_starts_in_part_says_which_and_keeps_those(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = live.supervisor.fleet.manager
    real = manager.spawn

    async def failing(agent_id: int, *arguments: Any, **named: Any) -> Any:
        if agent_id == 2:
            raise CannotRun("There is no memory left.", remedy="End something.")
        return await real(agent_id, *arguments, **named)

    monkeypatch.setattr(manager, "spawn", failing)
    request = SpawnRequest(AgentConfig(), 3, MissionSpec(prompt="First [[output done]]", id="first"))
    with pytest.raises(PoolIncomplete, match="2 of 3 agents started") as caught:
        await live.supervisor.spawn(request)
    assert [agent.id for agent in caught.value.started] == [1, 3]
    assert str(caught.value) == (
        "2 of 3 agents started (agent-1, agent-3). agent-2: There is no memory left. End something."
    )
    assert [agent.id for agent in live.supervisor.agents()] == [1, 3]
    await live.until_mission("first", MissionState.COMPLETED)


async def test_a_pool_of_which_nothing_starts_fails_as_its_agents_do(live: Live) -> None:
    with pytest.raises(UsageError, match="cwd"):
        await live.supervisor.spawner.spawn_pool(3, AgentConfig(cwd=str(live.root / "nowhere")))
    assert live.supervisor.agents() == ()


async def test_a_name_that_is_taken_leaves_no_agent_that_never_starts(live: Live) -> None:
    (agent_id,) = await live.spawn()
    await live.supervisor.rename(agent_id, "agent-3")
    with pytest.raises(UsageError, match="agent-3 is taken"):
        await live.supervisor.spawner.spawn_pool(2, AgentConfig())
    assert [agent.id for agent in live.supervisor.agents()] == [agent_id]


@pytest.mark.parametrize("kind", [EventType.CRASH, EventType.EXIT, EventType.FAILED])
async def test_old_news_of_a_replaced_program_do_not_end_the_new_one(live: Live, kind: EventType) -> None:
    (agent_id,) = await live.spawn()
    old = live.agent(agent_id).pid
    assert old is not None
    await live.supervisor.restart(agent_id)
    await live.until_agent(agent_id, AgentState.IDLE)
    mission_id = await live.add("Long [[sleep 60]]")
    await live.until_mission(mission_id, MissionState.RUNNING)
    data = {"exit_status": 0 if kind is EventType.EXIT else None, "signal": None, "reason": "late news", "pid": old}
    live.supervisor.fleet.manager._bus.publish(  # pyright: ignore[reportPrivateUsage]
        Event(kind, live.supervisor.fleet.clock.now_ms(), agent_id=agent_id, data=data)
    )
    await eventually(lambda: any(event["reason"] == "late news" for event in live.events(kind)), "the news came")
    # The news before are dealt with in order: a later one is seen only behind this one.
    await live.supervisor.health(agent_id)
    assert live.agent(agent_id).state is AgentState.BUSY
    assert (await live.supervisor.mission(mission_id)).state is MissionState.RUNNING
    pid = live.agent(agent_id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await live.until_mission(mission_id, MissionState.RETRYING)
    assert live.agent(agent_id).reason == "killed by SIGKILL"


async def test_a_serve_that_ends_while_it_is_asked_to_let_go_is_no_obstacle(live: Live) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    assert live.runtime is not None
    info = live.session.endpoint()
    assert info is not None
    await live.let_go()
    lock = live.session.lock("serve")
    url = f"http://127.0.0.1:{port}/mcp"
    live.session.publish_endpoint(EndpointInfo(url, info.token, os.getpid(), info.tmux_socket, info.state_dir, "serve"))
    asyncio.get_running_loop().call_later(0.3, lock.release)
    await take_over(live.session)
    assert not live.session.is_owned()
    await live.start()


async def test_one_agent_that_cannot_move_to_the_new_port_keeps_no_other_from_it(live: Live) -> None:
    folder = live.root / "work"
    folder.mkdir()
    (first,) = await live.spawn(cwd=str(folder))
    (second,) = await live.spawn()
    assert live.runtime is not None
    port = live.runtime.endpoint.port
    await live.let_go()
    folder.rmdir()
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", port))
        thief.listen()
        await live.start()
        await live.until_agent(first, AgentState.FAILED)
        await eventually(lambda: live.agent(second).restarts == 1, "the other agent moved")
        await live.until_agent(second, AgentState.IDLE)
    assert not [event for event in live.events("attention") if "stopped working" in event["reason"]]


async def test_a_persons_chat_is_remembered_over_a_change_of_supervisors(live: Live) -> None:
    (agent_id,) = await live.spawn()
    await live.supervisor.send(agent_id, "hello there")
    await eventually(lambda: live.agent(agent_id).state is AgentState.BUSY, "the chat is heard")
    await live.until_agent(agent_id, AgentState.IDLE)
    await live.let_go()
    live.settings = Settings(person_idle_s=3)
    await live.start()
    mission_id = await live.add("After the person")
    assert await live.supervisor.place_now(mission_id) is None
    assert "a person uses it" in str(await live.why(mission_id))
    await live.until_mission(mission_id, MissionState.COMPLETED)
    assert live.supervisor.fleet.book.get(agent_id).person_used_at is None


async def test_an_agent_whose_provider_is_not_configured_any_more_holds_nobody_up(tmp_path: Path) -> None:
    live = Live(tmp_path, settings=generic_settings(), provider="python")
    await live.start()
    try:
        (stranger,) = await live.spawn()
        pid = live.agent(stranger).pid
        await live.let_go()
        live.settings, live.provider = Settings(person_idle_s=0), "demo"
        await live.start()
        assert live.agent(stranger).pid == pid
        assert any("is not configured" in event["reason"] for event in live.events("attention"))
        await live.spawn()
        done = await live.until_mission(await live.add("For anybody"), MissionState.COMPLETED)
        assert done.agent_id != stranger
        # Longer than the monitor's tick.
        await asyncio.sleep(1.2)
        assert not [event for event in live.events("attention") if "stopped working" in event["reason"]]
    finally:
        await end(live)
