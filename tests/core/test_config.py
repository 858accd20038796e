"""Defaults of the specification, and errors that name the key."""

import pytest
from pydantic import ValidationError

from orchestrator_tui.core.config import AgentConfig, PTYConfig, WorktreeConfig, parse_settings
from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.models import IsolationMode, Role


def test_pane_defaults_are_those_of_the_specification() -> None:
    config = PTYConfig()
    assert (config.cols, config.rows, config.health_check_interval_ms, config.auto_restart) == (120, 30, 5000, True)


def test_agent_defaults() -> None:
    config = AgentConfig()
    assert config.role is Role.GENERALIST
    assert config.isolation_mode is IsolationMode.SHARED
    assert (config.timeout_ms, config.retry_budget, config.max_concurrent_tasks) == (3_600_000, 3, 1)


def test_a_worktree_implies_isolation() -> None:
    assert AgentConfig(worktree=WorktreeConfig()).isolation_mode is IsolationMode.WORKTREE


@pytest.mark.parametrize("env", [{"A=B": "x"}, {"": "x"}, {"A": "x\0y"}])
def test_unusable_environment_is_refused(env: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="environment variable"):
        PTYConfig(env=env)


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown key `permision_mode`\. Did you mean `permission_mode`"):
        parse_settings({"permision_mode": "auto"}, "config.toml")


def test_a_bad_value_names_its_key() -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: `theme`"):
        parse_settings({"theme": "pink"}, "config.toml")
