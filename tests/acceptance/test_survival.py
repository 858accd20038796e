"""Work outlives the supervisor and tmux itself."""

import json
import os
from pathlib import Path

import pytest

from tests.acceptance.survival import Survival, agent_pids, stored, tmux
from tests.acceptance.test_run_plan import by_id, executions
from tests.conftest import Program, wait_until

KILLS = int(os.environ.get("ORCHESTRATOR_TEST_KILLS", "4"))
GAP_S = 3.0 if KILLS < 10 else 30.0
pytestmark = pytest.mark.tmux


@pytest.mark.timeout(60 if KILLS < 10 else 300)
def test_a_plan_survives_the_death_of_its_supervisor(program: Program) -> None:
    Survival(program, KILLS, GAP_S, seed=20, note=print).run()


LONG = ("one", "two", "three", "four")


@pytest.mark.timeout(60)
def test_a_plan_survives_the_death_of_tmux(program: Program) -> None:
    ledger = program.root / "ledger"
    plan = program.root / "plan.yaml"
    lines = [f'- {{id: {name}, prompt: "Long [[append {ledger} {name}]] [[sleep 3]]"}}' for name in LONG]
    lines += [
        f'- {{id: after-{name}, depends_on: [{name}], prompt: "x [[append {ledger} after-{name}]]"}}' for name in LONG
    ]
    lines += [f'- {{id: bad, max_retries: 1, priority: low, prompt: "x [[append {ledger} bad]] [[fail no no]]"}}']
    plan.write_text("missions:\n" + "".join(f"  {line}\n" for line in lines))
    session = program.session("tmux-dies")
    run = program.start(
        "run", str(plan), "--session", "tmux-dies", "--provider", "demo", "--agents", "4", "--json", "--keep-agents"
    )
    wait_until(lambda: ledger.exists() and set(executions(ledger)) == set(LONG), "every agent is at work")
    before = agent_pids(program, "tmux-dies")
    conversations = spoken(session.agents)
    assert tmux(program, "tmux-dies", "kill-server").returncode == 0
    assert run.wait(timeout=50) == 1
    report = by_id(json.loads((program.root / "out-0").read_text()))
    assert {name: mission["status"] for name, mission in report.items()} == {
        **dict.fromkeys(LONG, "completed"),
        **{f"after-{name}": "completed" for name in LONG},
        "bad": "failed",
    }
    for name in LONG:
        assert [attempt["code"] for attempt in report[name]["attempt_log"]] == ["agent_crashed", None]
        first, second = report[name]["attempt_log"]
        assert first["agent_id"] == second["agent_id"]
        assert report[f"after-{name}"]["attempts"] == 1
    assert [attempt["code"] for attempt in report["bad"]["attempt_log"]] == ["no", "no"]
    assert executions(ledger) == {name: mission["attempts"] for name, mission in report.items()}
    after = agent_pids(program, "tmux-dies")
    assert set(after) == set(before)
    assert not set(after.values()) & set(before.values())
    _, records = stored(program, "tmux-dies")
    assert {record.id: {record.conversation_id} for record in records} == conversations
    assert spoken(session.agents) == conversations


def spoken(agents: Path) -> dict[int, set[str | None]]:
    """The conversations that each agent has ever had."""
    return {int(path.name): {file.stem for file in path.glob("transcripts/*.jsonl")} for path in agents.glob("[0-9]*")}
