"""A provider of the user's own: defaults, and errors that name the key."""

from typing import Any

import pytest

from orchestrator_tui.core.config import parse_settings
from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.provider_config import ProviderConfig, fill

LEAST: dict[str, Any] = {"command": ["prog"], "ready_pattern": r"^>\Z"}


def parsed(**keys: Any) -> ProviderConfig:
    return parse_settings({"providers": {"mine": {**LEAST, **keys}}}, "config.toml").providers["mine"]


def test_two_keys_are_enough() -> None:
    config = parsed()
    assert (config.submit, config.interrupt, config.prompt_by, config.complete) == (
        "Enter",
        ["C-c"],
        "paste",
        "when_ready",
    )


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"ready_pattern": "(>"}, r"`providers\.mine\.ready_pattern`: '\(>' is not a regular expression: missing \)"),
        ({"busy_pattern": "[a"}, r"`providers\.mine\.busy_pattern`: .* is not a regular expression"),
        ({"fail_pattern": "x*"}, r"`providers\.mine\.fail_pattern`: .* matches an empty screen"),
        ({"command": []}, r"`providers\.mine\.command`"),
        ({"submit": "press it"}, r"`providers\.mine\.submit`: .* is not a key"),
        ({"interrupt": ["C-c", ""]}, r"`providers\.mine\.interrupt\.1`: .* is not a key"),
        ({"exit": "a\nb"}, r"`providers\.mine\.exit`: must be exactly one line"),
        ({"env": {"ORCHESTRATOR_AGENT_ID": "7"}}, r"is the orchestrator's own"),
        ({"env": {"A=B": "7"}}, r"not a usable environment variable"),
        ({"file_line": "run it"}, r"`file_line` must contain \{file\}"),
        ({"template": "{promt}"}, r"`template` has \{promt\}; known are \{prompt\}"),
        ({"template": "go on"}, r"`template` must contain \{prompt\} or \{mission\}"),
        ({"prompt_by": "argument"}, r"needs `busy_pattern`"),
        ({"redy_pattern": ">"}, r"unknown key `providers\.mine\.redy_pattern`\. .*`providers\.mine\.ready_pattern`"),
    ],
)
def test_a_bad_value_names_its_key(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: .*" + message):
        parsed(**keys)


@pytest.mark.parametrize("name", ["claude", "demo", "Two Words", ""])
def test_a_name_that_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: `providers`"):
        parse_settings({"providers": {name: LEAST}}, "config.toml")


def test_placeholders_are_filled_once() -> None:
    assert fill("{prompt} # {nonce} {x}", {"prompt": "{nonce}", "nonce": "N"}) == "{nonce} # N {x}"


def test_a_program_that_reports_is_told_how() -> None:
    assert parsed(complete="by_report").text_template == "{mission}"
