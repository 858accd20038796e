"""Reading an agent's changes, commenting on lines, and sending the comments back."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.core.work import FileDiff, FileStatus, ReviewComment
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.diff_rows import LineRow
from orchestrator_tui.ui.diff_screen import DiffScreen
from tests.ui.fake_client import REFUSAL, FakeClient
from tests.ui.sample_diff import CHANGES, hunk
from tests.ui.steps import NARROW, WIDE, DashboardPilot, closed, dialog, ready, toasts, type_into, until


async def opened(pilot: DashboardPilot, app: OrchestratorApp) -> DiffScreen:
    await ready(pilot, app)
    await pilot.press("equals_sign")
    return await shown(pilot, app)


async def shown(pilot: DashboardPilot, app: OrchestratorApp) -> DiffScreen:
    await until(pilot, lambda: isinstance(app.screen, DiffScreen) and app.screen.diff is not None, "no diff")
    await pilot.pause()
    assert isinstance(app.screen, DiffScreen)
    return app.screen


async def comment(pilot: DashboardPilot, app: OrchestratorApp, text: str) -> None:
    await pilot.press("c")
    await dialog(pilot, app, ":")
    await type_into(pilot, app, "prompt", text)
    await pilot.press("ctrl+s")
    await shown(pilot, app)


def text_under_cursor(screen: DiffScreen) -> str:
    row = screen.view.rows[screen.view.cursor]
    return row.line.text if isinstance(row, LineRow) else ""


def sent(client: FakeClient) -> list[tuple[ReviewComment, ...]]:
    return [call[2] for call in client.calls if call[0] == "send_review" and isinstance(call[2], tuple)]


async def test_files_and_hunks_are_walked_by_keys(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        assert ("diff", 1) in client.calls
        assert screen.file is not None
        assert screen.file.path == "auth/tokens.py"
        await pilot.press("right_square_bracket")
        assert "__init__" in text_under_cursor(screen)
        await pilot.press("right_square_bracket")
        assert screen.file.path == "docs/auth.md"
        await pilot.press("n", "n", "n")
        assert screen.file.path == "tests/auth/test_rotation.py"
        await pilot.press("N", "N", "N", "N", "N")
        assert screen.file.path == "assets/logo.png"
        await pilot.press("tab", "j")
        assert screen.file.path == "auth/tokens.py"
        await pilot.press("escape")
        await closed(pilot, app)


async def test_comments_on_lines_and_ranges_go_back_as_one_message(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=NARROW) as pilot:
        screen = await opened(pilot, app)
        await pilot.press("j", "j", "j")
        await comment(pilot, app, "Why this one?")
        await pilot.press("right_square_bracket", "right_square_bracket", "space", "j")
        assert len(screen.view.lines) == 2
        await comment(pilot, app, "Keep\nthe old title.")
        await pilot.press("s")
        await until(pilot, lambda: bool(sent(client)), "nothing was sent")
        assert sent(client) == [
            (
                ReviewComment("auth/tokens.py", 3, 3, ("from auth.errors import TokenReused",), "Why this one?"),
                ReviewComment("docs/auth.md", 1, 1, ("# Signing in",), "Keep\nthe old title."),
            )
        ]
        await until(pilot, lambda: any("Sent 2 comments" in text for text in toasts(app)), "it is not told")
        await pilot.press("s")
        await until(pilot, lambda: any("no comment to send" in text for text in toasts(app)), "an empty review went")


async def test_a_refused_review_is_kept_and_so_is_one_that_was_left(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, app)
        await comment(pilot, app, "Why?")
        client.fail_with = REFUSAL
        await pilot.press("s")
        await until(pilot, lambda: any("shows a dialog" in text for text in toasts(app)), "the reason is not told")
        await pilot.press("escape")
        await closed(pilot, app)
        await opened(pilot, app)
        await pilot.press("s")
        await until(pilot, lambda: len(sent(client)) == 2, "the comment is lost")
        assert [one.text for one in sent(client)[1]] == ["Why?"]


async def test_a_comment_is_changed_and_dropped_where_it_stands(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        await comment(pilot, app, "one")
        await pilot.press("j")
        await comment(pilot, app, "other")
        assert screen.view.comment is not None
        assert screen.view.comment.text == "other"
        await pilot.press("x")
        assert screen.view.comment is None
        assert len(screen.view.rows) == 23


async def test_reading_again_keeps_file_and_line(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        await pilot.press("right_square_bracket", "j", "j", "j")
        before = text_under_cursor(screen)
        tokens = CHANGES.files[1]
        grown = replace(tokens, hunks=(hunk(1, 1, "+new\n+lines\n+above\n"), tokens.hunks[1]))
        client.changes = replace(CHANGES, files=(grown,))
        await pilot.press("r")
        await until(pilot, lambda: screen.file is grown, "it was not read again")
        await pilot.pause()
        assert text_under_cursor(screen) == before


async def test_the_file_opens_in_the_editor_at_the_line(
    app: OrchestratorApp, client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "vim -u NONE")
    client.snapshot = replace(client.snapshot, agents=(replace(client.snapshot.agents[0], cwd=str(tmp_path)),))
    lent: list[tuple[tuple[str, ...], str | None]] = []

    async def lend(_app: object, argv: Sequence[str], cwd: str | None) -> int:
        lent.append((tuple(argv), cwd))
        return 0

    app.operations.desk.lender = lend
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        await pilot.press("j", "j", "j", "E")
        await until(pilot, lambda: client.calls.count(("diff", 1)) == 2, "the changes were not read again")
        assert lent == [(("vim", "-u", "NONE", "+3", "auth/tokens.py"), str(tmp_path))]
        assert screen.is_current


async def test_a_diff_that_cannot_be_read_says_why_and_closes(app: OrchestratorApp, client: FakeClient) -> None:
    client.fail_with = REFUSAL
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("equals_sign")
        await until(pilot, lambda: any("shows a dialog" in text for text in toasts(app)), "the reason is not told")
        await closed(pilot, app)


async def test_an_agent_without_a_worktree_has_no_diff(app: OrchestratorApp, client: FakeClient) -> None:
    client.snapshot = replace(client.snapshot, agents=(replace(client.snapshot.agents[0], branch=None),))
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("equals_sign")
        await until(pilot, lambda: any("no worktree of its own" in text for text in toasts(app)), "it is not told")


async def test_twenty_thousand_lines_scroll_without_lag(app: OrchestratorApp, client: FakeClient) -> None:
    text = "".join(f"+def f_{number}(value: int) -> str:  # {number}\n" for number in range(20_000))
    large = FileDiff("large.py", FileStatus.ADDED, added=20_000, hunks=(hunk(0, 1, text),))
    client.changes = replace(CHANGES, files=(large,))
    async with app.run_test(size=WIDE) as pilot:
        screen = await opened(pilot, app)
        slowest = 0.0
        for rows in (10_000_000, -18, -1, -10_000, 9_000, 1, 18):
            before = time.thread_time()
            screen.action_move(rows)
            drawn = [screen.view.render_line(y) for y in range(screen.view.size.height)]
            slowest = max(slowest, time.thread_time() - before)
            assert any(strip.text.strip() for strip in drawn)
        # Drawing or colouring the whole file takes a second and more of this thread.
        assert slowest < 0.1, slowest
        screen.action_move(10_000_000)
        assert "f_19999" in text_under_cursor(screen)
