"""A person's own commands: what may stand in the configuration, and what placeholders become."""

from typing import Any

import pytest

from orchestrator_tui.core.command_words import command_line
from orchestrator_tui.core.config import parse_settings
from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.user_commands import PLACEHOLDERS, UserCommand


def command(*run: str, **fields: Any) -> UserCommand:
    return UserCommand.model_validate({"name": "One", "run": run, **fields})


@pytest.mark.parametrize(
    ("run", "values", "argv"),
    [
        (("git", "log", "{base}..{branch}"), {"base": "main", "branch": "a/1"}, ("git", "log", "main..a/1")),
        (
            ("echo", "{mission_title}"),
            {"mission_title": "two  words; rm -rf $HOME"},
            ("echo", "two  words; rm -rf $HOME"),
        ),
        (("echo", "{mission_title}"), {"mission_title": "{agent} {{agent}}"}, ("echo", "{agent} {{agent}}")),
        (("git", "rev-parse", "@{{upstream}}"), {}, ("git", "rev-parse", "@{upstream}")),
        (("docker", "--format", "{{.Names}}"), {}, ("docker", "--format", "{{.Names}}")),
        (("awk", "{print $1}", "HEAD@{1}"), {}, ("awk", "{print $1}", "HEAD@{1}")),
        (("{worktree}/run",), {"worktree": "/a b"}, ("/a b/run",)),
    ],
)
def test_each_placeholder_becomes_part_of_one_argument(
    run: tuple[str, ...], values: dict[str, str], argv: tuple[str, ...]
) -> None:
    assert command(*run).argv(values) == argv


def test_it_names_the_placeholders_that_it_needs_once_each() -> None:
    assert command("{worktree}", "{branch}{{role}}", "{branch}").placeholders == ("worktree", "branch")


def test_every_placeholder_may_be_used() -> None:
    made = command("echo", *(f"{{{name}}}" for name in PLACEHOLDERS))
    assert made.argv({name: name.upper() for name in PLACEHOLDERS})[1:] == tuple(map(str.upper, PLACEHOLDERS))


@pytest.mark.parametrize(
    ("run", "found"),
    [
        (("git", "show", "{mission_title}"), "mission_title"),
        (("git", "show", "--grep={mission_title}"), None),
        (("git", "show", "{agent_name}"), None),
    ],
)
def test_a_value_that_would_be_an_option_is_seen(run: tuple[str, ...], found: str | None) -> None:
    assert command(*run).option_like({"mission_title": "--output=x", "agent_name": "a-b"}) == found


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            {"name": "Log", "run": ["git", "log", "{brnch}"]},
            "`commands.0.run`: there is no placeholder {brnch}: did you mean {branch}?",
        ),
        ({"name": "Log", "run": ["x", "{qqq}"]}, "known are {agent}"),
        ({"name": "Log", "run": []}, "`commands.0.run`"),
        ({"name": "Log", "run": [""]}, "the program has no name"),
        ({"name": "Log", "run": "git log"}, "`commands.0.run`"),
        ({"name": "Log"}, "`commands.0.run`"),
        ({"run": ["x"]}, "`commands.0.name`"),
        ({"name": "!", "run": ["x"]}, "needs a letter or a digit"),
        (
            {"name": "Log", "run": ["x"], "confrim": True},
            "unknown key `commands.0.confrim`. Did you mean `commands.0.confirm`?",
        ),
        ({"name": "Log", "run": ["x"], "show": "loud"}, "`commands.0.show`"),
        ({"name": "Log", "run": ["x"], "panel": "health"}, "`commands.0.panel`"),
        ({"name": "Log", "run": ["sh", "-c", "git log {branch}"]}, 'add "sh", "{branch}" behind the script'),
        (
            {"name": "Log", "run": ["env", "A=1", "/bin/bash", "-lc", "echo {mission_title}"]},
            "{mission_title} stands in a shell",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_remedy(table: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        parse_settings({"commands": [table]}, "config.toml")
    assert str(refusal.value).startswith("config.toml: ")
    assert said in str(refusal.value)


def test_a_shells_script_may_take_them_as_arguments() -> None:
    made = command("sh", "-c", 'git log "$1" | head', "sh", "{branch}")
    assert made.argv({"branch": "x; y"})[-1] == "x; y"


def test_two_commands_of_one_id_are_refused() -> None:
    tables = [{"name": "Git log", "run": ["x"]}, {"name": "git-log", "run": ["y"]}]
    with pytest.raises(ConfigError, match="two are called 'Git log'"):
        parse_settings({"commands": tables}, "config.toml")


def test_ids_are_made_of_the_names() -> None:
    assert UserCommand(name="Git: log (all)", run=("x",)).id == "command.git-log-all"


def test_the_log_shows_where_it_ran_and_no_secret() -> None:
    shown = command_line("own", ("curl", "--token", "abc", "a b"), "/acme/api")
    assert shown == "in /acme/api: curl --token … 'a b'"
