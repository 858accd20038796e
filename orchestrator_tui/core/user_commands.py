"""A person's own commands: what stands in the configuration, and how placeholders become arguments. Pure."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

PLACEHOLDERS = {
    "agent": "the agent's number",
    "agent_name": "the agent's name",
    "role": "the agent's role",
    "model": "the agent's model",
    "pid": "the process id of the agent's program",
    "worktree": "the folder of the agent's own worktree",
    "branch": "the branch of that worktree",
    "base": "what that branch is measured against",
    "mission": "the mission's id",
    "mission_title": "the mission's first line",
    "session": "the session",
    "project": "the project's folder",
}
"""What may stand in braces, and what it becomes."""

_PLACEHOLDER = re.compile(r"\{\{([A-Za-z_]+)\}\}|\{([A-Za-z_]+)\}")
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ash", "ksh", "fish"})


class UserCommand(BaseModel):
    """One command: ``run`` is argv, never through a shell, with ``{placeholders}`` (``{{agent}}`` is the text itself).

    ``key`` is written as in ``[keys]``; without one it stands in the palette. ``panel``: where the key means this;
    None everywhere. ``show``: ``terminal`` gives it the whole terminal, ``output`` shows what it prints, ``quiet``
    tells only how it ended. ``confirm`` asks first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=40)
    key: str | None = None
    run: tuple[str, ...] = Field(min_length=1)
    panel: Literal["agents", "missions"] | None = None
    show: Literal["terminal", "output", "quiet"] = "output"
    confirm: bool = False

    @field_validator("name")
    @classmethod
    def _name_can_be_an_id(cls, value: str) -> str:
        if not _slug(value) or not value.isprintable():
            raise ValueError("needs a letter or a digit, and nothing that cannot be printed")
        return value.strip()

    @field_validator("run")
    @classmethod
    def _placeholders_exist(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value[0]:
            raise ValueError("the program has no name")
        for part in value:
            for name in _names(part):
                if name not in PLACEHOLDERS:
                    raise ValueError(_unknown(name))
        _refuse_in_scripts(value)
        return value

    @property
    def id(self) -> str:
        """The id of its action."""
        return f"command.{_slug(self.name)}"

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names that it uses, each once, in order."""
        return tuple(dict.fromkeys(name for part in self.run for name in _names(part)))

    def argv(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Its arguments; every placeholder needs a value, and becomes part of one argument whatever is in it."""
        return tuple(_filled(part, values) for part in self.run)

    def option_like(self, values: Mapping[str, str]) -> str | None:
        """The placeholder that begins an argument with a dash, which a program would take for an option; else None."""
        for part in self.run[1:]:
            found = _PLACEHOLDER.match(part)
            if found is not None and found[2] and values.get(found[2], "").startswith("-"):
                return found[2]
        return None


def check_names(commands: Sequence[UserCommand]) -> None:
    """Raises ValueError where two commands would have the same id."""
    ids = [command.id for command in commands]
    for command in commands:
        if ids.count(command.id) > 1:
            raise ValueError(f"two are called {command.name!r}, or nearly so: give one of them another name")


def _slug(name: str) -> str:
    return "-".join(re.findall(r"[^\W_]+", name.casefold()))


def _names(part: str) -> Iterator[str]:
    return (found[2] for found in _PLACEHOLDER.finditer(part) if found[2])


def _filled(part: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[2]] if found[2] else f"{{{found[1]}}}", part)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, PLACEHOLDERS, n=1, cutoff=0.4)
    hint = f"did you mean {{{near[0]}}}?" if near else f"known are {', '.join(f'{{{one}}}' for one in PLACEHOLDERS)};"
    return f"there is no placeholder {{{name}}}: {hint} {{{{{name}}}}} is the text itself"


def _refuse_in_scripts(run: Sequence[str]) -> None:
    """A shell would run what agents wrote: their names, missions and branches may be arguments, never its script."""
    for at, part in enumerate(run[:-1]):
        is_shell = any(PurePath(before).name in _SHELLS for before in run[:at])
        if is_shell and re.fullmatch(r"-[a-zA-Z]*c", part) and any(_names(run[at + 1])):
            name = next(_names(run[at + 1]))
            raise ValueError(
                f'{{{name}}} stands in a shell\'s script, which would run what is in it: write "$1" there and add '
                f'"sh", "{{{name}}}" behind the script'
            )
