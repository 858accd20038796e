"""A branch that no longer merges is told with its files, until it does; a repository at rest costs no git."""

from pathlib import Path

import pytest

from orchestrator_tui.agents.merge_watch import MergeWatch
from orchestrator_tui.agents.merging import Branches, Conflict, MergeChecks
from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.models import IsolationMode
from tests.supervisor.conftest import Live, eventually
from tests.supervisor.test_isolation_live import git, repository

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(60)]
assert repository


class CountingChecks(MergeChecks):
    """Counts the merges that were tried."""

    def __init__(self) -> None:
        super().__init__()
        self.tried = 0

    async def conflict(self, branches: Branches) -> Conflict | None:
        """One merge."""
        self.tried += 1
        return await super().conflict(branches)


def commit(folder: Path, text: str, *names: str) -> None:
    for name in names:
        (folder / name).write_text(f"{text}\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", text)


async def conflicts(live: Live) -> list[AttentionItem]:
    return [item for item in await live.supervisor.inbox() if item.kind is AttentionKind.MERGE_CONFLICT]


async def test_a_conflict_is_an_item_with_its_files_until_it_is_solved(live: Live, repository: Path) -> None:
    (agent_id,) = await live.spawn(isolation_mode=IsolationMode.WORKTREE, cwd=str(repository))
    folder = Path(live.agent(agent_id).cwd or "")
    commit(folder, "theirs", "README", "täst.txt")
    assert await conflicts(live) == []
    commit(repository, "ours", "README", "täst.txt", "other.txt")

    async def told() -> AttentionItem | None:
        return next(iter(await conflicts(live)), None)

    item: AttentionItem = await eventually(told, "the conflict is told")
    assert item.agent_id == agent_id
    assert item.text == "orchestrator/live/1 no longer merges into main: README, täst.txt"
    assert item.details == ("README", "täst.txt", f"git -C {folder} merge main")
    git(folder, "merge", "-q", "-X", "ours", "main")

    async def is_over() -> bool:
        return await conflicts(live) == []

    await eventually(is_over, "the item is gone")


async def test_only_a_branch_that_moved_is_tried(live: Live, repository: Path) -> None:
    (agent_id,) = await live.spawn(isolation_mode=IsolationMode.WORKTREE, cwd=str(repository))
    checks = CountingChecks()
    watch = MergeWatch(live.supervisor.fleet, checks)
    for _ in range(3):
        await watch.look()
    assert checks.tried == 1
    commit(Path(live.agent(agent_id).cwd or ""), "theirs", "README")
    await watch.look()
    await watch.look()
    assert checks.tried == 2
    await live.add("Wait [[ask go on]]")
    await eventually(lambda: live.agent(agent_id).waiting_for, "it works")
    commit(repository, "ours", "README")
    await watch.look()
    assert checks.tried == 2
    assert list(watch.items()) == []
