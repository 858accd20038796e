"""Where settings come from: the user's file, the project's file and ``ORCHESTRATOR_*`` variables."""

import logging
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import platformdirs

from orchestrator_tui.agents.rule_files import RuleFile, refuse_allow
from orchestrator_tui.core.budget import Budgets
from orchestrator_tui.core.config import Settings, parse_settings
from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.foreign import read_toml
from orchestrator_tui.core.settings_report import SettingLine, settings_report

log = logging.getLogger(__name__)

PROJECT_FILE = "orchestrator.toml"
BUDGETS_EVERY_S = 1.0
USER_ONLY_KEYS = frozenset(
    {"spawning_roles", "permission_mode", "claude_command", "notify_command", "providers", "presets", "editor"}
    | {"commands", "keys"}
)
"""What only the user's own configuration may set: agents can write the project's file, and with other keys a "no"
would become a "yes"."""


ENVIRONMENT_KEYS = ("provider", "claude_command", "permission_mode", "theme", "person_idle_s")
"""What ``ORCHESTRATOR_*`` variables may set."""


def load_settings(cwd: Path, explicit: Path | None) -> Settings:
    """Merges the user's file, the project's file (or ``explicit`` instead of it) and ``ORCHESTRATOR_*`` variables.

    A project's file may only lower budgets: a higher one there has no effect.
    Raises ConfigError naming file and key.
    """
    merged: dict[str, Any] = {}
    budgets = Budgets()
    rules: list[Any] = []
    user_file = user_config_file()
    for file in rule_files(cwd, explicit):
        path, trusted = file.path, file.may_allow
        if path == explicit and not path.exists():
            raise ConfigError(f"{path}: no such file.", remedy="Name an existing file with --config.", field="config")
        data = _read_toml(path)
        checked = parse_settings(data, str(path))
        if not trusted:
            refuse_allow(path, checked.permissions)
        rules.extend(data.get("permissions", ()))
        forbidden = sorted(USER_ONLY_KEYS & data.keys()) if not trusted else []
        if forbidden:
            raise ConfigError(
                f"{path}: `{forbidden[0]}` may not be set by a project.",
                remedy=f"Move it to {user_file}.",
                field=forbidden[0],
            )
        merged.update(data)
        if "budgets" in data:
            budgets = checked.budgets if trusted else budgets.lowered(checked.budgets)
    merged["budgets"] = budgets.model_dump()
    if rules:
        merged["permissions"] = rules
    environment = _environment()
    merged.update(environment)
    return parse_settings(merged, "ORCHESTRATOR_* variables" if environment else "configuration")


def report_settings(
    settings: Settings, cwd: Path, explicit: Path | None, provider: str | None = None
) -> tuple[SettingLine, ...]:
    """The settings that ``load_settings`` gave, with the file, the variable or the option that set each of them."""
    layers: list[tuple[str, dict[str, Any]]] = [
        (str(file.path), _read_toml(file.path)) for file in rule_files(cwd, explicit)
    ]
    for key, value in _environment().items():
        layers.append((f"ORCHESTRATOR_{key.upper()}", {key: value}))
    if provider is not None:
        layers.append(("--provider", {"provider": provider}))
        settings = settings.model_copy(update={"provider": provider})
    return settings_report(settings, layers)


def _environment() -> dict[str, str]:
    """What the variables set; the text is validated with everything else."""
    values = {key: os.environ.get(f"ORCHESTRATOR_{key.upper()}") for key in ENVIRONMENT_KEYS}
    return {key: value for key, value in values.items() if value is not None}


def live_budgets(cwd: Path, explicit: Path | None) -> Callable[[], Budgets]:
    """The budgets as the configuration files say now, so that a person can raise one without a restart.

    Files that changed are read at most once a second; while one is not valid, the budgets stay as they were.
    """
    budgets = load_settings(cwd, explicit).budgets
    paths = (user_config_file(), explicit or cwd / PROJECT_FILE)
    seen, looked_at = _stamps(paths), time.monotonic()

    def now() -> Budgets:
        nonlocal budgets, seen, looked_at
        if time.monotonic() - looked_at >= BUDGETS_EVERY_S:
            looked_at = time.monotonic()
            stamps = _stamps(paths)
            if stamps != seen:
                seen = stamps
                try:
                    budgets = load_settings(cwd, explicit).budgets
                except ConfigError as error:
                    log.warning("the budgets stay as they are: %s", error)
        return budgets

    return now


def _stamps(paths: Iterable[Path]) -> tuple[tuple[int, int] | None, ...]:
    def stamp(path: Path) -> tuple[int, int] | None:
        try:
            status = path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    return tuple(map(stamp, paths))


def rule_files(cwd: Path, explicit: Path | None) -> tuple[RuleFile, ...]:
    """The files that hold settings and permission rules, in the order in which they are merged."""
    own = RuleFile(user_config_file(), may_allow=True)
    other = (
        RuleFile(explicit, may_allow=True) if explicit is not None else RuleFile(cwd / PROJECT_FILE, may_allow=False)
    )
    return own, other


def user_config_file() -> Path:
    """The user's own configuration file, which agents do not work on."""
    return Path(platformdirs.user_config_dir("orchestrator-tui")) / "config.toml"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path.read_text(), path)
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}.", remedy="Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.", remedy="Make it readable.") from None
