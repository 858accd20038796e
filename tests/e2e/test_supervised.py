"""The whole program with the real Claude CLI: missions delivered, reported through MCP, resumed after a crash."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Program, wait_until
from tests.e2e.claude_cli import ClaudeHome
from tests.e2e.stub import MessagesStub

pytestmark = [pytest.mark.e2e, pytest.mark.tmux, pytest.mark.timeout(150)]


@pytest.fixture
def claude_program(home: ClaudeHome, tmp_path: Path) -> Iterator[Program]:
    """The program in a folder that the CLI trusts, with the CLI's throw-away home and dummy key."""
    work = tmp_path / "work"
    work.mkdir()
    home.trust(work)
    program = Program(work)
    program.extra.update(home.environ())
    yield program
    program.close()


def write_plan(program: Program, missions: list[dict[str, Any]]) -> Path:
    plan = program.root / "plan.yaml"
    plan.write_text(json.dumps({"missions": missions}))
    return plan


def test_three_missions_with_a_dependency_are_done_by_the_real_cli(claude_program: Program, stub: MessagesStub) -> None:
    plan = write_plan(
        claude_program,
        [
            {"id": "parser", "prompt": "Write the parser.\n\nKeep `quotes` and $HOME. [[OUTPUT parser done]]"},
            {"id": "printer", "prompt": "Write the printer. [[OUTPUT printer done]]"},
            {"id": "both", "prompt": "Join them. [[OUTPUT joined]]", "depends_on": ["parser", "printer"]},
        ],
    )
    claude_program.sessions.add("real")
    done = claude_program.run(
        "run", str(plan), "--session", "real", "--provider", "claude", "--agents", "2", "--json", timeout_s=120
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    missions = {mission["id"]: mission for mission in report["missions"]}
    assert {name: mission["output"] for name, mission in missions.items()} == {
        "parser": "parser done",
        "printer": "printer done",
        "both": "joined",
    }
    assert all(mission["attempts"] == 1 for mission in report["missions"])
    assert missions["both"]["started_at"] >= max(missions[name]["ended_at"] for name in ("parser", "printer"))
    said = [text for number in range(len(stub.requests)) for text in stub.user_texts(number)]
    asked = [text for text in said if "Mission parser (delivery" in text]
    assert asked
    assert all("Keep `quotes` and $HOME." in text and "pasted_content" not in text for text in asked)


def test_a_killed_cli_resumes_its_conversation_on_its_mission(claude_program: Program) -> None:
    program = claude_program
    program.sessions.add("crash")
    process = program.start("serve", "--session", "crash", "--provider", "claude")
    wait_until(
        lambda: (info := program.session("crash").endpoint()) is not None and info.pid == process.pid, "serve answers"
    )
    program.json("agent", "spawn", "--session", "crash")
    program.json("mission", "distribute", "Take your time. [[BASH sleep 6]]", "--id", "slow", "--session", "crash")

    def agent() -> dict[str, Any]:
        found: dict[str, Any] = program.json("agent", "status", "--session", "crash")["agents"][0]
        return found

    def mission() -> dict[str, Any]:
        answer = program.json("mission", "status", "--mission-id", "slow", "--session", "crash")
        found: dict[str, Any] = answer["missions"][0]
        return found

    wait_until(lambda: mission()["status"] == "running", "the mission runs", 40)
    before = agent()
    assert before["status"] == "busy"
    os.kill(before["pid"], signal.SIGKILL)
    wait_until(lambda: mission()["status"] == "completed", "the second attempt completes", 60)
    after = agent()
    assert after["pane_id"] == before["pane_id"]
    assert after["pid"] != before["pid"]
    log = mission()["attempt_log"]
    assert [(entry["code"], entry["agent_id"]) for entry in log] == [("agent_crashed", 1), (None, 1)]
    transcripts = list((Path(program.environ["HOME"]) / ".claude" / "projects").rglob("*.jsonl"))
    assert len(transcripts) == 1
    assert "You were restarted (killed by SIGKILL)" in transcripts[0].read_text()


def test_a_kept_conversation_gets_its_missions_by_the_typed_prompt(claude_program: Program, stub: MessagesStub) -> None:
    program = claude_program
    program.sessions.add("keep")
    process = program.start("serve", "--session", "keep", "--provider", "claude")
    wait_until(
        lambda: (info := program.session("keep").endpoint()) is not None and info.pid == process.pid, "serve answers"
    )
    program.json("agent", "spawn", "--conversation", "keep", "--session", "keep")
    texts = ["First line.\n\n`two` $HOME [[OUTPUT one]]", "Another. [[OUTPUT two]]"]
    for number, text in enumerate(texts):
        program.json("mission", "distribute", text, "--id", f"m{number}", "--session", "keep")

    def missions() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = program.json("mission", "status", "--session", "keep")["missions"]
        return found

    wait_until(lambda: all(mission["status"] == "completed" for mission in missions()), "both are done", 60)
    assert {mission["id"]: (mission["output"], mission["attempts"]) for mission in missions()} == {
        "m0": ("one", 1),
        "m1": ("two", 1),
    }
    conversation = stub.user_texts()
    assert any("Mission m0 (delivery" in text and "`two` $HOME" in text for text in conversation)
    assert any("Mission m1 (delivery" in text for text in conversation)
    events = [json.loads(line) for line in program.session("keep").events.read_text().splitlines()]
    assert [event for event in events if event["type"] == "mission_undelivered"] == []
