"""Why an agent's state is believed, from a shell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Program, wait_until

pytestmark = pytest.mark.tmux


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path)
    made.serve("why")
    made.json("agent", "spawn", "--session", "why")
    wait_until(
        lambda: made.json("agent", "status", "--session", "why")["agents"][0]["status"] == "idle", "the agent is idle"
    )
    yield made
    made.close()


def test_it_names_source_age_confidence_and_every_word(program: Program) -> None:
    done = program.run("agent", "status", "1", "--why", "--session", "why")
    assert done.returncode == 0, done.stderr
    head, *words = done.stdout.splitlines()
    assert head.startswith("agent-1 is idle: said by the hook, ")
    assert head.endswith(" s ago, confidence high")
    assert [word.split(",")[0] for word in words] == [
        "  - hook",
        "  - session file",
        "  - screen",
        "  - process",
        "  - supervisor",
        "  - so idle",
    ]


def test_one_agent_is_listed_alone_and_an_unknown_one_is_refused(program: Program) -> None:
    program.json("agent", "spawn", "--session", "why")
    assert [entry["id"] for entry in program.json("agent", "status", "2", "--session", "why")["agents"]] == [2]
    everybody = program.json("agent", "status", "--why", "--session", "why")["agents"]
    assert all(entry["why"]["reasoning"] for entry in everybody)
    refused = program.run("agent", "status", "7", "--why", "--session", "why")
    assert refused.returncode == 2
    assert "There is no agent 7" in refused.stderr
