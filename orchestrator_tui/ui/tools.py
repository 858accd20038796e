"""A person's own programs: which editor, which shell, and how a file is opened at a line."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator_tui.core.errors import CannotRun


@dataclass(frozen=True, slots=True)
class Tools:
    """What the configuration says; ``editor`` empty is ``$VISUAL``, ``$EDITOR``, or what there is."""

    editor: tuple[str, ...] = ()


NO_TOOLS = Tools()

_USUAL_EDITORS = ("nano", "vim", "vi")
_PLUS_LINE = frozenset({"vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "kak", "micro", "joe", "mg", "ne"})
_COLON_LINE = frozenset({"hx", "helix", "subl", "zed"})
_GOTO = frozenset({"code", "codium", "cursor", "windsurf"})


def editor_argv(tools: Tools, environ: Mapping[str, str], find: Callable[[str], str | None]) -> tuple[str, ...]:
    """The editor's argv without files; ``find`` says where a program is. Raises CannotRun when there is none."""
    if tools.editor:
        return tools.editor
    for name in ("VISUAL", "EDITOR"):
        value = environ.get(name, "").strip()
        if value:
            try:
                return tuple(shlex.split(value))
            except ValueError as error:
                raise CannotRun(f"${name} cannot be read: {error}.", remedy=f"Correct its quotes: {value}") from None
    found = next((name for name in _USUAL_EDITORS if find(name)), None)
    if found is None:
        raise CannotRun("There is no editor.", remedy="Set $EDITOR, or `editor` in your configuration.")
    return (found,)


def file_argv(editor: Sequence[str], path: str, line: int | None) -> tuple[str, ...]:
    """The argv that opens a file, at a line where the editor is known to take one."""
    name = Path(editor[0]).name
    if line is None:
        return (*editor, path)
    if name in _PLUS_LINE:
        return (*editor, f"+{line}", path)
    if name in _GOTO:
        return (*editor, "--goto", f"{path}:{line}")
    return (*editor, f"{path}:{line}" if name in _COLON_LINE else path)


def shell_argv(environ: Mapping[str, str], find: Callable[[str], str | None]) -> tuple[str, ...]:
    """The person's shell."""
    return (environ.get("SHELL") or find("zsh") or "/bin/sh",)
