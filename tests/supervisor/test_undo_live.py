"""A kill taken back: the same agent, conversation, worktree and mission, for as long as that is possible."""

from pathlib import Path

import pytest

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.models import AgentState, IsolationMode, MissionState
from tests.supervisor.conftest import Live, eventually
from tests.supervisor.test_isolation_live import git

pytestmark = pytest.mark.tmux


async def running(live: Live, **fields: object) -> str:
    mission_id = await live.add("Take long [[sleep 30]]", **fields)
    await live.until_mission(mission_id, MissionState.RUNNING)
    return mission_id


async def test_an_undone_kill_goes_on_where_it_was(live: Live) -> None:
    git(live.root, "init", "-q", "repo")
    git(live.root / "repo", "commit", "-q", "--allow-empty", "-m", "first")
    (agent_id,) = await live.spawn(isolation_mode=IsolationMode.WORKTREE, cwd=str(live.root / "repo"))
    mission_id = await running(live, max_retries=0)
    before, record = live.agent(agent_id), live.supervisor.fleet.book.get(agent_id)
    marker = Path(before.cwd or "") / ".git"
    written = marker.stat().st_ino
    await live.supervisor.kill(agent_id)
    assert live.agent(agent_id).state is AgentState.STOPPED
    assert list(await live.supervisor.undo_kill(agent_id)) == [mission_id]

    async def goes_on() -> bool:
        mission = await live.supervisor.mission(mission_id)
        return mission.state is MissionState.RUNNING and mission.agent_id == agent_id

    await eventually(goes_on, "the agent has its mission again")
    after = live.agent(agent_id)
    assert (after.name, after.cwd, after.branch) == (before.name, before.cwd, before.branch)
    assert after.pid != before.pid
    assert marker.stat().st_ino == written, "the worktree was made anew"
    assert live.supervisor.fleet.book.get(agent_id).conversation_id == record.conversation_id


async def test_what_somebody_else_has_taken_stays_there(live: Live) -> None:
    (first,) = await live.spawn()
    mission_id = await running(live)
    (second,) = await live.spawn()
    await live.supervisor.kill(first)

    async def moved() -> bool:
        mission = await live.supervisor.mission(mission_id)
        return mission.state is MissionState.RUNNING and mission.agent_id == second

    await eventually(moved, "the other agent runs it")
    assert list(await live.supervisor.undo_kill(first)) == []
    await live.until_agent(first, AgentState.IDLE)
    assert (await live.supervisor.mission(mission_id)).agent_id == second


async def test_too_late_or_twice_is_refused_with_a_reason(live: Live) -> None:
    (agent_id,) = await live.spawn()
    live.supervisor.undoing.window_ms = 0
    await live.supervisor.kill(agent_id)
    with pytest.raises(NotAllowedNow, match="was not killed in the last 0 s") as late:
        await live.supervisor.undo_kill(agent_id)
    assert "R starts it anew" in str(late.value)
    assert live.agent(agent_id).state is AgentState.STOPPED
    live.supervisor.undoing.window_ms = 10_000
    await live.supervisor.restart(agent_id)
    await live.supervisor.kill(agent_id)
    assert list(await live.supervisor.undo_kill(agent_id)) == []
    with pytest.raises(NotAllowedNow, match="was not killed"):
        await live.supervisor.undo_kill(agent_id)
