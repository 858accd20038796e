"""Turning a configuration into a program that can start, refusing what cannot before tmux is touched."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.models import LaunchSpec
from orchestrator_tui.pty.commands import AGENT_OPTION, Program

AGENT_MARKER = "ORCHESTRATOR_AGENT_ID"
SESSION_MARKER = "ORCHESTRATOR_SESSION"
SOCKET_MARKER = "ORCHESTRATOR_SOCKET"


def session_markers(socket: Path) -> dict[str, str]:
    """The variables that every process of a session has: the socket's name, and its path since names may repeat."""
    return {SESSION_MARKER: socket.name, SOCKET_MARKER: str(socket)}


def agent_markers(agent_id: int, socket: Path) -> dict[str, str]:
    """The variables by which an agent's processes are recognised after they left its tree."""
    return {AGENT_MARKER: str(agent_id), **session_markers(socket)}


def default_shell(environ: Mapping[str, str]) -> str:
    """The user's shell, else zsh where it exists, else sh."""
    configured = environ.get("SHELL")
    if configured and shutil.which(configured):
        return configured
    return "/bin/zsh" if Path("/bin/zsh").exists() else "/bin/sh"


def resolve_program(
    config: PTYConfig, launch: LaunchSpec | None, environ: Mapping[str, str], marks: Mapping[str, str]
) -> Program:
    """The program that ``config`` and ``launch`` ask for; ``launch`` wins and its environment is merged over.

    Raises UsageError naming ``cwd``, ``command``, ``shell`` or ``env``.
    """
    env = {**config.env, **(launch.env if launch else {}), **marks}
    for name, value in env.items():
        if not name or "=" in name or "\0" in name or "\0" in value:
            raise UsageError(f"`env`: {name!r} is not a usable environment variable.", field="env")
    cwd = _folder((launch.cwd if launch and launch.cwd else None) or config.cwd)
    argv = _argv(config, launch, environ)
    if any("\0" in part for part in argv):
        raise UsageError("`command`: an argument holds a NUL character.", field="command")
    field = "command" if launch or config.command else "shell"
    executable = _executable(argv[0], cwd, env.get("PATH", environ.get("PATH")))
    if executable is None:
        raise UsageError(
            f"`{field}`: {argv[0]!r} is not a program that can be run.",
            remedy="Give its full path, or add its folder to PATH.",
            field=field,
        )
    return Program((executable, *argv[1:]), env, cwd)


def checked_options(options: Mapping[str, str]) -> dict[str, str]:
    """Pane options that can be stored and read back.

    Raises UsageError for a name that is not ``@name``, our own ``@agent_id``, or a value with control characters.
    """
    for name, value in options.items():
        plain = name[1:].replace("_", "").replace("-", "")
        if not name.startswith("@") or not (plain.isascii() and plain.isalnum()) or name == AGENT_OPTION:
            raise UsageError(f"`options`: {name!r} is not the name of a pane option.", field="options")
        if not value.isprintable():
            raise UsageError(f"`options`: the value of {name} holds control characters.", field="options")
    return dict(options)


def _argv(config: PTYConfig, launch: LaunchSpec | None, environ: Mapping[str, str]) -> tuple[str, ...]:
    if launch is not None and launch.argv:
        return launch.argv
    return tuple(config.command) if config.command else (config.shell or default_shell(environ),)


def _folder(cwd: str | None) -> str:
    path = Path(cwd).expanduser().absolute() if cwd else Path.cwd()
    if "\0" in str(path) or not path.is_dir():
        raise UsageError(f"`cwd`: {str(path)!r} is not a folder.", remedy="Make it, or choose another.", field="cwd")
    return str(path)


def _executable(name: str, cwd: str, path: str | None) -> str | None:
    if not name:
        return None
    if "/" in name:
        candidate = Path(cwd, name)
        return str(candidate) if candidate.is_file() and os.access(candidate, os.X_OK) else None
    # tmux's own PATH may be that of an earlier supervisor: resolve here.
    found = shutil.which(name, path=path)
    return str(Path(found).absolute()) if found else None
