"""Reads unified diffs as git writes them: pure, and never wrong about a line that only looks like a header."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from orchestrator_tui.core.work import DiffLine, FileDiff, FileStatus, Hunk, LineKind

LONGEST_LINE = 2_000
"""Characters of one line that are kept: nobody reads on to the right, and every one would cost."""

MOST_LINES = 50_000
"""Lines of one file that are kept; a larger file is only named."""

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)", re.DOTALL)
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def parse_diff(text: str) -> tuple[FileDiff, ...]:
    """Reads what ``git diff --patch`` wrote with the prefixes ``a/`` and ``b/``; lines end with LF only."""
    lines = text.split("\n")
    files: list[FileDiff] = []
    for start, end in pairwise([*_sections(lines), len(lines)]):
        file = _Reader(lines[start:end]).read()
        before = files[-1] if files else None
        if before is not None and before.path == file.path and before.status is FileStatus.DELETED:
            # A file that became a link, or the other way round, is written as one that goes and one that comes.
            files[-1] = _joined(before, file)
        else:
            files.append(file)
    return tuple(files)


def new_file(path: str, content: bytes) -> FileDiff:
    """A file that the base has not and git does not know, as its diff would be."""
    if b"\0" in content[:8000]:
        return FileDiff(path, FileStatus.UNTRACKED, omitted="binary")
    lines = content.decode(errors="replace").split("\n")
    is_ended = not lines[-1]
    texts = lines[:-1] if is_ended else lines
    if len(texts) > MOST_LINES:
        return FileDiff(path, FileStatus.UNTRACKED, added=len(texts), omitted=f"{len(texts)} lines")
    shown = tuple(
        DiffLine(LineKind.ADDED, text[:LONGEST_LINE], new=number, ends_file=not is_ended and number == len(texts))
        for number, text in enumerate(texts, 1)
    )
    hunks = (Hunk(0, 1, shown),) if shown else ()
    return FileDiff(path, FileStatus.UNTRACKED, added=len(texts), hunks=hunks, notes=() if shown else ("empty file",))


def parse_name_status(text: str) -> tuple[FileDiff, ...]:
    """Reads ``git diff --name-status -z``: every file, without its lines."""
    parts = iter(text.split("\0"))
    files: list[FileDiff] = []
    for letter in parts:
        if not letter:
            continue
        status = FileStatus(letter[0]) if letter[0] in "AMDRCT" else FileStatus.MODIFIED
        first = next(parts, "")
        second = next(parts, "") if status in (FileStatus.RENAMED, FileStatus.COPIED) else None
        files.append(FileDiff(second or first, status, old_path=first if second else None))
    return tuple(files)


def unquoted(name: str) -> str:
    """A path as git writes it: C-quoted where it holds a quote, a backslash or a control character."""
    match = _QUOTED.fullmatch(name)
    if match is None:
        return name
    out, inside, at = bytearray(), match[1], 0
    while at < len(inside):
        character = inside[at]
        if character != "\\":
            out += character.encode()
            at += 1
        elif inside[at + 1] in "01234567":
            out.append(int(inside[at + 1 : at + 4], 8) & 0xFF)
            at += 4
        else:
            out.append(_ESCAPES.get(inside[at + 1], ord(inside[at + 1])))
            at += 2
    return out.decode(errors="replace")


def _sections(lines: list[str]) -> Iterator[int]:
    """Where each file begins. Lines of a hunk begin with a sign, so none of them looks like this."""
    for number, line in enumerate(lines):
        if line.startswith("diff --git "):
            yield number


def _joined(gone: FileDiff, come: FileDiff) -> FileDiff:
    return replace(
        come,
        status=FileStatus.TYPE_CHANGED,
        added=gone.added + come.added,
        removed=gone.removed + come.removed,
        hunks=gone.hunks + come.hunks,
        notes=gone.notes + come.notes,
    )


@dataclass(slots=True)
class _Reader:
    """One file's section; ``read`` may be called once."""

    lines: list[str]
    status: FileStatus = FileStatus.MODIFIED
    old: str | None = None
    new: str | None = None
    old_mode: str | None = None
    notes: list[str] = field(default_factory=list[str])
    hunks: list[Hunk] = field(default_factory=list[Hunk])
    omitted: str | None = None
    added: int = 0
    removed: int = 0

    def read(self) -> FileDiff:
        at = 1
        while at < len(self.lines):
            match = _HUNK.fullmatch(self.lines[at])
            if match is not None:
                at = self._hunk(match, at + 1)
            else:
                self._header(self.lines[at])
                at += 1
        if self.old is None or self.new is None:
            old, new = _paths(self.lines[0].removeprefix("diff --git "))
            self.old, self.new = self.old or old, self.new or new
        path = self.old if self.status is FileStatus.DELETED else self.new
        total = self.added + self.removed
        if total > MOST_LINES:
            self.omitted, self.hunks = f"{total} changed lines", []
        moved = self.status in (FileStatus.RENAMED, FileStatus.COPIED)
        return FileDiff(
            path,
            self.status,
            old_path=self.old if moved else None,
            added=self.added,
            removed=self.removed,
            hunks=tuple(self.hunks),
            notes=tuple(self.notes),
            omitted=self.omitted,
        )

    def _header(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        # Git ends these two with a tab where the path holds a space.
        if word == "---" and (name := _path(rest, "a/")):
            self.old = name
        elif word == "+++" and (name := _path(rest, "b/")):
            self.new = name
        elif line.startswith(("rename from ", "copy from ")):
            self.status = FileStatus.RENAMED if word == "rename" else FileStatus.COPIED
            self.old = unquoted(line.split(" ", 2)[2])
            self.notes.append(f"{'renamed' if word == 'rename' else 'copied'} from {self.old}")
        elif line.startswith(("rename to ", "copy to ")):
            self.new = unquoted(line.split(" ", 2)[2])
        elif line.startswith("new file mode "):
            self.status = FileStatus.ADDED
            self._special(line.split()[-1])
        elif line.startswith("deleted file mode "):
            self.status = FileStatus.DELETED
        elif line.startswith("old mode "):
            self.old_mode = line.split()[-1]
        elif line.startswith("new mode "):
            self.notes.append(f"mode {self.old_mode} to {line.split()[-1]}")
        elif line.startswith(("Binary files ", "GIT binary patch")):
            self.omitted = "binary"

    def _special(self, mode: str) -> None:
        if mode in ("120000", "160000", "100755"):
            self.notes.append({"120000": "symbolic link", "160000": "submodule", "100755": "executable"}[mode])

    def _hunk(self, match: re.Match[str], at: int) -> int:
        """Reads the lines that the hunk's header counts, and no more; where the next part begins."""
        old, old_left = int(match[1]), int(match[2] or 1)
        new, new_left = int(match[3]), int(match[4] or 1)
        start, found = (old, new), list[DiffLine]()
        while at < len(self.lines) and (old_left > 0 or new_left > 0 or self.lines[at].startswith("\\")):
            line = self.lines[at]
            at += 1
            if line.startswith("\\"):
                if found:
                    found[-1] = replace(found[-1], ends_file=True)
                continue
            # Git may write an empty line of the context without its sign.
            kind = LineKind(line[0]) if line and line[0] in " +-" else LineKind.CONTEXT
            is_old, is_new = kind is not LineKind.ADDED, kind is not LineKind.REMOVED
            text = line[1 : LONGEST_LINE + 1]
            found.append(DiffLine(kind, text, old if is_old else None, new if is_new else None))
            self.added += kind is LineKind.ADDED
            self.removed += kind is LineKind.REMOVED
            old, old_left = old + is_old, old_left - is_old
            new, new_left = new + is_new, new_left - is_new
        self.hunks.append(Hunk(*start, tuple(found), match[5].strip()))
        return at


def _path(rest: str, prefix: str) -> str | None:
    name = unquoted(rest.removesuffix("\t"))
    return None if name == "/dev/null" else name.removeprefix(prefix)


def _paths(header: str) -> tuple[str, str]:
    """Both paths of a first line; only there for files without lines, whose two names are the same or quoted."""
    first = _QUOTED.match(header)
    if first is not None:
        return unquoted(first[0]).removeprefix("a/"), unquoted(header[first.end() + 1 :]).removeprefix("b/")
    if header.endswith('"') and ' "' in header:
        plain, _, quoted = header.partition(' "')
        return plain.removeprefix("a/"), unquoted(f'"{quoted}').removeprefix("b/")
    # Unquoted and the same: `a/X b/X`, and X may hold anything, even ` b/`.
    half = (len(header) - 1) // 2
    return header[:half].removeprefix("a/"), header[half + 1 :].removeprefix("b/")
