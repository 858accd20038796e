"""What an agent's worktree has and its base has not, asked of real repositories."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator_tui.agents import work_diff
from orchestrator_tui.agents.git import Git
from orchestrator_tui.agents.review_text import document, message
from orchestrator_tui.agents.work_diff import WorkDiffs
from orchestrator_tui.agents.work_status import WorkReader, read_status
from orchestrator_tui.agents.worktree import Worktree, WorktreeManager
from orchestrator_tui.core.config import WorktreeConfig
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.work import ReviewComment, WorkStatus, WorktreeDiff
from tests.agents.test_worktree import commit, git


@pytest.fixture
async def tree(tmp_path: Path) -> Worktree:
    """A worktree with a commit of its own, whose base went on meanwhile."""
    repo = tmp_path / "repo ü"
    repo.mkdir()
    git(repo, "init", "-q", "-b", "main")
    commit(repo, "kept.txt", "one\ntwo\nthree\n")
    commit(repo, "old.txt", "".join(f"line {number}\n" for number in range(20)))
    made = await WorktreeManager().create(
        session="s", agent_id=1, config=WorktreeConfig(), cwd=repo, default_path=tmp_path / "tree"
    )
    commit(repo, "elsewhere.txt")
    commit(made.path, "committed.txt", "mine\n")
    return made


async def read(tree: Worktree, git_: Git | None = None) -> WorktreeDiff:
    return await WorkDiffs(git_).read(1, tree.path, tree.branch, "HEAD")


def everything(tree: Worktree) -> tuple[bytes, str, str]:
    index = Path(git(tree.path, "rev-parse", "--path-format=absolute", "--git-path", "index"))
    return index.read_bytes(), git(tree.path, "status", "--porcelain"), git(tree.path, "count-objects")


class TestDiff:
    async def test_it_shows_all_that_the_base_has_not(self, tree: Worktree) -> None:
        (tree.path / "kept.txt").write_text("one\nTWO\nthree\n")
        git(tree.path, "mv", "old.txt", "new name.txt")
        (tree.path / 'a "draft".txt').write_text("half")
        (tree.path / "ignored.log").write_text("x")
        (tree.path / ".gitignore").write_text("*.log\n")
        diff = await read(tree)
        assert [(file.status.value, file.path, file.added, file.removed) for file in diff.files] == [
            ("?", ".gitignore", 1, 0),
            ("?", 'a "draft".txt', 1, 0),
            ("A", "committed.txt", 1, 0),
            ("M", "kept.txt", 1, 1),
            ("R", "new name.txt", 0, 0),
        ]
        assert (diff.base, diff.branch, diff.root) == ("main", tree.branch, str(tree.path))

    async def test_nothing_in_the_worktree_is_touched(self, tree: Worktree) -> None:
        (tree.path / "draft.txt").write_text("half")
        before = everything(tree)
        await read(tree)
        assert everything(tree) == before

    async def test_the_users_settings_do_not_change_what_is_read(self, tree: Worktree, tmp_path: Path) -> None:
        settings = tmp_path / ".gitconfig"
        settings.write_text(
            "[diff]\nnoprefix = true\nmnemonicPrefix = true\nexternal = false\ncontext = 0\nrelative = true\n"
            "[color]\nui = always\n[core]\nquotePath = false\n"
        )
        (tree.path / "kept.txt").write_text("one\nTWO\nthree\n")
        environ: Mapping[str, str] = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
        file = next(file for file in (await read(tree, Git(environ))).files if file.path == "kept.txt")
        assert [line.kind.value + line.text for line in file.hunks[0].lines] == [" one", "-two", "+TWO", " three"]

    async def test_binary_large_and_strange_files_are_named_only(
        self, tree: Worktree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(work_diff, "LARGEST_FILE", 5_000)
        (tree.path / "p.png").write_bytes(b"\x89PNG\0\0")
        (tree.path / "huge.json").write_text("x" * 6_000)
        (tree.path / "link").symlink_to("kept.txt")
        os.mkfifo(tree.path / "pipe")
        git(tree.path, "init", "-q", "inner")
        commit(tree.path / "inner", "x")
        files = {file.path: file for file in (await read(tree)).files}
        assert files["p.png"].omitted == "binary, 6 bytes"
        assert files["huge.json"].omitted == "too large, 5.9 KiB"
        assert files["link"].notes == ("symbolic link",)
        assert files["link"].hunks[0].lines[0].text == "kept.txt"
        assert files["inner/"].omitted == "a repository of its own"
        assert "pipe" not in files or files["pipe"].omitted == "neither file nor link"

    async def test_too_much_is_cut_between_files_and_the_rest_named(
        self, tree: Worktree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        commit(tree.path, "aaa.txt", "a\n" * 100)
        commit(tree.path, "zzz.txt", "z\n" * 5_000)
        monkeypatch.setattr(work_diff, "LARGEST_DIFF", 4_000)
        files = {file.path: file for file in (await read(tree)).files}
        assert files["aaa.txt"].added == 100
        assert files["zzz.txt"].omitted == "not shown: too much changed"

    async def test_a_base_that_is_gone_leaves_what_is_not_committed(self, tree: Worktree) -> None:
        git(tree.path, "config", f"branch.{tree.branch}.orchestratorbase", "refs/heads/gone")
        (tree.path / "kept.txt").write_text("other\n")
        diff = await read(tree)
        assert diff.base == "HEAD (gone is gone)"
        assert [file.path for file in diff.files] == ["kept.txt"]

    async def test_a_folder_that_is_no_worktree_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CannotRun, match="not a git worktree"):
            await WorkDiffs().read(1, tmp_path, "b", "HEAD")


class TestStatus:
    async def test_it_counts_commits_on_both_sides_and_files_not_committed(self, tree: Worktree) -> None:
        (tree.path / "kept.txt").write_text("changed\n")
        (tree.path / "draft.txt").write_text("half")
        status = await WorkReader().read(tree.path, tree.branch, "HEAD")
        assert status == WorkStatus(tree.branch, "main", ahead=1, behind=1, dirty=2)

    async def test_without_a_base_the_files_are_still_counted(self, tree: Worktree) -> None:
        git(tree.path, "config", f"branch.{tree.branch}.orchestratorbase", "refs/heads/gone")
        assert await WorkReader().read(tree.path, tree.branch, "HEAD") == WorkStatus(tree.branch)

    async def test_a_worktree_that_is_gone_says_nothing(self, tmp_path: Path) -> None:
        assert await WorkReader().read(tmp_path / "gone", "b", "HEAD") is None

    def test_a_rename_is_one_file(self) -> None:
        text = "# branch.oid 1\0# branch.head (detached)\x002 R. N... 1 1 1 a b R100 new\0old\0? x\0"
        assert read_status(text) == (None, 2)


def comment(text: str, *quote: str, first: int = 118, is_old: bool = False) -> ReviewComment:
    return ReviewComment("auth/tokens.py", first, first + len(quote) - 1, quote, text, is_old)


class TestReviewText:
    def test_a_short_one_is_one_line_with_place_and_quote(self) -> None:
        text = message((comment("say which", "\traise TokenReused(token)\r"), comment("why", "a", "b", is_old=True)))
        assert text == (
            "Review of your changes, 2 comments. 1) auth/tokens.py:118 `raise TokenReused(token)`: say which "
            "2) auth/tokens.py:118-119 (removed) `a …`: why"
        )

    def test_a_long_one_or_one_of_several_lines_is_none(self) -> None:
        assert message((comment("x" * 800, "a"),)) is None
        assert message((comment("one\ntwo", "a"),)) is None

    def test_the_document_has_the_whole_text_below_its_lines(self) -> None:
        text = document((comment("one\n\ntwo", "a", "```"),))
        assert "## auth/tokens.py:118-119\n\n````\n  118  a\n  119  ```\n````\n\none\n\ntwo\n" in text
