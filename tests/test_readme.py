"""The README tells the truth about what can be checked."""

import re
from pathlib import Path

import yaml

from orchestrator_tui.missions.plan import parse_plan
from tests.ui.screenshots import with_keys

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_key_table_is_that_of_the_registry() -> None:
    assert with_keys(README) == README, "run `make screenshots`"


def test_the_plan_in_the_readme_is_a_plan() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert [spec.id for spec in parse_plan(text, "README.md")] == ["spec", "parser"]
    assert yaml.safe_load(text)["missions"][1]["depends_on"] == ["spec"]


def test_every_file_that_it_points_at_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_command_of_the_table_exists() -> None:
    from orchestrator_tui.cli import cli
    from orchestrator_tui.commands.tools import agent, mission

    known = {
        "": set(cli.commands) | {"agent", "events", "mission", "quota"},
        "agent": set(agent.commands),
        "mission": set(mission.commands),
    }
    for command, sub in re.findall(r"^\| `orchestrator-tui (\w+)(?: ([\w-]+))?", README, re.MULTILINE):
        assert command in known[""], command
        if command in known and sub:
            assert sub in known[command], sub


def test_every_make_target_that_it_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`?make (\w+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
