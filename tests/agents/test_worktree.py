"""Isolated agents: their worktrees in real repositories."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator_tui.agents.git import Git, git_environment
from orchestrator_tui.agents.worktree import Worktree, WorktreeManager
from orchestrator_tui.agents.worktree_state import branch_part, count_changes, parse_worktrees
from orchestrator_tui.core.config import WorktreeConfig
from orchestrator_tui.core.errors import CannotRun, UsageError

IDENTITY = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    environ = {**git_environment(os.environ), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *IDENTITY, "-C", str(folder), *arguments], env=environ, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, name: str, text: str = "x") -> str:
    (folder / name).write_text(text)
    git(folder, "add", "--", name)
    git(folder, "commit", "-qm", name)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "das projekt ü"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "first.txt")
    return folder


@pytest.fixture
def manager() -> WorktreeManager:
    return WorktreeManager()


async def make(
    manager: WorktreeManager, repo: Path, agent_id: int = 1, session: str = "demo-1", **config: str
) -> Worktree:
    return await manager.create(
        session=session,
        agent_id=agent_id,
        config=WorktreeConfig.model_validate(config),
        cwd=repo,
        default_path=repo.parent / "state" / session / str(agent_id) / "worktree",
    )


class TestMaking:
    async def test_an_agent_gets_its_own_branch_at_the_base(self, manager: WorktreeManager, repo: Path) -> None:
        made = await make(manager, repo)
        assert made.branch == "orchestrator/demo-1/1"
        assert git(made.path, "symbolic-ref", "--short", "HEAD") == made.branch
        assert made.base == git(repo, "rev-parse", "main") == git(made.path, "rev-parse", "HEAD")
        assert git(repo, "symbolic-ref", "--short", "HEAD") == "main"
        assert git(repo, "status", "--porcelain") == ""

    async def test_many_at_once_and_from_two_managers_do_not_disturb_each_other(self, repo: Path) -> None:
        one, other = WorktreeManager(), WorktreeManager()
        made = await asyncio.gather(*(make(one if n % 2 else other, repo, n) for n in range(1, 9)))
        assert len({worktree.path for worktree in made}) == 8
        assert len(parse_worktrees(git(repo, "worktree", "list", "--porcelain"))) == 9

    async def test_a_restart_finds_the_worktree_with_its_work(self, manager: WorktreeManager, repo: Path) -> None:
        made = await make(manager, repo)
        (made.path / "draft.txt").write_text("half")
        again = await make(WorktreeManager(), repo)
        assert again.path == made.path
        assert (again.path / "draft.txt").read_text() == "half"

    async def test_a_deleted_folder_comes_back_on_the_branch(self, manager: WorktreeManager, repo: Path) -> None:
        made = await make(manager, repo)
        work = commit(made.path, "work.txt")
        shutil.rmtree(made.path)
        again = await make(manager, repo)
        assert again.base == work
        assert (again.path / "work.txt").exists()

    async def test_base_branch_and_path_are_configurable(self, manager: WorktreeManager, repo: Path) -> None:
        git(repo, "branch", "release")
        commit(repo, "later.txt")
        made = await make(manager, repo, base="release", branch="bot/{agent}", path="../wt {agent}")
        assert (made.path.resolve(), made.branch) == (repo.parent / "wt 1", "bot/1")
        assert not (made.path / "later.txt").exists()

    async def test_from_a_subfolder_and_from_a_linked_worktree(self, manager: WorktreeManager, repo: Path) -> None:
        (repo / "sub").mkdir()
        first = await make(manager, repo / "sub")
        second = await manager.create(
            session="demo-1", agent_id=2, config=WorktreeConfig(), cwd=first.path, default_path=repo.parent / "wt2"
        )
        assert git(second.path, "rev-parse", "HEAD") == first.base

    async def test_variables_of_another_repository_do_not_leak_in(self, repo: Path, tmp_path: Path) -> None:
        strange: Mapping[str, str] = {**os.environ, "GIT_DIR": str(tmp_path / "nowhere"), "GIT_WORK_TREE": "/"}
        made = await make(WorktreeManager(Git(strange)), repo)
        assert (made.path / "first.txt").exists()

    async def test_a_session_name_that_git_refuses_in_branches(self, manager: WorktreeManager, repo: Path) -> None:
        made = await make(manager, repo, session="my..app.lock")
        assert made.branch == "orchestrator/my-.app-lock/1"


class TestRefusing:
    async def refused(self, field: str, manager: WorktreeManager, cwd: Path, **config: str) -> UsageError:
        with pytest.raises(UsageError) as caught:
            await make(manager, cwd, 1, "demo-1", **config)
        assert caught.value.field == field
        return caught.value

    async def test_outside_of_a_repository(self, manager: WorktreeManager, tmp_path: Path) -> None:
        folder = tmp_path / "plain"
        folder.mkdir()
        error = await self.refused("worktree.repo", manager, folder)
        assert "isolation_mode shared" in error.remedy
        assert not await manager.is_repository(folder)

    async def test_a_repository_without_a_commit(self, manager: WorktreeManager, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q")
        assert "no commit yet" in (await self.refused("worktree.base", manager, tmp_path)).message

    @pytest.mark.parametrize("base", ["nowhere", "--help", "-1"])
    async def test_a_base_that_is_no_commit(self, manager: WorktreeManager, repo: Path, base: str) -> None:
        await self.refused("worktree.base", manager, repo, base=base)
        assert git(repo, "branch", "--list", "orchestrator/*") == ""

    @pytest.mark.parametrize("branch", ["a..b", "-x", "a b", "x.lock", "a~1", "", "HEAD"])
    async def test_a_branch_name_that_git_refuses(self, manager: WorktreeManager, repo: Path, branch: str) -> None:
        await self.refused("worktree.branch", manager, repo, branch=branch)

    async def test_a_branch_that_a_person_has_checked_out(self, manager: WorktreeManager, repo: Path) -> None:
        error = await self.refused("worktree.branch", manager, repo, branch="main")
        assert str(repo) in error.message

    async def test_a_branch_of_another_agent(self, manager: WorktreeManager, repo: Path) -> None:
        await make(manager, repo, 1, branch="common")
        with pytest.raises(UsageError, match="belongs to agent demo-1/1"):
            await make(manager, repo, 2, branch="common")

    async def test_a_path_that_holds_files(self, manager: WorktreeManager, repo: Path) -> None:
        full = repo.parent / "full"
        full.mkdir()
        (full / "mine.txt").write_text("keep")
        await self.refused("worktree.path", manager, repo, path=str(full))
        assert (full / "mine.txt").read_text() == "keep"
        await self.refused("worktree.path", manager, repo, path=str(repo))

    async def test_a_failed_attempt_leaves_no_branch(self, manager: WorktreeManager, repo: Path) -> None:
        git(repo, "branch", "orchestrator")
        assert "git could not make" in (await self.refused("worktree", manager, repo)).message
        assert git(repo, "branch", "--list", "orchestrator/*") == ""

    async def test_without_git(self, repo: Path) -> None:
        manager = WorktreeManager(Git({"PATH": "/nonexistent"}))
        with pytest.raises(CannotRun, match="git is not installed"):
            await make(manager, repo)
        assert not await manager.is_repository(repo)

    async def test_a_git_that_hangs_is_ended(self, repo: Path, tmp_path: Path) -> None:
        slow = tmp_path / "bin" / "git"
        slow.parent.mkdir()
        slow.write_text("#!/bin/sh\nexec sleep 60\n")
        slow.chmod(0o755)
        manager = WorktreeManager(Git({"PATH": f"{slow.parent}:{os.environ['PATH']}"}, timeout_s=0.2))
        with pytest.raises(CannotRun, match="did not end"):
            await make(manager, repo)


class TestRemoving:
    async def test_an_untouched_worktree_goes_with_its_branch(self, manager: WorktreeManager, repo: Path) -> None:
        made = await make(manager, repo)
        assert await manager.unsaved(made.path, made.branch) == ()
        assert await manager.remove_if_done(made.path, made.branch) is None
        assert not made.path.exists()
        assert git(repo, "branch", "--list", made.branch) == ""
        assert "orchestrator" not in git(repo, "config", "--list", "--local")

    async def test_merged_work_may_go(self, manager: WorktreeManager, repo: Path) -> None:
        made = await make(manager, repo)
        commit(made.path, "work.txt")
        git(repo, "merge", "-q", "--no-ff", "-m", "merge", made.branch)
        assert await manager.remove_if_done(made.path, made.branch) is None

    @pytest.mark.parametrize("work", ["modified", "staged", "untracked", "commit", "detached", "switched"])
    async def test_work_is_never_removed(self, manager: WorktreeManager, repo: Path, work: str) -> None:
        made = await make(manager, repo)
        words = {"modified": "1 modified file", "staged": "1 modified file", "untracked": "1 untracked file"}
        match work:
            case "modified":
                (made.path / "first.txt").write_text("changed")
            case "staged":
                (made.path / "new.txt").write_text("n")
                git(made.path, "add", "new.txt")
            case "untracked":
                (made.path / "notes ü.txt").write_text("n")
            case "commit":
                commit(made.path, "work.txt")
            case "detached":
                git(made.path, "checkout", "-q", "--detach")
                commit(made.path, "work.txt")
            case _:
                commit(made.path, "work.txt")
                git(made.path, "checkout", "-q", "-b", "elsewhere", "main")
        expected = words.get(work, "1 commit not in main")
        assert await manager.unsaved(made.path, made.branch) == (expected,)
        assert await manager.remove_if_done(made.path, made.branch) == expected
        assert made.path.is_dir()
        assert git(repo, "rev-parse", made.branch)

    async def test_an_unfinished_merge_counts_as_work(self, manager: WorktreeManager, repo: Path) -> None:
        made = await make(manager, repo)
        work = commit(repo, "other.txt")
        git(made.path, "merge", "-q", "--no-commit", "--no-ff", work)
        kept = await manager.remove_if_done(made.path, made.branch)
        assert kept is not None
        assert "unfinished merge" in kept

    async def test_a_locked_worktree_stays(self, manager: WorktreeManager, repo: Path) -> None:
        made = await make(manager, repo)
        git(repo, "worktree", "lock", str(made.path))
        kept = await manager.remove_if_done(made.path, made.branch)
        assert kept is not None
        assert "locked" in kept
        assert git(repo, "rev-parse", made.branch)

    async def test_a_branch_that_existed_before_is_kept(self, manager: WorktreeManager, repo: Path) -> None:
        git(repo, "branch", "feature")
        made = await make(manager, repo, branch="feature")
        assert await manager.remove_if_done(made.path, made.branch) is None
        assert git(repo, "rev-parse", "feature")

    async def test_the_base_is_the_branch_that_it_began_on(self, manager: WorktreeManager, repo: Path) -> None:
        git(repo, "checkout", "-q", "-b", "topic")
        commit(repo, "topic.txt")
        made = await make(manager, repo)
        git(repo, "checkout", "-q", "main")
        assert await manager.unsaved(made.path, made.branch) == ()
        commit(made.path, "work.txt")
        assert await manager.unsaved(made.path, made.branch) == ("1 commit not in topic",)

    async def test_a_base_that_is_gone_does_not_hide_work(self, manager: WorktreeManager, repo: Path) -> None:
        git(repo, "branch", "short")
        made = await make(manager, repo, base="short")
        commit(made.path, "work.txt")
        git(repo, "branch", "-D", "short")
        assert await manager.remove_if_done(made.path, made.branch, "short") == "1 commit not in short"

    async def test_what_is_gone_or_broken_is_said_calmly(self, manager: WorktreeManager, tmp_path: Path) -> None:
        assert await manager.unsaved(tmp_path / "gone", None) == ()
        assert await manager.remove_if_done(tmp_path / "gone", "x") is None
        assert "not a git worktree" in (await manager.unsaved(tmp_path, None))[0]
        assert "not a git worktree" in (await manager.remove_if_done(tmp_path, None) or "")

    async def test_listing_what_a_session_still_holds(self, manager: WorktreeManager, repo: Path) -> None:
        holding, _done, foreign = [await make(manager, repo, n, session=s) for n, s in ((1, "a"), (2, "a"), (3, "b"))]
        commit(holding.path, "work.txt")
        commit(foreign.path, "work.txt")
        listed = await manager.list_holding_work(repo, "a")
        assert [(state.branch, state.ahead) for state in listed] == [(holding.branch, 1)]


def test_a_renamed_file_counts_once() -> None:
    assert count_changes("R  new\0old\0?? x\0 M y\0") == (2, 1)
    assert count_changes("") == (0, 0)


@pytest.mark.parametrize(("session", "part"), [("a.b", "a.b"), ("a..b", "a-.b"), ("a.", "a-"), ("x.lock", "x-lock")])
def test_session_names_become_branch_parts(session: str, part: str) -> None:
    assert branch_part(session) == part
