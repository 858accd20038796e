"""Where a session's tmux server listens."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from orchestrator_tui.core.errors import CannotRun, TmuxUnavailable

_PATH_LIMIT = 100


def socket_name(state_dir: Path, session: str) -> str:
    """The tmux socket's name for a session, so that two state folders never share a server."""
    digest = hashlib.sha256(f"{state_dir.expanduser().absolute()}\0{session}".encode()).hexdigest()
    return f"orch-{digest[:12]}"


def socket_path(name: str, environ: Mapping[str, str]) -> Path:
    """The path that ``tmux -L name`` uses under ``environ`` (it honours ``TMUX_TMPDIR``).

    Raises TmuxUnavailable when a Unix socket cannot have so long a path.
    """
    configured = environ.get("TMUX_TMPDIR")
    base = Path(configured) if configured and Path(configured).is_dir() else Path("/tmp")
    path = base.resolve() / f"tmux-{os.getuid()}" / name
    if len(os.fsencode(path)) > _PATH_LIMIT:
        raise TmuxUnavailable(
            f"The tmux socket's path {path} is too long for a Unix socket.",
            remedy="Set TMUX_TMPDIR to a shorter folder.",
            field="TMUX_TMPDIR",
        )
    return path


def prepare_socket_folder(path: Path) -> None:
    """Makes the socket's folder, private to the user, as tmux itself would.

    Raises CannotRun when the folder cannot be made or belongs to someone else.
    """
    folder = path.parent
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise CannotRun(
                f"The tmux socket folder {folder} belongs to another user.",
                remedy="Set TMUX_TMPDIR to a folder of your own.",
                field="TMUX_TMPDIR",
            )
    except OSError as error:
        raise CannotRun(
            f"The tmux socket folder {folder} cannot be used: {error.strerror}.",
            remedy="Set TMUX_TMPDIR to a folder that you may write.",
            field="TMUX_TMPDIR",
        ) from error
