"""A plan of thirty missions, run by the program with real demo agents in real panes."""

import json
from collections import Counter
from math import isclose
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.agents.providers.demo_agent.telemetry import DOLLARS_IN, DOLLARS_OUT
from tests.conftest import Program

PLAN = Path(__file__).parent / "plan.yaml"
MISSION_KEYS = {
    "id", "status", "attempts", "attempt_log", "agent_id", "agent_name", "role", "model", "output", "error_code",
    "error_message", "blocked_by", "started_at", "ended_at", "duration_ms", "reported_duration_ms", "token_usage",
    "cache_read_tokens", "cache_write_tokens", "cost_usd",
}  # fmt: skip


def write_plan(program: Program) -> tuple[Path, Path]:
    ledger = program.root / "ledger"
    plan = program.root / "plan.yaml"
    plan.write_text(PLAN.read_text().replace("LEDGER", str(ledger)))
    return plan, ledger


def executions(ledger: Path) -> Counter[str]:
    return Counter(ledger.read_text().split())


def by_id(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {mission["id"]: mission for mission in report["missions"]}


def check_report(report: dict[str, Any], ledger: Path) -> None:
    """Everything that does not depend on interruptions."""
    missions = by_id(report)
    assert len(missions) == 30
    assert (report["completed"], report["failed"], report["blocked"], report["cancelled"]) == (23, 5, 2, 0)
    for mission in report["missions"]:
        assert set(mission) == MISSION_KEYS
        assert len(mission["attempt_log"]) == mission["attempts"]
        assert [entry["n"] for entry in mission["attempt_log"]] == list(range(1, mission["attempts"] + 1))
    for name in ("after-broken", "after-after"):
        assert (missions[name]["status"], missions[name]["blocked_by"]) == ("blocked", ["broken"])
        assert (missions[name]["attempts"], missions[name]["started_at"]) == (0, None)
    assert (missions["broken"]["error_code"], missions["broken"]["error_message"]) == ("no_such_thing", "nothing helps")
    assert missions["hang"]["error_code"] == missions["slow"]["error_code"] == "timeout"
    assert (missions["fatal"]["error_code"], missions["fatal"]["attempts"]) == ("wrong_input", 1)
    assert missions["silent"]["error_code"] == "no_report"
    assert missions["spec"]["output"] == "the specification"
    assert missions["join"]["token_usage"] == {"input": 1200, "output": 340}
    assert isclose(missions["join"]["cost_usd"], 1200 * DOLLARS_IN + 340 * DOLLARS_OUT)
    assert missions["coding"]["role"] == "coder"
    assert missions["n01"]["output"] == "done: Small thing 1"
    started = executions(ledger)
    assert started["after-broken"] == started["after-after"] == 0
    for mission in report["missions"]:
        # One execution for each attempt: nothing runs twice but by a retry.
        assert started[mission["id"]] == mission["attempts"], mission["id"]
    for child, parents in {"left": ["spec"], "join": ["left", "right"], "last": ["l03", "docs", "review"]}.items():
        for parent in parents:
            assert missions[child]["attempt_log"][0]["started_at"] >= missions[parent]["ended_at"]


@pytest.mark.tmux
@pytest.mark.timeout(180)
def test_a_plan_ends_as_it_must(program: Program) -> None:
    plan, ledger = write_plan(program)
    program.sessions.add("plan")
    done = program.run(
        "run", str(plan), "--session", "plan", "--provider", "demo", "--agents", "4", "--json", timeout_s=150
    )
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    check_report(report, ledger)
    missions = by_id(report)
    assert [entry["code"] for entry in missions["crash"]["attempt_log"]] == ["agent_crashed", None]
    first, second = missions["crash"]["attempt_log"]
    assert first["agent_id"] == second["agent_id"]
    assert second["started_at"] - first["ended_at"] >= 2_000
    assert [entry["code"] for entry in missions["broken"]["attempt_log"]] == ["no_such_thing"] * 2
    assert [entry["code"] for entry in missions["hang"]["attempt_log"]] == ["timeout"] * 2
    events = [json.loads(line) for line in program.session("plan").events.read_text().splitlines()]
    hang = [event for event in events if event["mission_id"] == "hang"]
    fences = [event["seq"] for event in hang if event["type"] == "fence"]
    starts = [event["seq"] for event in hang if event["type"] == "task_start"]
    assert len(starts) == len(fences) == 2
    assert starts[0] < fences[0] < starts[1] < fences[1]
    assert next(event["data"]["reason"] for event in hang if event["type"] == "fence") == "killed and started again"


@pytest.mark.tmux
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("missions:\n  - {id: a, prompt: x, dependson: [b]}\n", "depends_on"),
        ("missions:\n  - {id: a, prompt: x, depends_on: [b]}\n", "b"),
        ("missions:\n  - {id: a, prompt: x, depends_on: [b]}\n  - {id: b, prompt: y, depends_on: [a]}\n", "a"),
        ("missions:\n  - {id: a}\n", "prompt"),
        ("missions: [", "line"),
    ],
)
def test_a_bad_plan_is_refused_before_anything_starts(program: Program, text: str, complaint: str) -> None:
    plan = program.root / "bad.yaml"
    plan.write_text(text)
    done = program.run("run", str(plan), "--session", "bad", "--provider", "demo")
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert not (program.state / "bad" / "missions.db").exists()


def test_fewer_agents_than_roles_is_bad_usage(program: Program) -> None:
    plan = program.root / "roles.yaml"
    plan.write_text("missions:\n  - {prompt: x, role: coder}\n  - {prompt: y, role: tester}\n")
    done = program.run("run", str(plan), "--agents", "1", "--session", "roles", "--provider", "demo")
    assert done.returncode == 2
    assert "--agents" in done.stderr
