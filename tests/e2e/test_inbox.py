"""Permission requests of the real Claude CLI, answered from the inbox and by a rule; its transcripts prove it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tests.conftest import Program, wait_until
from tests.e2e.claude_cli import ClaudeHome

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(150)]

RULES = """
[[permissions]]
action = "allow"
tool = "Bash"
pattern = "touch third*"
"""


@pytest.fixture
def asking(home: ClaudeHome, tmp_path: Path) -> Iterator[Program]:
    """A supervisor whose CLIs ask for every command."""
    work = tmp_path / "work"
    work.mkdir()
    home.trust(work)
    config = home.home / ".config" / "orchestrator-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(RULES)
    program = Program(work)
    program.extra.update({**home.environ(), "ORCHESTRATOR_PERMISSION_MODE": "manual"})
    serve(program)
    yield program
    program.close()


def serve(program: Program) -> int:
    program.sessions.add("ask")
    process = program.start("serve", "--session", "ask", "--provider", "claude")
    wait_until(
        lambda: (info := program.session("ask").endpoint()) is not None and info.pid == process.pid, "serve answers"
    )
    return process.pid


def requests(program: Program) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = program.json("agent", "inbox", "--session", "ask")["items"]
    return [item for item in items if item["kind"] == "permission"]


def asked(program: Program, count: int) -> list[dict[str, Any]]:
    def look() -> list[dict[str, Any]] | None:
        items = requests(program)
        return items if len(items) == count else None

    found: list[dict[str, Any]] = wait_until(look, f"{count} requests wait", 60)
    return found


def until_done(program: Program, *ids: str) -> None:
    def look() -> bool:
        missions = program.json("mission", "status", "--session", "ask")["missions"]
        return {one["id"] for one in missions if one["status"] == "completed"} >= set(ids)

    wait_until(look, f"{ids} are done", 60)


def tool_results(program: Program) -> list[str]:
    """What the CLIs' transcripts hold as results of tools."""
    found: list[str] = []
    for path in (Path(program.environ["HOME"]) / ".claude" / "projects").rglob("*.jsonl"):
        for line in path.read_text().splitlines():
            entry: dict[str, Any] = json.loads(line)
            content: Any = cast("dict[str, Any]", entry.get("message") or {}).get("content")
            blocks = cast("list[dict[str, Any]]", content) if isinstance(content, list) else []
            found += [json.dumps(block["content"]) for block in blocks if block.get("type") == "tool_result"]
    return found


def test_two_ask_at_once_one_is_allowed_one_denied_and_a_rule_answers_the_third(asking: Program) -> None:
    asking.json("agent", "spawn-pool", "--count", "2", "--session", "ask")
    for name in ("first", "second"):
        asking.json("mission", "distribute", f"Go. [[BASH touch {name}.txt]]", "--id", name, "--session", "ask")
    items = {item["mission_id"]: item for item in asked(asking, 2)}
    assert items["first"]["tool_input"]["command"] == "touch first.txt"
    assert {item["tool"] for item in items.values()} == {"Bash"}
    asking.json("agent", "answer", items["first"]["id"], "--allow", "--session", "ask")
    denied = "Not now: use the test folder."
    asking.json("agent", "answer", items["second"]["id"], "--deny", denied, "--session", "ask")
    until_done(asking, "first", "second")
    assert (asking.root / "first.txt").exists()
    assert not (asking.root / "second.txt").exists()
    assert any(denied in text for text in tool_results(asking))
    again = asking.run("agent", "answer", items["first"]["id"], "--allow", "--session", "ask")
    assert again.returncode == 2
    assert "does not wait any more" in again.stderr
    asking.json("mission", "distribute", "Go. [[BASH touch third.txt]]", "--id", "third", "--session", "ask")
    until_done(asking, "third")
    assert (asking.root / "third.txt").exists()
    events = [json.loads(line) for line in asking.session("ask").events.read_text().splitlines()]
    told = [(event["data"]["decision"], event["data"]["by"]) for event in events if event["type"] == "permission"]
    assert sorted(told) == [("allow", "a person"), ("allow", "rule allow Bash(touch third*)"), ("deny", "a person")]


def test_a_request_whose_supervisor_was_killed_is_answered_by_a_key(asking: Program) -> None:
    asking.json("agent", "spawn", "--session", "ask")
    asking.json("mission", "distribute", "Go. [[BASH touch made.txt]]", "--id", "made", "--session", "ask")
    (before,) = asked(asking, 1)
    asking.started[0].kill()
    asking.started[0].wait()
    serve(asking)
    (item,) = asked(asking, 1)
    assert item["id"] != before["id"]
    refused = asking.run("agent", "answer", item["id"], "--deny", "because", "--session", "ask")
    assert "no message reaches it" in refused.stderr
    asking.json("agent", "answer", item["id"], "--allow", "--session", "ask")
    until_done(asking, "made")
    assert (asking.root / "made.txt").exists()
    assert requests(asking) == []
