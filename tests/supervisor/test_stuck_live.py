"""Nothing stays between two states for ever, and nothing surprises a person with a traceback."""

import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator_tui.core.errors import NotAllowedNow, UsageError
from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.core.views import EventLogged, MissionChanged
from tests.supervisor.conftest import Live, eventually
from tests.supervisor.test_outages_live import Outage

pytestmark = pytest.mark.tmux


async def test_a_start_whose_hook_was_lost_ends_as_idle(live: Live) -> None:
    (agent_id,) = await live.spawn()
    live.supervisor.fleet.book.transition(agent_id, AgentState.STARTING, reason="its hook is lost")
    await live.until_agent(agent_id, AgentState.IDLE)


async def test_a_turn_that_ended_unheard_does_not_keep_its_mission(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Long [[sleep 60]]", max_retries=0)
    await live.until_mission(mission_id, MissionState.RUNNING)
    await live.supervisor.fleet.manager.send_keys(agent_id, "Escape")
    live.supervisor.fleet.book.transition(agent_id, AgentState.IDLE, reason="as the adoption found it")
    failed = await live.until_mission(mission_id, MissionState.FAILED)
    assert failed.error_code == "no_report"


async def test_a_restart_that_cannot_start_says_so_and_frees_the_mission(live: Live, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (first,) = await live.spawn(cwd=str(folder))
    mission_id = await live.add("Long [[sleep 60]]")
    await live.until_mission(mission_id, MissionState.RUNNING)
    shutil.rmtree(folder)
    with pytest.raises(UsageError, match="cwd"):
        await live.supervisor.restart(first)
    assert live.agent(first).state is AgentState.FAILED
    mission = await live.supervisor.mission(mission_id)
    assert mission.reserved_for is None


async def test_an_isolated_agent_restarts_in_a_worktree_again(live: Live) -> None:
    for arguments in (("init", "-q", "-b", "main"), ("commit", "-q", "--allow-empty", "-m", "first")):
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", "-C", str(live.root), *identity, *arguments], check=True)  # noqa: ASYNC221
    (agent_id,) = await live.spawn(isolation_mode="worktree")
    await live.supervisor.kill(agent_id)
    await live.supervisor.restart(agent_id)
    view = await live.until_agent(agent_id, AgentState.IDLE)
    assert view.branch is not None
    assert view.cwd != str(live.root)


async def test_rows_follow_again_after_the_store_was_away(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = await live.supervisor.open_feed()
    outage = Outage(monkeypatch, "changed")
    mission_id = await live.add("Shown later")
    await eventually(lambda: outage.left == 0, "the rows met the outage")
    async for update in feed:
        if isinstance(update, MissionChanged) and update.mission.id == mission_id:
            break
        assert not isinstance(update, EventLogged) or "stopped working" not in str(update.event.data)
    feed.close()


async def test_a_bad_name_is_refused_in_words(live: Live) -> None:
    (agent_id,) = await live.spawn()
    with pytest.raises(UsageError) as refused:
        await live.supervisor.rename(agent_id, "no blanks please")
    assert refused.value.field == "name"


async def test_only_serve_lets_go(live: Live) -> None:
    await live.supervisor.release()
    assert live.supervisor.release_requested.is_set()
    live.supervisor.may_be_released = False
    with pytest.raises(NotAllowedNow, match="serve"):
        await live.supervisor.release()
