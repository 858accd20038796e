"""Which settings are in force, and where each came from."""

from typing import Any

import pytest

from orchestrator_tui.core.config import Settings, parse_settings
from orchestrator_tui.core.settings_report import settings_report

COMMAND = {"name": "Log", "run": ["git", "log"]}


@pytest.mark.parametrize(
    ("data", "key", "value"),
    [
        ({}, "theme", "dark"),
        ({}, "provider", "-"),
        ({"editor": ["code", "my file"]}, "editor", "code 'my file'"),
        ({"budgets": {"day": 20}}, "budgets", "day 20.0"),
        ({"commands": [COMMAND]}, "commands", "Log"),
        ({"presets": {"web": "3 coders"}}, "presets", "web"),
        ({"providers": {"own": {"command": ["x"], "ready_pattern": ">", "env": {"KEY": "no"}}}}, "providers", "own"),
        ({"notify_command": ["curl", "https://me:secret@host"]}, "notify_command", "curl https://…@host"),
    ],
)
def test_a_value_is_a_few_words_without_secrets(data: dict[str, Any], key: str, value: str) -> None:
    lines = {line.key: line for line in settings_report(parse_settings(data, "x"), [("own", data)])}
    assert set(lines) == set(Settings.model_fields)
    assert lines[key].value == value
    assert lines[key].source == ("own" if key in data else "built in")


def test_the_last_source_wins_and_what_is_collected_names_all() -> None:
    layers: list[tuple[str, dict[str, Any]]] = [
        ("own", {"theme": "light", "budgets": {}}),
        ("project", {"budgets": {}}),
        ("VARIABLE", {"theme": "ansi"}),
    ]
    lines = {line.key: line.source for line in settings_report(Settings(), layers)}
    assert (lines["theme"], lines["budgets"], lines["keys"]) == ("VARIABLE", "own, project", "built in")
