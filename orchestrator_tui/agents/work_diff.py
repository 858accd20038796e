"""Reads what an agent's worktree has and its base has not; changes nothing there, not even the index."""

import asyncio
import os
import stat
from dataclasses import replace
from pathlib import Path

from orchestrator_tui.agents.diff_text import new_file, parse_diff, parse_name_status
from orchestrator_tui.agents.git import Git
from orchestrator_tui.agents.merging import MergeChecks
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.work import FileDiff, FileStatus, WorktreeDiff

LARGEST_FILE = 2 * 2**20
"""Bytes: a larger file is named and not read."""

LARGEST_DIFF = 32 * 2**20
"""Bytes of all lines together; what comes after them is named and not shown."""

MOST_UNTRACKED = 1_000
"""Files that git does not know whose text is read; a build folder that nobody ignores may hold far more."""

_PLAIN = (
    # The user's own settings may not change what is parsed here.
    *("-c", "core.quotePath=true", "-c", f"core.bigFileThreshold={LARGEST_FILE}"),
    *("-c", "diff.suppressBlankEmpty=false"),
)
_OPTIONS = (
    "-O/dev/null",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--find-renames",
    "--submodule=short",
)
_PATCH = ("--patch", "--src-prefix=a/", "--dst-prefix=b/", "--unified=3", "--inter-hunk-context=0")


class WorkDiffs:
    """Compares a worktree with the commit at which its branch left the base."""

    def __init__(self, git: Git | None = None) -> None:
        self._git = git or Git()
        self._checks = MergeChecks(self._git)

    async def read(self, agent_id: int, worktree: Path, branch: str, base: str) -> WorktreeDiff:
        """All changes, committed or not, files that git does not know among them.

        A base that is gone is replaced by HEAD, which ``WorktreeDiff.base`` then says. Raises CannotRun.
        """
        branches = await self._checks.find(worktree, branch, base)
        if branches is None:
            raise CannotRun(f"{worktree} is not a git worktree.", remedy="R starts the agent in a new one.")
        start = await self._git.run(worktree, "merge-base", branches.base, "HEAD")
        named = branches.base.removeprefix("refs/heads/")
        since = start.output if start.ok else "HEAD"
        current = await self._git.run(worktree, "symbolic-ref", "--quiet", "--short", "HEAD")
        root = Path((await self._git.run(worktree, "rev-parse", "--show-toplevel")).output or worktree)
        changed, unknown = await asyncio.gather(self._changed(root, since), self._untracked(root))
        return WorktreeDiff(
            agent_id,
            str(root),
            named if start.ok else f"HEAD ({named} is gone)",
            current.output if current.ok else None,
            tuple(sorted((*changed, *unknown), key=lambda file: file.path)),
        )

    async def _changed(self, root: Path, since: str) -> tuple[FileDiff, ...]:
        text, is_all = await self._git.read(root, *_PLAIN, "diff", *_OPTIONS, *_PATCH, since, "--", limit=LARGEST_DIFF)
        files = await asyncio.to_thread(_parse, text, root)
        if is_all:
            return files
        # The last one that was read is not whole.
        whole = {file.path: file for file in files[:-1]}
        names = await self._git.run(root, *_PLAIN, "diff", *_OPTIONS, "--name-status", "-z", since, "--")
        listed = parse_name_status(names.output.encode(errors="surrogateescape").decode(errors="replace"))
        return tuple(whole.get(file.path) or replace(file, omitted="not shown: too much changed") for file in listed)

    async def _untracked(self, root: Path) -> list[FileDiff]:
        names, _ = await self._git.read(root, "ls-files", "--others", "--exclude-standard", "-z", limit=LARGEST_DIFF)
        return await asyncio.to_thread(_read_untracked, root, names)


def _parse(text: bytes, root: Path) -> tuple[FileDiff, ...]:
    return tuple(_sized(file, root) for file in parse_diff(text.decode(errors="replace")))


def _sized(file: FileDiff, root: Path) -> FileDiff:
    if file.omitted != "binary":
        return file
    try:
        size = (root / file.path).lstat().st_size
    except OSError:
        return file
    return replace(file, omitted=_omission("too large" if size > LARGEST_FILE else "binary", size))


def _read_untracked(root: Path, names: bytes) -> list[FileDiff]:
    files: list[FileDiff] = []
    left = LARGEST_DIFF
    for number, name in enumerate(name for name in names.split(b"\0") if name):
        file = _untracked(root, name, left if number < MOST_UNTRACKED else 0)
        left -= sum(len(line.text) for hunk in file.hunks for line in hunk.lines)
        files.append(file)
    return files


def _untracked(root: Path, name: bytes, left: int) -> FileDiff:
    path = name.decode(errors="replace")
    if name.endswith(b"/"):
        return FileDiff(path, FileStatus.UNTRACKED, omitted="a repository of its own")
    try:
        where = root / os.fsdecode(name)
        status = where.lstat()
        if stat.S_ISLNK(status.st_mode):
            target = new_file(path, os.fsencode(where.readlink()))
            return replace(target, notes=("symbolic link",))
        if not stat.S_ISREG(status.st_mode):
            return FileDiff(path, FileStatus.UNTRACKED, omitted="neither file nor link")
        if status.st_size > LARGEST_FILE:
            return FileDiff(path, FileStatus.UNTRACKED, omitted=_omission("too large", status.st_size))
        if status.st_size > left:
            return FileDiff(path, FileStatus.UNTRACKED, omitted="not shown: too much changed")
        file = new_file(path, where.read_bytes())
    except OSError as error:
        # It went, or may not be read: the others are still worth showing.
        return FileDiff(path, FileStatus.UNTRACKED, omitted=error.strerror or "cannot be read")
    return file if file.omitted != "binary" else replace(file, omitted=_omission("binary", status.st_size))


def _omission(why: str, size: int) -> str:
    for unit, factor in (("MiB", 2**20), ("KiB", 2**10)):
        if size >= factor:
            return f"{why}, {size / factor:.1f} {unit}"
    return f"{why}, {size} bytes"
