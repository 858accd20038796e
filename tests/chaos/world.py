"""What is on the machine that belongs to one run: processes, panes, worktrees and sockets."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.conftest import Program

PANES = "#{pane_dead}\t#{@agent_id}\t#{pane_pid}\t#{window_name}"


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was started, directly or not, by the run."""

    pid: int
    parent: int
    command: str


@dataclass(frozen=True, slots=True)
class Pane:
    """A pane of the run's own tmux server; the keeper has no agent."""

    agent_id: int | None
    pid: int
    is_dead: bool
    window: str


@dataclass(frozen=True, slots=True)
class World:
    """All of it at one moment; ``worktrees`` are those beside the repository itself."""

    supervisor: int | None
    server: int | None
    processes: tuple[Process, ...]
    panes: tuple[Pane, ...]
    worktrees: tuple[str, ...]
    sockets: tuple[str, ...]

    def living(self) -> dict[int, int]:
        """The pid of each agent whose program runs."""
        return {pane.agent_id: pane.pid for pane in self.panes if pane.agent_id is not None and not pane.is_dead}


def observe(program: Program, socket: Path, port: int, repository: Path, supervisor: int | None) -> World:
    """Looks at everything once; ``supervisor`` is the pid of the one that should run."""
    marks = (f"ORCHESTRATOR_STATE_DIR={program.state}".encode(), f"ORCHESTRATOR_SOCKET={socket}".encode())
    sockets = [str(socket)] if socket.exists() else []
    if _is_listening(port):
        sockets.append(f"127.0.0.1:{port}")
    return World(
        supervisor=supervisor,
        server=server_pid(socket),
        processes=tuple(marked(marks)),
        panes=tuple(panes(socket)),
        worktrees=_worktrees(repository),
        sockets=tuple(sockets),
    )


def tmux(socket: Path, *arguments: str) -> str:
    """What a command to a tmux server prints; nothing where none answers."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TMUX")}
    done = subprocess.run(
        ["tmux", "-S", str(socket), *arguments],
        env=environment,
        text=True,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=20,
    )
    return done.stdout if done.returncode == 0 else ""


def server_pid(socket: Path) -> int | None:
    """The tmux server's process."""
    answer = tmux(socket, "display-message", "-p", "#{pid}").strip() if socket.exists() else ""
    return int(answer) if answer else None


def panes(socket: Path) -> list[Pane]:
    """Every pane of a server."""
    rows = [line.split("\t") for line in tmux(socket, "list-panes", "-a", "-F", PANES).splitlines()]
    return [Pane(int(row[1]) if row[1] else None, int(row[2] or 0), row[0] == "1", row[3]) for row in rows]


def marked(marks: Iterable[bytes]) -> list[Process]:
    """Processes whose environment holds one of the marks; the dead that nobody buried have none."""
    wanted = set(marks)
    found: list[Process] = []
    for process in psutil.process_iter():
        try:
            environment = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
            if wanted.intersection(environment):
                found.append(Process(process.pid, process.ppid(), " ".join(process.cmdline())[:120]))
        except (OSError, psutil.Error):
            continue
    return found


def _is_listening(port: int) -> bool:
    found = psutil.net_connections("tcp4")
    return any(item.status == psutil.CONN_LISTEN and item.laddr and item.laddr.port == port for item in found)


def _worktrees(repository: Path) -> tuple[str, ...]:
    listed = subprocess.run(
        ["git", "-C", str(repository), "worktree", "list", "--porcelain"], text=True, capture_output=True, check=True
    ).stdout
    found = [line.partition(" ")[2] for line in listed.splitlines() if line.startswith("worktree ")]
    return tuple(path for path in found if Path(path).resolve() != repository.resolve())
