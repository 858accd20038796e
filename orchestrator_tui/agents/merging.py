"""Whether a branch still merges into its base, asked of git without touching a work tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator_tui.agents.git import Git, GitResult

Stamp = tuple[int, int, int]
_CONFLICTS = 1


@dataclass(frozen=True, slots=True)
class Branches:
    """A branch and what it was made from, as full reference names, in the repository ``common``."""

    common: Path
    branch: str
    base: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A branch whose commit ``tip`` does not merge; ``files`` are relative to the repository."""

    tip: str
    files: tuple[str, ...]


class MergeChecks:
    """Reads a repository's references; ``git merge-tree --write-tree`` (git 2.38 and later) tries a merge in memory."""

    def __init__(self, git: Git | None = None) -> None:
        self._git = git or Git()

    async def find(self, worktree: Path, branch: str, base: str) -> Branches | None:
        """The branch and its base, which is what the branch was recorded to be made from, else ``base``.

        None where there is nothing to compare. Raises CannotRun.
        """
        common = await self._git.common_folder(worktree)
        if common is None:
            return None
        recorded = await self._git.run(common, "config", "--get", f"branch.{branch}.orchestratorbase")
        name = recorded.output if recorded.ok and recorded.output else base
        full = await self._git.run(common, "rev-parse", "--symbolic-full-name", "--verify", "--quiet", name)
        return Branches(common, f"refs/heads/{branch}", full.output if full.ok and full.output else name)

    async def conflict(self, branches: Branches) -> Conflict | None:
        """What stands in the way of a merge; None when it merges, or when this git cannot say. Raises CannotRun."""
        common = branches.common
        tip = await self._git.run(common, "rev-parse", "--verify", "--quiet", f"{branches.branch}^{{commit}}")
        if not tip.ok:
            return None
        options = ("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z")
        return read_merge(tip.output, await self._git.run(common, *options, branches.base, tip.output))


def read_merge(tip: str, result: GitResult) -> Conflict | None:
    """Reads the result of ``merge-tree -z --name-only``: a tree, then the files in conflict."""
    if result.code != _CONFLICTS:
        return None
    _tree, *files = (part for part in result.output.split("\0") if part)
    return Conflict(tip, tuple(dict.fromkeys(files))) if files else None


def stamps(branches: Branches) -> Mapping[str, Stamp]:
    """What changes when one of the branches moves: a few stats, no git."""
    names = (branches.branch, branches.base, "HEAD", "packed-refs", "reftable/tables.list")
    found: dict[str, Stamp] = {}
    for name in names:
        try:
            stat = (branches.common / name).stat()
        except OSError:
            continue
        found[name] = stat.st_mtime_ns, stat.st_size, stat.st_ino
    return found
