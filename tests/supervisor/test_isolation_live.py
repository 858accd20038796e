"""Agents in worktrees of their own: work is never lost."""

import socket
import subprocess
from pathlib import Path

import pytest

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.models import AgentState, IsolationMode, MissionState
from orchestrator_tui.core.work import ReviewComment
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def exists(folder: Path) -> bool:
    return folder.exists()


@pytest.fixture
def repository(live: Live) -> Path:
    git(live.root, "init", "-q", "repo")
    folder = live.root / "repo"
    (folder / "README").write_text("x\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return folder


async def test_an_isolated_agent_works_on_its_own_branch(live: Live, repository: Path) -> None:
    first, second = await live.spawn(2, isolation_mode=IsolationMode.WORKTREE, cwd=str(repository))
    for agent_id in (first, second):
        await live.until_mission(await live.add("Write [[append note.txt mine]]"), MissionState.COMPLETED)
        assert live.agent(agent_id).branch == f"orchestrator/live/{agent_id}"
    views = [live.agent(agent_id) for agent_id in (first, second)]
    assert len({view.cwd for view in views}) == 2
    assert not (repository / "note.txt").exists()


async def test_a_clean_worktree_goes_with_its_agent(live: Live, repository: Path) -> None:
    (agent_id,) = await live.spawn(isolation_mode=IsolationMode.WORKTREE, cwd=str(repository))
    folder = Path(live.agent(agent_id).cwd or "")
    assert exists(folder)
    live.supervisor.undoing.window_ms = 50
    await live.supervisor.kill(agent_id)
    assert exists(folder), "it is needed while the kill can be undone"
    await eventually(lambda: not exists(folder), "the worktree went with its agent")
    await eventually(lambda: git(repository, "branch", "--list", "orchestrator/*") == "", "its branch went too")


async def test_unsaved_work_is_named_before_the_kill_and_kept_after_it(live: Live, repository: Path) -> None:
    (agent_id,) = await live.spawn(isolation_mode=IsolationMode.WORKTREE, cwd=str(repository))
    await live.until_mission(await live.add("Write [[append note.txt mine]]"), MissionState.COMPLETED)
    preview = await live.supervisor.kill_preview(agent_id)
    assert any("untracked" in loss for loss in preview.losses), preview
    folder = Path(live.agent(agent_id).cwd or "")
    await live.supervisor.kill(agent_id)
    assert (folder / "note.txt").read_text() == "mine\n"
    await live.supervisor.restart(agent_id)
    await live.until_agent(agent_id, AgentState.IDLE)
    assert live.agent(agent_id).cwd == str(folder)


async def test_changes_are_counted_shown_and_reviewed(live: Live, repository: Path) -> None:
    feed = await live.supervisor.open_feed()
    (agent_id,) = await live.spawn(isolation_mode=IsolationMode.WORKTREE, cwd=str(repository))
    await live.until_mission(await live.add("Write [[append note.txt mine]]"), MissionState.COMPLETED)
    await eventually(lambda: (work := live.agent(agent_id).work) and work.dirty == 1, "the file is counted")
    diff = await live.supervisor.diff(agent_id)
    assert [(file.path, file.added) for file in diff.files] == [("note.txt", 1)]
    await live.until_agent(agent_id, AgentState.IDLE)
    comment = ReviewComment("note.txt", 1, 1, ("mine",), "Whose?\nSay it.")
    path = await live.supervisor.send_review(agent_id, [comment])
    assert path is not None
    assert "Whose?\nSay it." in Path(path).read_text()  # noqa: ASYNC240 - a few bytes, in a test
    frame = await live.supervisor.pane_frame(agent_id)
    assert frame is not None
    assert b"review-" in b"".join(frame.lines)
    with pytest.raises(UsageError, match="no comment"):
        await live.supervisor.send_review(agent_id, [])
    feed.close()


async def test_a_folder_without_a_repository_is_refused_and_leaves_nothing(live: Live, tmp_path: Path) -> None:
    outside = tmp_path / "plain"
    outside.mkdir()
    with pytest.raises(Exception, match="git repository"):
        await live.spawn(isolation_mode=IsolationMode.WORKTREE, cwd=str(outside))
    assert live.supervisor.agents() == ()


async def test_when_the_port_is_taken_agents_move_to_the_new_one(live: Live) -> None:
    (agent_id,) = await live.spawn()
    assert live.runtime is not None
    port = live.runtime.endpoint.port
    await live.let_go()
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", port))
        thief.listen()
        await live.start()
        assert live.runtime.endpoint.port != port
        await eventually(lambda: live.agent(agent_id).restarts == 1, "the agent moved")
        await live.until_agent(agent_id, AgentState.IDLE)
        await live.until_mission(await live.add("Still reachable"), MissionState.COMPLETED)
