"""A session's place on disk: one private folder, its owner's lock, its secret and where its supervisor listens."""

import fcntl
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

import platformdirs

from orchestrator_tui.core.errors import CannotRun, SessionOwned, UsageError
from orchestrator_tui.state_files import STATE_DIR_VARIABLE, require_own, take_back, unusable, write_private

APP_NAME = "orchestrator-tui"
OwnerKind = Literal["dashboard", "serve", "run", "api"]
_SECRET_BYTES = 32
_LOOKERS_WITHIN_S = 1.0
_LOOKER_PAUSE_S = 0.005
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def state_root(environ: Mapping[str, str]) -> Path:
    """``$ORCHESTRATOR_STATE_DIR``, or the platform's folder for user state."""
    configured = environ.get(STATE_DIR_VARIABLE)
    return Path(configured).expanduser().absolute() if configured else Path(platformdirs.user_state_dir(APP_NAME))


def default_session(directory: Path) -> str:
    """The session's name for a directory: its name and a short hash of its path."""
    path = directory.resolve()
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", path.name).strip("-")[:40] or "root"
    return f"{name}-{hashlib.sha256(str(path).encode()).hexdigest()[:6]}"


@dataclass(frozen=True, slots=True)
class EndpointInfo:
    """Where a supervisor listens; kept in ``endpoint.json`` (0600)."""

    url: str
    token: str
    pid: int
    tmux_socket: str
    state_dir: str
    kind: str


