"""A pane's screen costs what changed of it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.views import PaneFrame
from orchestrator_tui.mcp.frames import FrameMemory

FRAME = PaneFrame(1, "%1", 10, 3, (b"one", b"two", b"\xff\x1b[1m"), cursor_x=2, cursor_y=1, cursor_visible=True)


def test_only_changed_lines_follow_the_first_frame() -> None:
    here, there = FrameMemory(), FrameMemory()
    first = here.changes(FRAME, None)
    assert there.frame(first) == FRAME
    moved = replace(FRAME, lines=(b"one", b"2", b"\xff\x1b[1m"), cursor_x=5)
    second = here.changes(moved, first.version)
    assert second.rows == ((1, b"2"),)
    assert there.frame(second) == moved
    assert here.changes(moved, second.version).rows == ()


def test_a_frame_that_is_forgotten_is_no_base() -> None:
    here = FrameMemory(kept=1)
    first = here.changes(FRAME, None)
    other = replace(FRAME, lines=(b"x", b"y", b"z"))
    here.changes(other, None)
    again = here.changes(FRAME, first.version)
    assert again.since is None
    assert FrameMemory().frame(again) == FRAME
    assert not FrameMemory().knows(first.version)


@given(st.lists(st.lists(st.sampled_from([b"", b"a", b"b\nc"]), max_size=5), min_size=1, max_size=6))
def test_whatever_is_shown_after_what_arrives_whole(screens: list[list[bytes]]) -> None:
    here, there, version = FrameMemory(), FrameMemory(), None
    for lines in screens:
        frame = replace(FRAME, lines=tuple(lines), rows=len(lines))
        changes = here.changes(frame, version)
        assert there.frame(changes) == frame
        version = changes.version
