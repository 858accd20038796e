"""Permission requests of the real Claude CLI, answered from the inbox and by a rule; its transcripts prove it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.inbox import RULES, prove
from tests.e2e.asking import Asking
from tests.e2e.claude_cli import ClaudeHome

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(150)]


@pytest.fixture
def asking(home: ClaudeHome, tmp_path: Path) -> Iterator[Asking]:
    made = Asking(home, tmp_path, rules=RULES)
    made.serve()
    yield made
    made.close()


def test_two_ask_at_once_one_is_allowed_one_denied_and_a_rule_answers_the_third(asking: Asking) -> None:
    evidence = list(prove(asking))
    assert len(evidence) == 6
    assert [one for one in evidence if not one.holds] == []


def test_a_request_whose_supervisor_was_killed_is_answered_by_a_key(asking: Asking) -> None:
    asking.json("agent", "spawn")
    asking.give("made", "Go. [[BASH touch made.txt]]")
    (before,) = asking.asked("permission")
    asking.kill_supervisor()
    asking.serve()
    (item,) = asking.asked("permission")
    assert [item[key] for key in ("id", "since", "tool_input")] == [
        before[key] for key in ("id", "since", "tool_input")
    ]
    refused = asking.run("agent", "answer", item["id"], "--deny", "because")
    assert "no message reaches it" in refused.stderr
    asking.json("agent", "answer", item["id"], "--allow")
    asking.until_done("made")
    assert (asking.program.root / "made.txt").exists()
    assert asking.items("permission") == []
