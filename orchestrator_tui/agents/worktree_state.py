"""What a worktree holds: a pure reading of git's output."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ListedWorktree:
    """One entry of ``git worktree list``; ``branch`` is short, None when HEAD is detached."""

    path: Path
    branch: str | None
    locked: str | None = None
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class WorktreeState:
    """What would be lost with a worktree.

    ``ahead`` counts commits that ``base`` does not have; ``in_progress`` names an unfinished rebase, merge, … .
    Files that git ignores do not count.
    """

    path: Path
    branch: str | None
    modified: int = 0
    untracked: int = 0
    ahead: int = 0
    base: str = "HEAD"
    in_progress: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether every change is committed."""
        return not (self.modified or self.untracked or self.in_progress)

    @property
    def is_merged(self) -> bool:
        """Whether the base has every commit."""
        return self.ahead == 0

    @property
    def is_done(self) -> bool:
        """Whether nothing would be lost."""
        return self.is_clean and self.is_merged

    def losses(self) -> tuple[str, ...]:
        """What would be lost, in words; empty when nothing."""
        found = [
            _count(self.modified, "modified file"),
            _count(self.untracked, "untracked file"),
            f"{_count(self.ahead, 'commit')} not in {self.base}" if self.ahead else "",
            f"an unfinished {self.in_progress}" if self.in_progress else "",
        ]
        return tuple(text for text in found if text)


def parse_worktrees(porcelain: str) -> list[ListedWorktree]:
    """Reads ``git worktree list --porcelain``; the first is the main one."""
    found: list[ListedWorktree] = []
    for block in porcelain.split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.splitlines():
            key, _, value = line.partition(" ")
            fields[key] = value
        if "worktree" in fields:
            branch = fields.get("branch")
            found.append(
                ListedWorktree(
                    Path(fields["worktree"]),
                    branch.removeprefix("refs/heads/") if branch else None,
                    fields.get("locked"),
                    "bare" in fields,
                )
            )
    return found


def count_changes(porcelain_z: str) -> tuple[int, int]:
    """Modified and untracked entries of ``git status --porcelain -z``."""
    modified = untracked = 0
    entries = iter(porcelain_z.split("\0"))
    for entry in entries:
        if not entry:
            continue
        if entry.startswith("??"):
            untracked += 1
            continue
        modified += 1
        if "R" in entry[:2] or "C" in entry[:2]:
            # A renamed or copied entry is followed by its former name.
            next(entries, None)
    return modified, untracked


def fill_in(pattern: str, session: str, agent_id: int) -> str:
    """Replaces ``{session}`` and ``{agent}``."""
    return pattern.replace("{session}", session).replace("{agent}", str(agent_id))


def branch_part(session: str) -> str:
    """A session's name as git takes it in a branch name."""
    return re.sub(r"\.(?=lock$|\.|$)", "-", session)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}" if number else ""
