"""The program itself, started as a person would, in a private state folder and home; everything is ended afterwards."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from orchestrator_tui.pty.procs import ProcessId
from orchestrator_tui.pty.socket import socket_path
from orchestrator_tui.session import EndpointInfo, Session
from tests.benchmarks.lab import PROCESSES, end, short_folder, tmux, until

ROOT = Path(__file__).parents[2]
NAME = "bench"
KEPT = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")


@dataclass
class Started:
    """Where it runs and what has to be ended."""

    root: Path
    sockets: Path
    processes: list[ProcessId] = field(default_factory=list[ProcessId])

    @property
    def session(self) -> Session:
        return Session(self.root / "state", NAME)

    @property
    def environ(self) -> dict[str, str]:
        kept = {key: os.environ[key] for key in KEPT if key in os.environ}
        return {
            **kept,
            "HOME": str(self.root / "home"),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "SHELL": "/bin/sh",
            "PYTHONPATH": str(ROOT),
            "TMUX_TMPDIR": str(self.sockets),
            "ORCHESTRATOR_STATE_DIR": str(self.root / "state"),
        }

    def argv(self, *arguments: str) -> list[str]:
        """The program's command line."""
        return [sys.executable, "-m", "orchestrator_tui", *arguments, "--session", NAME]

    def remember(self, pid: int) -> ProcessId:
        """A process that was started here."""
        process = PROCESSES.identify(pid)
        assert process is not None, f"process {pid} ended at once"
        self.processes.append(process)
        return process

    def endpoint(self) -> EndpointInfo:
        """The running supervisor's endpoint, once it is there."""
        found: list[EndpointInfo] = []

        def look() -> bool:
            info = self.session.endpoint()
            if info is not None:
                found.append(info)
            return info is not None

        until(look, "the program publishes its endpoint")
        return found[0]

    def run(self, *arguments: str) -> str:
        """One command of the program to its end, once its supervisor is there: the screen is drawn before it is."""
        self.endpoint()
        done = subprocess.run(
            self.argv(*arguments), env=self.environ, cwd=self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def wait_idle(self, count: int) -> None:
        """Until this many agents wait for work."""
        until(lambda: self.count("idle") == count, f"{count} agents are idle", pause_s=1.0)

    def count(self, status: str) -> int:
        """How many agents have this status."""
        agents: list[Mapping[str, object]] = json.loads(self.run("agent", "status", "--json"))["agents"]
        return sum(agent["status"] == status for agent in agents)

    def agents_server(self) -> psutil.Process:
        """The tmux server that holds the agents."""
        return psutil.Process(int(tmux(self.agents_socket(), "display-message", "-p", "#{pid}")))

    def agents_socket(self) -> Path:
        """Its socket."""
        return socket_path(self.endpoint().tmux_socket, self.environ)

    def close(self) -> None:
        """Ends the programs by pid, then the agents with their server."""
        owner = self.session.owner()
        if owner is not None and self.session.is_owned():
            self.remember(owner[1])
        for process in self.processes:
            end(process)
        for socket in (self.sockets / f"tmux-{os.getuid()}").glob("*"):
            pid = tmux(socket, "display-message", "-p", "#{pid}", check=False)
            server = PROCESSES.identify(int(pid)) if pid else None
            if server is not None:
                # Not kill-server: that waits for control clients, whose reader was killed just now.
                end(server)


@contextlib.asynccontextmanager
async def program(folder: Path) -> AsyncGenerator[Started]:
    """The program, private to one benchmark."""
    with short_folder() as sockets:
        (folder / "home").mkdir(parents=True)
        started = Started(folder, sockets)
        try:
            yield started
        finally:
            started.close()
