"""What a user writes about a program that is supervised by its screen alone."""

import re
import warnings
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

BUILT_IN = ("claude", "demo")
PLACEHOLDERS = ("prompt", "context", "id", "nonce", "mission")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_KEY_NAME = re.compile(r"[A-Za-z0-9+^_-]+")


def _pattern(value: str) -> str:
    try:
        with warnings.catch_warnings():
            # What a later Python may read differently is no news for the terminal of a dashboard.
            warnings.simplefilter("ignore", FutureWarning)
            compiled = re.compile(value, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{value!r} is not a regular expression: {error}") from None
    if compiled.search("") is not None:
        raise ValueError(f"{value!r} matches an empty screen, so it would always match")
    return value


def _key(value: str) -> str:
    if not _KEY_NAME.fullmatch(value):
        raise ValueError(f"{value!r} is not a key; use tmux key names such as Enter, Escape or C-c")
    return value


def _one_line(value: str) -> str:
    if not value.strip() or "\n" in value or "\r" in value:
        raise ValueError("must be exactly one line")
    return value


def _usable_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError(f"{value!r} is not a usable environment variable")
    if value.startswith("ORCHESTRATOR_"):
        raise ValueError(f"{value!r} is the orchestrator's own")
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
Key = Annotated[str, AfterValidator(_key)]
Line = Annotated[str, AfterValidator(_one_line)]
Variable = Annotated[str, AfterValidator(_usable_name)]


class ProviderConfig(BaseModel):
    r"""One table ``[providers.NAME]``.

    ``command`` is argv, never through a shell. Patterns are regular expressions, searched in the visible screen: lines
    end without trailing blanks, blank lines at the bottom are cut off, ``^`` and ``$`` match at every line and ``\Z``
    only at the end. ``submit``, ``clear``, ``interrupt``, ``allow`` and ``deny`` are tmux key names. ``exit`` is a line
    that makes the idle program end. ``prompt_by`` says how a mission arrives: typed (several lines as a bracketed
    paste), as a file that ``file_line`` names, or as the last argument of a new process. ``template`` is what the
    program is told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: Annotated[list[str], Field(min_length=1)]
    ready_pattern: Pattern
    busy_pattern: Pattern | None = None
    ask_pattern: Pattern | None = None
    fail_pattern: Pattern | None = None
    prompt_by: Literal["paste", "file", "argument"] = "paste"
    file_line: Line = "Read the file {file} and do what it says."
    template: str | None = None
    complete: Literal["when_ready", "by_report"] = "when_ready"
    submit: Key = "Enter"
    clear: list[Key] = Field(default_factory=lambda: ["C-u"])
    interrupt: Annotated[list[Key], Field(min_length=1)] = Field(default_factory=lambda: ["C-c"])
    allow: list[Key] = Field(default_factory=list[str])
    deny: list[Key] = Field(default_factory=list[str])
    exit: Line | None = None
    env: dict[Variable, str] = Field(default_factory=dict[str, str])

    @model_validator(mode="after")
    def _fits_together(self) -> "ProviderConfig":
        if "\0" in "".join(self.command) or not self.command[0]:
            raise ValueError("`command` names no program")
        if "{file}" not in self.file_line:
            raise ValueError("`file_line` must contain {file}, the place of the file's path")
        unknown = sorted(set(_PLACEHOLDER.findall(self.text_template)) - set(PLACEHOLDERS))
        if unknown and self.template is not None:
            known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            raise ValueError(f"`template` has {{{unknown[0]}}}; known are {known}")
        if self.template is not None and not {"prompt", "mission"} & set(_PLACEHOLDER.findall(self.template)):
            raise ValueError("`template` must contain {prompt} or {mission}")
        if self.prompt_by == "argument" and self.busy_pattern is None:
            raise ValueError("`prompt_by` argument needs `busy_pattern`: nothing else shows that the mission began")
        return self

    @property
    def text_template(self) -> str:
        """What the program is told; by default the bare prompt, or the whole mission when it reports by itself."""
        if self.template is not None:
            return self.template
        return "{prompt}" if self.complete == "when_ready" else "{mission}"


def fill(template: str, values: dict[str, str]) -> str:
    """``template`` with its placeholders replaced once; braces in the values stay as they are."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)
