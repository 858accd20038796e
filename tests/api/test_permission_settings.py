"""Whose file may say what about permissions."""

from pathlib import Path

import pytest

from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.settings_files import load_settings, user_config_file

ALLOW = '[[permissions]]\naction = "allow"\ntool = "Bash"\npattern = "ls*"\n'
DENY = '[[permissions]]\naction = "deny"\ntool = "Bash"\npattern = "rm*"\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    user_config_file().parent.mkdir(parents=True)
    return tmp_path


def test_a_project_narrows_what_the_user_allows(project: Path) -> None:
    user_config_file().write_text(ALLOW)
    (project / "orchestrator.toml").write_text(DENY)
    rules = load_settings(project, None).permissions
    assert [str(rule) for rule in rules] == ["allow Bash(ls*)", "deny Bash(rm*)"]


def test_a_project_may_not_allow(project: Path) -> None:
    (project / "orchestrator.toml").write_text(ALLOW)
    with pytest.raises(ConfigError, match="may only deny or ask"):
        load_settings(project, None)


def test_a_project_may_not_name_a_command_to_run(project: Path) -> None:
    (project / "orchestrator.toml").write_text('notify_command = ["sh", "-c", "x"]\n')
    with pytest.raises(ConfigError, match="notify_command"):
        load_settings(project, None)


def test_an_unknown_action_is_refused(project: Path) -> None:
    user_config_file().write_text(ALLOW.replace('"allow"', '"maybe"'))
    with pytest.raises(ConfigError, match="permissions"):
        load_settings(project, None)
