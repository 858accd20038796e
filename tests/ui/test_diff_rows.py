"""A file's diff as rows, comments at their lines, and code in colours: pure decisions."""

import pytest

from orchestrator_tui.core.work import FileDiff, FileStatus, ReviewComment, WorktreeDiff
from orchestrator_tui.ui.diff_rows import CommentRow, HunkRow, LineRow, NoteRow, chosen_lines, next_hunk, rows_of, seen
from orchestrator_tui.ui.highlight import Highlighter
from orchestrator_tui.ui.review import Review, comment_on
from orchestrator_tui.ui.widgets.diff_files import path_end
from tests.ui.sample_diff import CHANGES, TOKENS, hunk

TOKENS_FILE = CHANGES.files[1]


def written(comments: tuple[ReviewComment, ...] = (), file: FileDiff = TOKENS_FILE) -> list[str]:
    texts: list[str] = []
    for row in rows_of(file, comments, 60):
        match row:
            case LineRow(_, _, line):
                texts.append(line.kind.value + line.text)
            case HunkRow(_, text):
                texts.append(f"@@ {text}")
            case CommentRow(_, text, _):
                texts.append(f"◆ {text}")
            case NoteRow(text):
                texts.append(f"# {text}")
    return texts


class TestRows:
    def test_hunks_and_lines_in_order(self) -> None:
        assert written()[:5] == [
            "@@ ",
            ' """Tokens that are handed out and taken back."""',
            " ",
            "-from auth.store import Store",
            "+from auth.errors import TokenReused",
        ]

    def test_a_comment_stands_below_its_last_line(self) -> None:
        old = ReviewComment(
            "auth/tokens.py", 115, 116, ("", "        return self._store.get(token)  # never revoked"), "why", True
        )
        texts = written((old,))
        assert texts[texts.index("◆ why") - 1] == "-        return self._store.get(token)  # never revoked"

    def test_a_comment_whose_line_is_gone_stands_first_and_says_so(self) -> None:
        assert written((ReviewComment("auth/tokens.py", 7, 7, ("gone",), "still true"),))[0] == (
            "◆ (line 7 is no longer there) still true"
        )

    def test_what_is_not_drawn_says_why(self) -> None:
        assert written(file=CHANGES.files[0]) == ["# binary, 48.2 KiB: not drawn here; E opens it"]

    def test_a_range_stays_in_the_hunk_of_its_end(self) -> None:
        rows = rows_of(TOKENS_FILE, (), 60)
        second = next_hunk(rows, 0, 1)
        assert second is not None
        assert [line.new for line in chosen_lines(rows, second + 2, 1)] == [113, 114]
        assert chosen_lines(rows, second, None) == []

    @pytest.mark.parametrize(
        ("text", "drawn"),
        [
            ("a\tb", "a   b"),
            ("a\r", "a^M"),
            ("\x1b[2Jx", "�[2Jx"),
            ("if admin\u202e:", "if admin�:"),
            ("漢字", "漢字"),
        ],
    )
    def test_nothing_that_a_terminal_obeys_is_drawn(self, text: str, drawn: str) -> None:
        assert seen(text) == drawn


class TestReview:
    def test_lines_of_the_worktree_count_unless_all_are_removed(self) -> None:
        removed, added = TOKENS[1].lines[3], TOKENS[1].lines[5]
        both = comment_on("x", (removed, added), "t")
        assert both is not None
        assert (both.first, both.last, both.is_old, both.quote) == (116, 116, False, (added.text,))
        gone = comment_on("x", TOKENS[1].lines[3:5], "t")
        assert gone is not None
        assert (gone.first, gone.last, gone.is_old) == (115, 116, True)

    def test_a_comment_follows_its_line(self) -> None:
        review = Review([ReviewComment("x", 5, 6, ("a", "b"), "t")])
        lines = "".join(f" line {number}\n" for number in range(20)) + "+a\n+b\n"
        review.follow(
            WorktreeDiff(1, "/", "main", None, (FileDiff("x", FileStatus.MODIFIED, hunks=(hunk(1, 1, lines),)),))
        )
        assert [(one.first, one.last) for one in review.comments] == [(21, 22)]

    def test_a_comment_on_a_line_that_is_gone_is_kept(self) -> None:
        comment = ReviewComment("x", 5, 5, ("a",), "t")
        review = Review([comment])
        review.follow(
            WorktreeDiff(1, "/", "main", None, (FileDiff("x", FileStatus.MODIFIED, hunks=(hunk(1, 1, "+b\n"),)),))
        )
        review.follow(WorktreeDiff(1, "/", "main", None))
        assert review.comments == [comment]

    def test_writing_again_replaces(self) -> None:
        one, other = ReviewComment("x", 5, 5, ("a",), "t"), ReviewComment("x", 5, 5, ("a",), "u")
        review = Review()
        review.put(one)
        review.put(other, instead_of=one)
        assert review.comments == [other]


class Ticks:
    """A clock that goes on with every look."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


class TestColours:
    def test_both_sides_are_read_as_texts_of_their_own(self) -> None:
        colours = Highlighter(TOKENS_FILE)
        assert colours.advance(1, 13, 1e9, Ticks())
        assert [kind for kind, text in colours.runs(1, 3) or () if text == "def"] == ["keyword"]
        assert [kind for kind, text in colours.runs(1, 6) or () if "A new pair" in text] == ["string"]
        for index, line in enumerate(TOKENS[1].lines):
            assert "".join(text for _, text in colours.runs(1, index) or ()) == line.text

    def test_no_more_is_read_than_there_is_time_for(self) -> None:
        text = "".join(f"+x = {number}\n" for number in range(1_000))
        colours = Highlighter(FileDiff("x.py", FileStatus.ADDED, hunks=(hunk(0, 1, text),)))
        clock = Ticks()
        assert not colours.advance(0, 999, 50, clock)
        assert colours.runs(0, 10) is not None
        assert colours.runs(0, 900) is None
        assert colours.advance(0, 999, 1e9, clock)
        assert colours.runs(0, 999) == (
            ("plain", "x"),
            ("plain", " "),
            ("plain", "="),
            ("plain", " "),
            ("number", "999"),
        )

    def test_a_language_that_nobody_knows_has_none(self) -> None:
        colours = Highlighter(FileDiff("x.unknown-language", FileStatus.ADDED, hunks=(hunk(0, 1, "+a\n"),)))
        assert colours.advance(0, 0, 1e9, Ticks())
        assert colours.runs(0, 0) is None


def test_a_long_path_keeps_its_end() -> None:
    assert path_end("a/long/way/to/file.py", 10) == "…o/file.py"
    assert path_end("a.py", 6) == "a.py  "
