"""An agent's work in its worktree as values: how far it is, what it changed, and what a person says of it."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class WorkStatus:
    """Where a worktree stands: commits ``ahead`` of and ``behind`` its base, and how many files are not committed.

    ``branch`` is what is checked out, None while HEAD is detached; ``base`` is empty when it is gone.
    """

    branch: str | None
    base: str = ""
    ahead: int = 0
    behind: int = 0
    dirty: int = 0


class LineKind(StrEnum):
    """What a line of a diff is; the value is its sign."""

    CONTEXT = " "
    ADDED = "+"
    REMOVED = "-"


class FileStatus(StrEnum):
    """What happened to a file; the value is the letter that git gives it."""

    ADDED = "A"
    MODIFIED = "M"
    DELETED = "D"
    RENAMED = "R"
    COPIED = "C"
    TYPE_CHANGED = "T"
    UNTRACKED = "?"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line: ``old`` and ``new`` are its line numbers from 1, None on the side that has it not.

    ``text`` keeps a carriage return at its end. ``ends_file`` marks a last line without a line break.
    """

    kind: LineKind
    text: str
    old: int | None = None
    new: int | None = None
    ends_file: bool = False


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that belong together; ``heading`` is what git found above them, often a function's first line."""

    old_start: int
    new_start: int
    lines: tuple[DiffLine, ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file's changes; paths are relative to the worktree, with ``/``.

    ``notes`` are what cannot be seen in lines: a mode, a rename. ``omitted`` says why no lines are shown.
    """

    path: str
    status: FileStatus
    old_path: str | None = None
    added: int = 0
    removed: int = 0
    hunks: tuple[Hunk, ...] = ()
    notes: tuple[str, ...] = ()
    omitted: str | None = None


@dataclass(frozen=True, slots=True)
class WorktreeDiff:
    """All that a worktree has and its base has not, committed or not; ``root`` is the worktree's folder."""

    agent_id: int
    root: str
    base: str
    branch: str | None
    files: tuple[FileDiff, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewComment:
    """What a person says of the lines ``first`` to ``last`` of a file; ``quote`` are those lines without their signs.

    ``is_old``: the numbers count in the base's file, since the lines are gone from the worktree's.
    """

    path: str
    first: int
    last: int
    quote: tuple[str, ...]
    text: str
    is_old: bool = False
