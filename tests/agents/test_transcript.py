"""Finding a delivery in a conversation that may be long."""

from pathlib import Path

import pytest

from orchestrator_tui.agents.providers.transcript import holds, is_resumable

BLOCK = 1 << 18
MARK = "(delivery f00d)"


@pytest.mark.parametrize("before", [0, 1, BLOCK - 7, BLOCK, 3 * BLOCK + 5])
@pytest.mark.parametrize("after", [0, 1, 7, BLOCK - len(MARK) + 1, BLOCK - 7, BLOCK, 3 * BLOCK])
def test_a_mark_is_found_wherever_it_stands(tmp_path: Path, before: int, after: int) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"x" * before + MARK.encode() + b"y" * after)
    assert holds(path, MARK)
    assert not holds(path, "(delivery f00e)")


def test_nothing_is_found_in_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    assert not holds(path, MARK)
    path.touch()
    assert not holds(path, MARK)
    path.write_text("x")
    assert not holds(path, "")


def test_a_conversation_begins_with_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    assert not is_resumable(path)
    path.touch()
    assert not is_resumable(path)
    path.write_text("{}\n")
    assert is_resumable(path)
