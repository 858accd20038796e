"""Configuration as validated values; reading files and the environment is the caller's work."""

import difflib
import re
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestrator_tui.core.budget import Budgets
from orchestrator_tui.core.errors import ConfigError, UsageError
from orchestrator_tui.core.models import ConversationMode, IsolationMode, ModelTier, Role
from orchestrator_tui.core.permission_rules import PermissionRule
from orchestrator_tui.core.pool import checked_preset_name, parse_pool
from orchestrator_tui.core.provider_config import BUILT_IN, ProviderConfig
from orchestrator_tui.core.user_commands import UserCommand, check_names

DEFAULT_TIMEOUT_MS = 3_600_000
DEFAULT_RETRY_BUDGET = 3


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WorktreeConfig(_Strict):
    """Where an isolated agent works; ``{session}`` and ``{agent}`` (the agent's id) are filled in.

    ``keep`` ``if_work`` removes the worktree only when it is clean and merged; ``always`` never removes it.
    """

    repo: str | None = None
    base: str = "HEAD"
    branch: str = "orchestrator/{session}/{agent}"
    path: str | None = None
    keep: Literal["if_work", "always"] = "if_work"


class PTYConfig(_Strict):
    """How one pane runs. ``command`` is argv, never through a shell; without it the pane runs ``shell``."""

    cwd: str | None = None
    env: dict[str, str] = Field(default_factory=dict)
    shell: str | None = None
    cols: int = Field(default=120, ge=20, le=1000)
    rows: int = Field(default=30, ge=5, le=500)
    command: list[str] | None = Field(default=None, min_length=1)
    health_check_interval_ms: int = Field(default=5_000, ge=100)
    auto_restart: bool = True
    worktree: WorktreeConfig | None = None

    @field_validator("env")
    @classmethod
    def _env_is_usable(cls, value: dict[str, str]) -> dict[str, str]:
        for key, content in value.items():
            if not key or "=" in key or "\0" in key or "\0" in content:
                raise ValueError(f"{key!r} is not a usable environment variable")
        return value


class AgentConfig(PTYConfig):
    """How one agent runs; ``model`` unset is the role's default, ``name`` unset is ``agent-ID``."""

    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")
    role: Role = Role.GENERALIST
    model: ModelTier | None = None
    system_prompt: str | None = Field(default=None, max_length=100_000)
    max_concurrent_tasks: int = Field(default=1, ge=1, le=16)
    timeout_ms: int = Field(default=DEFAULT_TIMEOUT_MS, ge=1)
    retry_budget: int = Field(default=DEFAULT_RETRY_BUDGET, ge=0)
    isolation_mode: IsolationMode = IsolationMode.SHARED
    provider: str | None = None
    conversation: ConversationMode = ConversationMode.FRESH

    @model_validator(mode="before")
    @classmethod
    def _worktree_implies_isolation(cls, data: Any) -> Any:
        if isinstance(data, dict):
            fields = cast("dict[str, Any]", data)
            if fields.get("worktree") is not None:
                return {**fields, "isolation_mode": IsolationMode.WORKTREE}
            return fields
        return data


class Settings(_Strict):
    """What a user's or a project's configuration file may set."""

    provider: str | None = None
    providers: dict[str, ProviderConfig] = Field(default_factory=dict[str, ProviderConfig])
    claude_command: str = "claude"
    permission_mode: Literal["default", "manual", "acceptEdits", "auto", "plan", "dontAsk", "bypassPermissions"] = (
        "default"
    )
    spawning_roles: tuple[Role, ...] = (Role.ORACLE,)
    theme: Literal["dark", "light", "ansi"] = "dark"
    person_idle_s: float = Field(default=300, ge=0)
    keys: dict[str, str] = Field(default_factory=dict)
    permissions: tuple[PermissionRule, ...] = ()
    notify_after_s: float = Field(default=60, ge=0)
    notify_command: tuple[str, ...] = ()
    editor: tuple[str, ...] = ()
    budgets: Budgets = Budgets()
    presets: dict[str, str] = Field(default_factory=dict[str, str])
    commands: tuple[UserCommand, ...] = ()

    @field_validator("commands")
    @classmethod
    def _commands_have_ids_of_their_own(cls, value: tuple[UserCommand, ...]) -> tuple[UserCommand, ...]:
        check_names(value)
        return value

    @field_validator("presets")
    @classmethod
    def _presets_are_pools(cls, value: dict[str, str]) -> dict[str, str]:
        for name, pool in value.items():
            try:
                checked_preset_name(name, "presets")
                parse_pool(pool)
            except UsageError as problem:
                raise ValueError(f"{name}: {problem.message} {problem.remedy}") from None
        return value

    @field_validator("providers")
    @classmethod
    def _names_are_usable(cls, value: dict[str, ProviderConfig]) -> dict[str, ProviderConfig]:
        for name in value:
            if name in BUILT_IN:
                raise ValueError(f"{name!r} is built in; choose another name")
            if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name):
                raise ValueError(f"{name!r} is not a name; use lower case letters, digits, dashes, underscores")
        return value


_TABLES: dict[str, type[BaseModel]] = {
    "providers": ProviderConfig,
    "budgets": Budgets,
    "permissions": PermissionRule,
    "commands": UserCommand,
}
"""The models of tables inside the configuration."""


def parse_settings(data: dict[str, Any], source: str) -> Settings:
    """Validates merged configuration data from ``source``.

    Raises ConfigError naming the key and, for an unknown one, the nearest known key.
    """
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise _explain(error, source) from None


def _explain(error: ValidationError, source: str) -> ConfigError:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        *parents, last = (str(part) for part in first["loc"])
        known = _TABLES.get(parents[0] if parents else "", Settings).model_fields
        near = difflib.get_close_matches(last, known, n=1, cutoff=0.4)
        meant = ".".join([*parents, *near])
        hint = f"Did you mean `{meant}`?" if near else f"Known keys: {', '.join(sorted(known))}."
        return ConfigError(f"{source}: unknown key `{key}`.", remedy=hint, field=key)
    reason = first["msg"].removeprefix("Value error, ")
    return ConfigError(f"{source}: `{key}`: {reason}.", remedy="Correct it there.", field=key)
