"""Which file may set what: agents can write the project's."""

from pathlib import Path

import pytest

from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.settings_files import load_settings, report_settings, user_config_file

COMMAND = '[[commands]]\nname = "Log"\nrun = ["git", "log"]\n'


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    user_config_file().parent.mkdir(parents=True)
    return tmp_path


def test_commands_stand_in_the_users_own_file(tmp_path: Path) -> None:
    user_config_file().write_text(COMMAND)
    (command,) = load_settings(tmp_path, None).commands
    assert command.run == ("git", "log")


@pytest.mark.parametrize(
    ("toml", "field"), [(COMMAND, "commands"), ('[keys]\n"inbox.allow" = "n"', "keys")], ids=["commands", "keys"]
)
def test_a_project_may_not_set_what_decides_for_the_person(tmp_path: Path, toml: str, field: str) -> None:
    (tmp_path / "orchestrator.toml").write_text(toml)
    with pytest.raises(ConfigError) as refusal:
        load_settings(tmp_path, None)
    assert f"{tmp_path / 'orchestrator.toml'}: `{field}` may not be set by a project." in refusal.value.message
    assert str(user_config_file()) in refusal.value.remedy


def test_each_setting_names_the_file_or_variable_that_set_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_config_file().write_text(f'theme = "light"\nnotify_after_s = 5\n{COMMAND}')
    (tmp_path / "orchestrator.toml").write_text("notify_after_s = 7\n")
    monkeypatch.setenv("ORCHESTRATOR_THEME", "ansi")
    settings = load_settings(tmp_path, None)
    lines = {line.key: line for line in report_settings(settings, tmp_path, None, "demo")}
    told = {key: (lines[key].value, lines[key].source) for key in ("theme", "notify_after_s", "commands", "provider")}
    assert told == {
        "theme": ("ansi", "ORCHESTRATOR_THEME"),
        "notify_after_s": ("7.0", str(tmp_path / "orchestrator.toml")),
        "commands": ("Log", str(user_config_file())),
        "provider": ("demo", "--provider"),
    }


def test_a_variable_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_PERSON_IDLE_S", "soon")
    with pytest.raises(ConfigError) as refusal:
        load_settings(tmp_path, None)
    assert refusal.value.field == "person_idle_s"
    assert "ORCHESTRATOR_* variables" in refusal.value.message
