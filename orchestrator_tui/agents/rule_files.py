"""The permission rules of configuration files, read anew when a file changed: nothing but them is reloaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator_tui.core.config import parse_settings
from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.foreign import read_toml
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction

Signature = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file with ``[[permissions]]``; one that agents can write is not ``may_allow``."""

    path: Path
    may_allow: bool


def signature(files: Sequence[RuleFile]) -> Signature:
    """What changes with a file: one stat each. None for a file that is not there."""
    return tuple(_signature(file.path) for file in files)


def read_rules(files: Sequence[RuleFile]) -> list[PermissionRule]:
    """The rules of all files, in order. Raises ConfigError naming file, field and remedy."""
    rules: list[PermissionRule] = []
    for file in files:
        rules += _rules_in(file)
    return rules


def refuse_allow(path: Path, rules: Sequence[PermissionRule]) -> None:
    """Raises ConfigError when a project's file allows something."""
    if any(rule.action is RuleAction.ALLOW for rule in rules):
        raise ConfigError(
            f"{path}: `permissions`: a project may only deny or ask.",
            remedy="Move the allow rule to your own config.toml.",
            field="permissions",
        )


def _rules_in(file: RuleFile) -> Sequence[PermissionRule]:
    try:
        data = read_toml(file.path.read_text(), file.path)
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file.path}: not valid TOML: {error}.", remedy="Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(f"{file.path}: cannot be read: {error.strerror}.", remedy="Make it readable.") from None
    rules = parse_settings({"permissions": data.get("permissions", [])}, str(file.path)).permissions
    if not file.may_allow:
        refuse_allow(file.path, rules)
    return rules


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
