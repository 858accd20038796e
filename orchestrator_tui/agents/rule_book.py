"""The rules that answer permission requests: read from the configuration, added to in the user's own file."""

import asyncio
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from orchestrator_tui.agents.rule_files import RuleFile, read_rules, signature
from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.foreign import read_toml
from orchestrator_tui.core.permission_rules import PermissionRule


class RuleBook:
    """The rules in force.

    ``path`` is the user's file, in which ``save`` keeps new ones; None keeps none. ``files`` are read anew when they
    change. ``problem`` says why the newest edit is not in force; the rules before it then are.
    """

    def __init__(
        self, rules: Sequence[PermissionRule] = (), path: Path | None = None, files: Sequence[RuleFile] = ()
    ) -> None:
        self._rules = list(rules)
        self.path = path
        self.problem: ConfigError | None = None
        self._files = files
        self._seen = signature(files)

    def refresh(self) -> bool:
        """Reads the files anew if one changed; whether something is different now. One stat a file otherwise."""
        now = signature(self._files)
        if now == self._seen:
            return False
        self._seen = now
        before = self._rules, self.problem
        try:
            self._rules, self.problem = read_rules(self._files), None
        except ConfigError as error:
            self.problem = error
        return (self._rules, self.problem) != before

    @property
    def rules(self) -> Sequence[PermissionRule]:
        """The rules in force."""
        return tuple(self._rules)

    async def save(self, rule: PermissionRule) -> None:
        """Appends a rule to the user's file, whole or not at all, and uses it from now on.

        Raises ConfigError when the file cannot take it.
        """
        if rule in self._rules:
            return
        if self.path is None:
            raise ConfigError("There is no file for rules.", remedy="Start from the command line.", field="permissions")
        await asyncio.to_thread(append_rule, self.path, rule)
        self._rules = [*self._rules, rule]


def append_rule(path: Path, rule: PermissionRule) -> None:
    """Adds a rule behind everything else in a TOML file, which is made when it is missing. Raises ConfigError."""
    try:
        before = path.read_text() if path.exists() else ""
        old = _rules(before)
        after = f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{rule_toml(rule)}"
        if _rules(after) != [*old, rule.model_dump(mode="json")]:
            raise ValueError
        _replace(path, after)
    except (ValueError, ConfigError):
        raise ConfigError(
            f"{path}: the rule cannot be added to this file.",
            remedy="Write your rules there as [[permissions]] tables, not as a list in one line.",
            field="permissions",
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written: {error.strerror}.", remedy="Make it writable.", field="permissions"
        ) from None


def rule_toml(rule: PermissionRule) -> str:
    """A rule as a TOML table."""
    fields = (("action", rule.action.value), ("tool", rule.tool), ("pattern", rule.pattern))
    return "\n[[permissions]]\n" + "".join(f"{name} = {_text(value)}\n" for name, value in fields)


def _text(value: str) -> str:
    # A JSON string is a TOML string but for this one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _rules(text: str) -> list[dict[str, Any]]:
    found = read_toml(text, "the file").get("permissions", [])
    return cast("list[dict[str, Any]]", found)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A link is followed, so that a file kept elsewhere stays where it is.
    real = path.resolve()
    mode = real.stat().st_mode & 0o777 if real.exists() else 0o600
    descriptor, name = tempfile.mkstemp(dir=real.parent, prefix=".config-")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(real)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
