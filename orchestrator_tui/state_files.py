"""Files of the state folder: nobody else's, closed to all others, replaced in one step."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from orchestrator_tui.core.errors import CannotRun

STATE_DIR_VARIABLE = "ORCHESTRATOR_STATE_DIR"


def require_own(status: os.stat_result) -> None:
    """Raises PermissionError for what belongs to another user."""
    if status.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "belongs to another user")


def take_back(file: Path, *, follow: bool) -> None:
    """Refuses another user's file, and closes ours: a copy or a restored backup may have opened it to others.

    ``follow``: for a link, what it leads to is meant. What is not there is fine. Raises CannotRun.
    """
    try:
        status = file.stat() if follow else file.lstat()
        require_own(status)
        if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
            file.chmod(0o600)
    except FileNotFoundError:
        return
    except OSError as error:
        raise unusable(file, error) from error


def write_private(path: Path, text: str) -> None:
    """Replaces a file in one step, readable by its owner only. Raises CannotRun."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise unusable(path, error) from error


def unusable(path: Path, error: OSError) -> CannotRun:
    """The error that names what cannot be used, why, and what to do."""
    return CannotRun(
        f"{path} cannot be used: {error.strerror or error}.",
        remedy=f"Make it yours to read and write, or set {STATE_DIR_VARIABLE} to a folder that is.",
    )
