"""Whose file may say what about budgets, and when it counts."""

import os
from pathlib import Path

import pytest

from orchestrator_tui import settings_files
from orchestrator_tui.core.budget import Budgets
from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.settings_files import live_budgets, load_settings, user_config_file

USERS = "[budgets]\nmission = 2.0\nday = 50\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    user_config_file().parent.mkdir(parents=True)
    user_config_file().write_text(USERS)
    return tmp_path


def test_a_project_may_lower_a_budget_and_set_one_that_the_user_has_not(project: Path) -> None:
    (project / "orchestrator.toml").write_text("[budgets]\nmission = 0.5\nagent = 9\n")
    assert load_settings(project, None).budgets == Budgets(mission=0.5, agent=9, day=50)


def test_a_project_cannot_raise_a_budget(project: Path) -> None:
    (project / "orchestrator.toml").write_text("[budgets]\nmission = 100\nday = 1000\n")
    assert load_settings(project, None).budgets == Budgets(mission=2, day=50)


def test_a_file_that_the_user_names_counts_as_the_users_own(project: Path) -> None:
    chosen = project / "chosen.toml"
    chosen.write_text("[budgets]\nday = 100\n")
    assert load_settings(project, chosen).budgets == Budgets(day=100)


def test_an_unknown_budget_names_the_nearest(project: Path) -> None:
    user_config_file().write_text("[budgets]\nmision = 1\n")
    with pytest.raises(ConfigError, match=r"unknown key `budgets\.mision`.*`budgets\.mission`"):
        load_settings(project, None)


def test_a_changed_file_counts_without_a_restart_and_a_broken_one_does_not(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_files, "BUDGETS_EVERY_S", 0.0)
    now = live_budgets(project, None)
    assert now() == Budgets(mission=2, day=50)
    user_config_file().write_text("[budgets]\nday = 80.5\n")
    assert now() == Budgets(day=80.5)
    user_config_file().write_text("[budgets\n")
    assert now() == Budgets(day=80.5)
    os.utime(user_config_file(), (1, 1))
    user_config_file().write_text("")
    assert now() == Budgets()
