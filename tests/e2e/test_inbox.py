"""Permission requests of the real Claude CLI, answered from the inbox and by a rule; its transcripts prove it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.asking import Asking
from tests.e2e.claude_cli import ClaudeHome

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(150)]

RULES = """
[[permissions]]
action = "allow"
tool = "Bash"
pattern = "touch third*"
"""


@pytest.fixture
def asking(home: ClaudeHome, tmp_path: Path) -> Iterator[Asking]:
    made = Asking(home, tmp_path, rules=RULES)
    made.serve()
    yield made
    made.close()


def test_two_ask_at_once_one_is_allowed_one_denied_and_a_rule_answers_the_third(asking: Asking) -> None:
    work = asking.program.root
    asking.json("agent", "spawn-pool", "--count", "2")
    for name in ("first", "second"):
        asking.give(name, f"Go. [[BASH touch {name}.txt]]")
    items = {item["mission_id"]: item for item in asking.asked("permission", 2)}
    assert items["first"]["tool_input"]["command"] == "touch first.txt"
    assert {item["tool"] for item in items.values()} == {"Bash"}
    asking.json("agent", "answer", items["first"]["id"], "--allow")
    denied = "Not now: use the test folder."
    asking.json("agent", "answer", items["second"]["id"], "--deny", denied)
    asking.until_done("first", "second")
    assert (work / "first.txt").exists()
    assert not (work / "second.txt").exists()
    assert any(denied in text for text in asking.tool_results())
    again = asking.run("agent", "answer", items["first"]["id"], "--allow")
    assert again.returncode == 2
    assert "does not wait any more" in again.stderr
    asking.give("third", "Go. [[BASH touch third.txt]]")
    asking.until_done("third")
    assert (work / "third.txt").exists()
    told = [(event["decision"], event["by"]) for event in asking.events("permission")]
    assert sorted(told) == [("allow", "a person"), ("allow", "rule allow Bash(touch third*)"), ("deny", "a person")]


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
