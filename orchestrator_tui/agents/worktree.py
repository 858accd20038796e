"""Git worktrees for isolated agents: made or found again, and removed only when nothing can be lost."""

from dataclasses import dataclass
from pathlib import Path

from orchestrator_tui.agents.git import Git, GitResult, is_folder
from orchestrator_tui.agents.worktree_state import (
    ListedWorktree,
    WorktreeState,
    branch_part,
    count_changes,
    fill_in,
    parse_worktrees,
)
from orchestrator_tui.core.config import WorktreeConfig
from orchestrator_tui.core.errors import CannotRun, UsageError

_HEAD = "HEAD"
_IN_PROGRESS = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}


@dataclass(frozen=True, slots=True)
class Worktree:
    """An agent's worktree; ``base`` is the commit that its branch began at, or has reached when it was reused."""

    path: Path
    branch: str
    base: str


class WorktreeManager:
    """Worktrees by repository.

    A branch that it makes is marked in the repository's configuration with session, agent and base, so that it never
    takes or deletes a branch of somebody else. It never uses ``--force``.
    """

    def __init__(self, git: Git | None = None) -> None:
        self._git = git or Git()

    async def is_repository(self, folder: Path) -> bool:
        """Whether worktrees can be made from here; False also without git."""
        try:
            return await self._git.common_folder(folder) is not None
        except CannotRun:
            return False

    async def create(
        self, *, session: str, agent_id: int, config: WorktreeConfig, cwd: Path, default_path: Path
    ) -> Worktree:
        """Makes the agent's worktree, or finds the one it had.

        Raises UsageError naming ``worktree.repo``, ``.base``, ``.branch`` or ``.path``, and CannotRun.
        """
        where = _absolute(config.repo or "", cwd)
        common = await self._git.common_folder(where)
        if common is None:
            raise UsageError(
                f"`worktree.repo`: {where} is not in a git repository.",
                remedy="Choose a folder in a repository, or isolation_mode shared.",
                field="worktree.repo",
            )
        branch = await self._branch_name(where, fill_in(config.branch, branch_part(session), agent_id))
        path = _absolute(fill_in(config.path, session, agent_id) if config.path else str(default_path), cwd)
        if "\n" in str(path):
            raise UsageError("`worktree.path` holds a line break.", field="worktree.path")
        async with self._git.exclusively(common):
            owner = f"{session}/{agent_id}"
            listed = await self._listed(common)
            await self._refuse_foreign_branch(common, branch, owner)
            existing = next((entry for entry in listed if _same(entry.path, path)), None)
            if existing is not None and is_folder(path):
                return await self._reuse(existing, listed[0], branch, is_own=config.path is None)
            if existing is not None:
                # Its folder was deleted by hand: only git's record of it is left.
                await self._must(common, "worktree", "remove", "--", str(existing.path))
            _refuse_occupied(path)
            holder = next((entry for entry in listed if entry.branch == branch and entry is not existing), None)
            if holder is not None:
                raise UsageError(
                    f"`worktree.branch`: {branch} is checked out in {holder.path}.",
                    remedy="Choose another branch, or remove that worktree.",
                    field="worktree.branch",
                )
            return await self._add(common, where, path, branch, config.base, owner)

    async def state(self, path: Path, branch: str | None = None, base: str = _HEAD) -> WorktreeState:
        """What a worktree holds; ``base`` HEAD means what it was made from. Raises CannotRun if it cannot be read."""
        common = await self._git.common_folder(path)
        if common is None:
            raise CannotRun(f"{path} is not a git worktree.", remedy="Look at it, and delete it by hand.")
        head = (await self._must(path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")).output
        current = await self._git.run(path, "symbolic-ref", "--quiet", "--short", "HEAD")
        # One status for both: untracked files one by one, submodules with what is uncommitted in them.
        status = await self._must(path, "status", "--porcelain", "-z", "--untracked-files=all")
        modified, untracked = count_changes(status.output)
        on = current.output if current.ok else None
        base_name = await self._base_of(common, branch or on, base)
        tips = [head]
        if branch is not None and branch != on and (tip := await self._tip(common, branch)):
            tips.append(tip)
        return WorktreeState(
            path=path,
            branch=on,
            modified=modified,
            untracked=untracked,
            ahead=await self._ahead(common, tips, base_name, branch or on),
            base=base_name.removeprefix("refs/heads/"),
            in_progress=await self._in_progress(path),
        )

    async def unsaved(self, path: Path, branch: str | None) -> tuple[str, ...]:
        """What a worktree holds that is nowhere else, in words; empty when nothing, or when it is gone."""
        if not is_folder(path):
            return ()
        try:
            return (await self.state(path, branch)).losses()
        except CannotRun as error:
            return (f"its state is unknown: {error.message}",)

    async def remove_if_done(self, path: Path, branch: str | None, base: str = _HEAD) -> str | None:
        """Removes a worktree that is clean and merged into its base, and the branch that was made for it.

        None when it is gone, else why it was kept. Files that git ignores go with it.
        """
        if not is_folder(path):
            return None
        try:
            common = await self._git.common_folder(path)
            if common is None:
                return f"{path} is not a git worktree"
            async with self._git.exclusively(common):
                state = await self.state(path, branch, base)
                if not state.is_done:
                    return ", ".join(state.losses())
                own = branch or state.branch
                tip = await self._tip(common, own) if own else None
                removed = await self._git.run(common, "worktree", "remove", "--", str(path))
                if not removed.ok:
                    return removed.reason
                if own and tip and await self._config(common, own, "orchestratorowner"):
                    # With the old value: a commit that came in between keeps the branch.
                    deleted = await self._git.run(common, "update-ref", "-d", f"refs/heads/{own}", tip)
                    if deleted.ok:
                        await self._git.run(common, "config", "--remove-section", f"branch.{own}")
        except CannotRun as error:
            return error.message.rstrip(".")
        return None

    async def list_holding_work(self, repo: Path, session: str) -> list[WorktreeState]:
        """The session's worktrees in a repository that hold work found nowhere else."""
        common = await self._git.common_folder(repo)
        if common is None:
            return []
        holding: list[WorktreeState] = []
        for entry in await self._listed(common):
            if entry.branch is None or not is_folder(entry.path):
                continue
            owner = await self._config(common, entry.branch, "orchestratorowner")
            if owner is None or owner.rpartition("/")[0] != session:
                continue
            state = await self.state(entry.path, entry.branch)
            if not state.is_done:
                holding.append(state)
        return holding

    async def _branch_name(self, folder: Path, name: str) -> str:
        valid = await self._git.run(folder, "check-ref-format", f"refs/heads/{name}")
        if not valid.ok or name.startswith("-") or name == _HEAD or "\n" in name:
            raise UsageError(
                f"`worktree.branch`: {name!r} is not a name that git allows.",
                remedy="Use letters, digits, dash, underscore and slash.",
                field="worktree.branch",
            )
        return name

    async def _refuse_foreign_branch(self, common: Path, branch: str, owner: str) -> None:
        marked = await self._config(common, branch, "orchestratorowner")
        if marked is not None and marked != owner and await self._tip(common, branch):
            raise UsageError(
                f"`worktree.branch`: {branch} belongs to agent {marked}.",
                remedy="Use {session} and {agent} in the branch's name.",
                field="worktree.branch",
            )

    async def _reuse(self, entry: ListedWorktree, main: ListedWorktree, branch: str, *, is_own: bool) -> Worktree:
        """``is_own``: the path is nobody else's, so the agent may have switched branches there."""
        if entry is main or (entry.branch != branch and not is_own):
            held = "the repository's main worktree" if entry is main else f"a worktree of {entry.branch or 'no branch'}"
            raise UsageError(
                f"`worktree.path`: {entry.path} is {held}.", remedy="Choose another path.", field="worktree.path"
            )
        head = await self._must(entry.path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return Worktree(entry.path, branch, head.output)

    async def _add(self, common: Path, where: Path, path: Path, branch: str, base: str, owner: str) -> Worktree:
        tip = await self._tip(common, branch)
        if tip is not None:
            await self._added(common, path, "--", str(path), branch)
            return Worktree(path, branch, tip)
        start = await self._git.run(where, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}")
        if not start.ok or base.startswith("-"):
            empty = base == _HEAD
            raise UsageError(
                "`worktree.base`: the repository has no commit yet."
                if empty
                else f"`worktree.base`: {base!r} is no commit here.",
                remedy="Commit something first, or use isolation_mode shared." if empty else "Name a branch or commit.",
                field="worktree.base",
            )
        named = await self._git.run(where, "rev-parse", "--symbolic-full-name", "--verify", "--quiet", base)
        try:
            await self._added(common, path, "--no-track", "-b", branch, "--", str(path), start.output)
        except UsageError:
            await self._git.run(common, "update-ref", "-d", f"refs/heads/{branch}", start.output)
            raise
        await self._must(common, "config", f"branch.{branch}.orchestratorowner", owner)
        if named.ok and named.output.startswith("refs/"):
            await self._must(common, "config", f"branch.{branch}.orchestratorbase", named.output)
        return Worktree(path, branch, start.output)

    async def _added(self, common: Path, path: Path, *arguments: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"`worktree.path`: {path.parent} cannot be made: {error.strerror}.", field="worktree.path"
            ) from None
        added = await self._git.run(common, "worktree", "add", *arguments)
        if not added.ok:
            raise UsageError(
                f"`worktree`: git could not make {path}: {added.reason}.",
                remedy="Correct that, or use isolation_mode shared.",
                field="worktree",
            )

    async def _base_of(self, common: Path, branch: str | None, base: str) -> str:
        if base == _HEAD and branch is not None:
            recorded = await self._config(common, branch, "orchestratorbase")
            if recorded is not None:
                return recorded
        return base

    async def _ahead(self, common: Path, tips: list[str], base: str, branch: str | None) -> int:
        known = await self._git.run(common, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}")
        if known.ok:
            outside = [known.output]
        else:
            # The base is gone: work counts as saved where any other branch holds it.
            skip = [f"--exclude={branch}"] if branch else []
            outside = [*skip, "--branches", "--remotes"]
        count = await self._must(common, "rev-list", "--count", *tips, "--not", *outside)
        return int(count.output)

    async def _in_progress(self, path: Path) -> str | None:
        folder = await self._must(path, "rev-parse", "--git-dir")
        private = path / folder.output
        return next((word for name, word in _IN_PROGRESS.items() if (private / name).exists()), None)

    async def _tip(self, common: Path, branch: str) -> str | None:
        result = await self._git.run(common, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
        return result.output if result.ok else None

    async def _config(self, common: Path, branch: str, key: str) -> str | None:
        result = await self._git.run(common, "config", "--get", f"branch.{branch}.{key}")
        return result.output if result.ok else None

    async def _listed(self, common: Path) -> list[ListedWorktree]:
        return parse_worktrees((await self._must(common, "worktree", "list", "--porcelain")).output)

    async def _must(self, folder: Path, *arguments: str) -> GitResult:
        result = await self._git.run(folder, *arguments)
        if not result.ok:
            raise CannotRun(
                f"git {arguments[0]} failed in {folder}: {result.reason}.",
                remedy=f"Look at it: git -C '{folder}' status",
            )
        return result


def _absolute(text: str, cwd: Path) -> Path:
    return (cwd / Path(text).expanduser()).absolute()


def _same(one: Path, other: Path) -> bool:
    return one == other or one.resolve() == other.resolve()


def _refuse_occupied(path: Path) -> None:
    if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
        raise UsageError(
            f"`worktree.path`: {path} is not empty.",
            remedy="Choose another path, or move what is there.",
            field="worktree.path",
        )
