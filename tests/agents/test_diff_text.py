"""Unified diffs as git writes them, read as values."""

from dataclasses import dataclass

import pytest

from orchestrator_tui.agents.diff_text import (
    LONGEST_LINE,
    MOST_LINES,
    new_file,
    parse_diff,
    parse_name_status,
    unquoted,
)
from orchestrator_tui.core.work import FileDiff, FileStatus, LineKind


@dataclass(frozen=True, slots=True)
class Case:
    """What git wrote, and what is read from it."""

    text: str
    path: str
    status: FileStatus
    counts: tuple[int, int] = (0, 0)
    old_path: str | None = None
    notes: tuple[str, ...] = ()
    omitted: str | None = None


CASES = {
    "modified": Case(
        "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n+c\n",
        "x",
        FileStatus.MODIFIED,
        (2, 1),
    ),
    "added": Case(
        "diff --git a/x b/x\nnew file mode 100644\nindex 0..2\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n",
        "x",
        FileStatus.ADDED,
        (1, 0),
    ),
    "added, empty": Case(
        "diff --git a/a b/c b/a b/c\nnew file mode 100755\nindex 0..0\n",
        "a b/c",
        FileStatus.ADDED,
        notes=("executable",),
    ),
    "deleted": Case(
        "diff --git a/x b/x\ndeleted file mode 100644\nindex 1..0\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
        "x",
        FileStatus.DELETED,
        (0, 1),
    ),
    "renamed as it was": Case(
        "diff --git a/old name b/new\nsimilarity index 100%\nrename from old name\nrename to new\n",
        "new",
        FileStatus.RENAMED,
        old_path="old name",
        notes=("renamed from old name",),
    ),
    "renamed and changed": Case(
        "diff --git a/o b/n\nsimilarity index 90%\nrename from o\nrename to n\nindex 1..2 100644\n"
        "--- a/o\n+++ b/n\n@@ -3 +3 @@ def f():\n-a\n+b\n",
        "n",
        FileStatus.RENAMED,
        (1, 1),
        old_path="o",
        notes=("renamed from o",),
    ),
    "copied": Case(
        "diff --git a/o b/n\nsimilarity index 100%\ncopy from o\ncopy to n\n",
        "n",
        FileStatus.COPIED,
        old_path="o",
        notes=("copied from o",),
    ),
    "mode only": Case(
        "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n",
        "run.sh",
        FileStatus.MODIFIED,
        notes=("mode 100644 to 100755",),
    ),
    "binary": Case(
        "diff --git a/p.png b/p.png\nindex 1..2 100644\nBinary files a/p.png and b/p.png differ\n",
        "p.png",
        FileStatus.MODIFIED,
        omitted="binary",
    ),
    "space in the name": Case(
        "diff --git a/a b c b/a b c\nindex 1..2\n--- a/a b c\t\n+++ b/a b c\t\n@@ -1 +1 @@\n-a\n+b\n",
        "a b c",
        FileStatus.MODIFIED,
        (1, 1),
    ),
    "quotes in the name": Case(
        r'diff --git "a/say \"hi\"\t\303\274" "b/say \"hi\"\t\303\274"'
        '\nindex 1..2\n--- "a/say \\"hi\\"\\t\\303\\274"\n+++ "b/say \\"hi\\"\\t\\303\\274"\n@@ -1 +1 @@\n-a\n+b\n',
        'say "hi"\tü',
        FileStatus.MODIFIED,
        (1, 1),
    ),
    "quoted and binary": Case(
        'diff --git "a/\\303\\274.bin" "b/\\303\\274.bin"\nindex 1..2\nBinary files differ\n',
        "ü.bin",
        FileStatus.MODIFIED,
        omitted="binary",
    ),
    "renamed to a quoted name": Case(
        'diff --git a/plain "b/\\303\\274"\nsimilarity index 100%\nrename from plain\nrename to "\\303\\274"\n',
        "ü",
        FileStatus.RENAMED,
        old_path="plain",
        notes=("renamed from plain",),
    ),
    "lines that look like headers": Case(
        "diff --git a/x b/x\nindex 1..2\n--- a/x\n+++ b/x\n"
        "@@ -1,3 +1,3 @@\n--- a/y\n+++ b/y\n-@@ -1 +1 @@\n+diff --git\n c\n",
        "x",
        FileStatus.MODIFIED,
        (2, 2),
    ),
    "file becomes link": Case(
        "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
        "diff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+y\n"
        "\\ No newline at end of file\n",
        "x",
        FileStatus.TYPE_CHANGED,
        (1, 1),
        notes=("symbolic link",),
    ),
    "submodule": Case(
        "diff --git a/m b/m\nnew file mode 160000\n--- /dev/null\n+++ b/m\n@@ -0,0 +1 @@\n+Subproject commit 12\n",
        "m",
        FileStatus.ADDED,
        (1, 0),
        notes=("submodule",),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_file(case: Case) -> None:
    (file,) = parse_diff(case.text)
    assert (file.path, file.status) == (case.path, case.status)
    assert (file.added, file.removed) == case.counts
    assert (file.old_path, file.notes, file.omitted) == (case.old_path, case.notes, case.omitted)


def one(hunks: str) -> FileDiff:
    (file,) = parse_diff(f"diff --git a/x b/x\n--- a/x\n+++ b/x\n{hunks}")
    return file


class TestLines:
    def test_each_has_the_numbers_of_its_sides(self) -> None:
        (hunk,) = one("@@ -7,3 +9,3 @@ def f(a):\n a\n-b\n+c\n d\n").hunks
        assert (hunk.old_start, hunk.new_start, hunk.heading) == (7, 9, "def f(a):")
        assert [(line.kind.value, line.text, line.old, line.new) for line in hunk.lines] == [
            (" ", "a", 7, 9),
            ("-", "b", 8, None),
            ("+", "c", None, 10),
            (" ", "d", 9, 11),
        ]

    def test_a_missing_line_break_belongs_to_the_line_before(self) -> None:
        (hunk,) = one("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n").hunks
        assert [(line.kind, line.ends_file) for line in hunk.lines] == [
            (LineKind.REMOVED, True),
            (LineKind.ADDED, False),
        ]

    def test_only_a_line_feed_ends_a_line(self) -> None:
        (hunk,) = one("@@ -1 +1,2 @@\n-a\r\n+a\x0c\x85b\r\n+\n").hunks
        assert [line.text for line in hunk.lines] == ["a\r", "a\x0c\x85b\r", ""]

    def test_an_empty_line_of_context_may_have_no_sign(self) -> None:
        (hunk,) = one("@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n").hunks
        assert [line.kind.value + line.text for line in hunk.lines] == [" a", " ", "-b", "+c"]

    def test_hunks_follow_each_other(self) -> None:
        first, second = one("@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d\n").hunks
        assert (first.lines[0].old, second.lines[0].old) == (1, 9)

    def test_files_follow_each_other_and_nothing_is_no_file(self) -> None:
        text = "diff --git a/{0} b/{0}\n--- a/{0}\n+++ b/{0}\n@@ -1 +1 @@\n-a\n+b\n"
        assert [file.path for file in parse_diff(text.format("x") + text.format("y"))] == ["x", "y"]
        assert parse_diff("") == ()

    def test_a_cut_diff_reads_as_far_as_it_goes(self) -> None:
        assert one("@@ -1,9 +1,9 @@\n-a\n").removed == 1

    def test_what_nobody_reads_is_not_kept(self) -> None:
        assert len(one(f"@@ -0,0 +1 @@\n+{'x' * 9_000}\n").hunks[0].lines[0].text) == LONGEST_LINE
        huge = one(f"@@ -0,0 +1,{MOST_LINES + 1} @@\n" + "+x\n" * (MOST_LINES + 1))
        assert (huge.hunks, huge.added, huge.omitted) == ((), MOST_LINES + 1, f"{MOST_LINES + 1} changed lines")


class TestUntracked:
    def test_its_lines_are_all_new(self) -> None:
        file = new_file("n", b"a\r\nb")
        assert (file.status, file.added) == (FileStatus.UNTRACKED, 2)
        assert [(line.text, line.new, line.ends_file) for line in file.hunks[0].lines] == [
            ("a\r", 1, False),
            ("b", 2, True),
        ]

    def test_empty_and_binary_ones_are_named(self) -> None:
        assert new_file("n", b"").notes == ("empty file",)
        assert new_file("n", b"\x89PNG\0").omitted == "binary"


def test_names_and_states_without_lines() -> None:
    files = parse_name_status("M\0a b\0R097\0old\0new\0D\0gone\0")
    assert [(file.path, file.status.value, file.old_path) for file in files] == [
        ("a b", "M", None),
        ("new", "R", "old"),
        ("gone", "D", None),
    ]


@pytest.mark.parametrize(
    ("written", "name"),
    [("plain", "plain"), (r'"a\\b"', "a\\b"), (r'"\346\274\242"', "漢"), (r'"\a\033"', "\a\x1b"), (r'"\377"', "�")],
)
def test_quoted_names(written: str, name: str) -> None:
    assert unquoted(written) == name
