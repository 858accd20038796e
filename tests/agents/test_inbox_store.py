"""What is kept of the inbox comes back, and a damaged file stops nobody."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.agents.inbox_store import InboxStore, Kept
from orchestrator_tui.core.attention import Ask

ASK = Ask("ask-3", 2, 7, "Write", {"file_path": "/x", "content": "ä\ud800", "nested": {"list": [1, None]}})


async def test_it_comes_back_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "inbox.json"
    store = InboxStore(path)
    store.keep_asks(3, [ASK])
    store.keep_told({"b", "a"})
    await store.flush()
    assert path.stat().st_mode & 0o777 == 0o600
    whole = replace(ASK, tool_input={**ASK.tool_input, "content": "ä?"})
    assert InboxStore(path).kept == Kept(3, (whole,), ("a", "b"))


@pytest.mark.parametrize("content", ["", "{", '{"last_id": "x"}', '{"asks": [{"id": 1}]}'])
async def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "inbox.json"
    path.write_text(content)
    with caplog.at_level(logging.WARNING):
        store = InboxStore(path)
    assert store.kept == Kept()
    assert "begun anew" in caplog.text
    store.keep_asks(1, [])
    await store.flush()
    assert InboxStore(path).kept == Kept(1)


async def test_without_a_file_nothing_is_kept() -> None:
    store = InboxStore()
    store.keep_asks(3, [ASK])
    await store.flush()
    assert store.kept.asks == (ASK,)
