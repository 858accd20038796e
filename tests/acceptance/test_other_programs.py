"""The README's other programs, run from the command line by the README's own configuration."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import Program

README = (Path(__file__).parents[2] / "README.md").read_text()
PLAN = """
missions:
  - id: numbers
    prompt: |
      numbers = [3, 1, 2]
      print(sorted(numbers))
  - id: sum
    prompt: print(sum(numbers))
    depends_on: [numbers]
  - id: broken
    prompt: print(1 / 0)
    max_retries: 0
  - id: behind
    prompt: print('never')
    depends_on: [broken]
"""

pytestmark = pytest.mark.tmux


def test_a_plan_runs_in_a_python_prompt(program: Program) -> None:
    (config,) = [block for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL) if "[providers." in block]
    (program.root / "config.toml").write_text(config)
    (program.root / "plan.yaml").write_text(PLAN)
    program.session("other")
    done = program.run(
        *("run", "plan.yaml", "--agents", "1", "--session", "other"),
        *("--config", "config.toml", "--provider", "python", "--json"),
    )
    assert done.returncode == 1, done.stderr
    missions = {mission["id"]: mission for mission in json.loads(done.stdout)["missions"]}
    assert [missions[key]["output"] for key in ("numbers", "sum")] == ["[1, 2, 3]", "6"]
    assert missions["broken"]["error_code"] == "failed_on_screen"
    assert missions["broken"]["error_message"].endswith("ZeroDivisionError: division by zero")
    assert missions["behind"]["blocked_by"] == ["broken"]


def test_a_project_may_not_bring_programs(program: Program) -> None:
    (program.root / "orchestrator.toml").write_text("[providers.mine]\ncommand = ['sh']\nready_pattern = 'x'\n")
    refused = program.run("serve", "--session", "other")
    assert refused.returncode == 2
    assert "`providers` may not be set by a project" in refused.stderr


def test_a_bad_pattern_is_named_before_anything_starts(program: Program) -> None:
    (program.root / "config.toml").write_text("[providers.mine]\ncommand = ['sh']\nready_pattern = '(x'\n")
    refused = program.run("serve", "--session", "other", "--config", "config.toml")
    assert refused.returncode == 2
    assert "`providers.mine.ready_pattern`: '(x' is not a regular expression" in refused.stderr