class Session:
    """The folder of one session (0700) and what it holds.

    Raises UsageError for a name that is not a plain file name, CannotRun when the folder cannot be used.
    """

    def __init__(self, root: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"`session`: {name!r} is not a session name.",
                remedy="Use letters, digits, dot, dash and underscore, at most 64.",
                field="session",
            )
        self.name = name
        self.root = root
        self.folder = root / name
        self.database = self.folder / "missions.db"
        self.events = self.folder / "events.jsonl"
        self.log = self.folder / "orchestrator.log"
        self.inbox = self.folder / "inbox.json"
        self.dashboard = self.folder / "dashboard.json"
        # No session is called so: their names begin with a letter or a digit.
        self.user_dashboard = root / ".dashboard.json"
        self.agents = self.folder / "agents"
        self._lock_file = self.folder / "owner.lock"
        self._endpoint_file = self.folder / "endpoint.json"
        self._port_file = self.folder / "port"
        self._secret_file = self.folder / "secret"
        self._private = frozenset({self.database, self.events, self._endpoint_file, self._secret_file})

    def create(self) -> None:
        """Makes the folders, private to the user, and closes files in them that are open to others.

        Raises CannotRun, naming it, for what cannot be used or belongs to another user.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.folder, self.agents):
                folder.mkdir(exist_ok=True, mode=0o700)
                require_own(folder.stat())
                folder.chmod(0o700)
            for file in self.folder.iterdir():
                take_back(file, follow=file in self._private)
        except OSError as error:
            raise CannotRun(
                f"The state folder {self.folder} cannot be used: {error.strerror}.",
                remedy=f"Set {STATE_DIR_VARIABLE} to a folder that you may write.",
            ) from error

    def agent_folder(self, agent_id: int) -> Path:
        """Where the files of one agent are, or will be."""
        return self.agents / str(agent_id)

    def agent_files(self, agent_id: int) -> Path:
        """The private folder of one agent."""
        folder = self.agent_folder(agent_id)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            require_own(folder.stat())
        except OSError as error:
            raise unusable(folder, error) from error
        return folder

    def secret(self) -> bytes:
        """The session's secret, made at first use; every token is derived from it.

        Raises CannotRun when it cannot be read or is damaged: a new one would lock out the agents that live.
        """
        if not self._secret_file.exists():
            write_private(self._secret_file, secrets.token_hex(_SECRET_BYTES))
        try:
            require_own(self._secret_file.stat())
            self._secret_file.chmod(0o600)
            text = self._secret_file.read_bytes()
        except OSError as error:
            raise unusable(self._secret_file, error) from error
        if len(text) < _SECRET_BYTES:
            raise CannotRun(
                f"The session's secret {self._secret_file} is damaged.",
                remedy="Delete it and restart the session's agents: they need new tokens.",
            )
        return text

    def port(self) -> int:
        """The port that was chosen for the session, or 0 before the first start."""
        try:
            return int(self._port_file.read_text())
        except (OSError, ValueError):
            return 0

    def remember_port(self, port: int) -> None:
        """Keeps the port for every later supervisor, since running agents never read it again."""
        write_private(self._port_file, str(port))

    def publish_endpoint(self, info: EndpointInfo) -> None:
        """Writes ``endpoint.json``."""
        write_private(self._endpoint_file, json.dumps(asdict(info)))

    def withdraw_endpoint(self) -> None:
        """Removes ``endpoint.json``; one that cannot be removed is stale, and never printed, without its owner."""
        with suppress(OSError):
            self._endpoint_file.unlink(missing_ok=True)

    def endpoint(self) -> EndpointInfo | None:
        """The running supervisor's endpoint; None when none runs, even if a stale file is there.

        Raises CannotRun when another user wrote the file: it would lead there.
        """
        if not self.is_owned():
            return None
        try:
            require_own(self._endpoint_file.stat())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unusable(self._endpoint_file, error) from error
        try:
            data = cast("dict[str, Any]", json.loads(self._endpoint_file.read_text()))
            return EndpointInfo(**data)
        except (OSError, ValueError, TypeError):
            return None

    def owner(self) -> tuple[str, int] | None:
        """Kind and pid of the owner as it wrote them, or None."""
        try:
            kind, _, pid = self._lock_file.read_text().partition(" ")
            return kind, int(pid)
        except (OSError, ValueError):
            return None

    def is_owned(self) -> bool:
        """Whether a living process owns the session. Raises CannotRun when that cannot be found out."""
        try:
            with self._lock_file.open("r") as handle:
                try:
                    fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return True
                return False
        except FileNotFoundError:
            return False
        except OSError as error:
            raise unusable(self._lock_file, error) from error

    def lock(self, kind: OwnerKind) -> "SessionLock":
        """Takes the session for this process.

        Raises SessionOwned when another process has it, CannotRun when the lock cannot be used.
        """
        try:
            handle = self._lock_file.open("a+")
        except OSError as error:
            raise unusable(self._lock_file, error) from error
        try:
            is_ours = _take(handle)
        except OSError as error:
            # File systems without locks, as some network shares are.
            handle.close()
            raise unusable(self._lock_file, error) from error
        if not is_ours:
            handle.close()
            owner = self.owner()
            who = f"another process ({owner[0]}, pid {owner[1]})" if owner else "another process"
            raise SessionOwned(
                f"The session {self.name} is owned by {who}.",
                remedy="Use that one, end it, or choose another with --session NAME.",
            )
        try:
            handle.truncate(0)
            handle.write(f"{kind} {os.getpid()}")
            handle.flush()
        except OSError as error:
            with suppress(OSError):
                handle.close()
            raise unusable(self._lock_file, error) from error
        return SessionLock(handle)


class SessionLock:
    """Ownership of a session; the kernel gives it back when the process dies."""

    def __init__(self, handle: IO[str]) -> None:
        self._handle = handle

    def release(self) -> None:
        """Gives the session back."""
        self._handle.close()


def _take(handle: IO[str]) -> bool:
    """Whether the lock is ours now; only an owner is a reason to give up, not somebody who looks for one."""
    deadline = time.monotonic() + _LOOKERS_WITHIN_S
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        try:
            # Lookers share the lock, an owner does not.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(handle, fcntl.LOCK_UN)
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOKER_PAUSE_S)
