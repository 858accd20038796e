"""Shared by tests that run the whole program: a private state folder, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.pty.socket import socket_name
from orchestrator_tui.session import Session

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")


def pytest_configure() -> None:
    """Started in the background of a script, a process ignores ctrl+c, and so would all that the tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_until(condition: Callable[[], Any], what: str, timeout_s: float = 20.0) -> Any:
    """Polls until ``condition`` is true and returns its value; fails naming ``what``."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout_s} s: {what}")
        time.sleep(0.02)


@dataclass
class Program:
    """The command line with a private state folder and HOME; remembers what it starts."""

    root: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list[subprocess.Popen[str]])
    sessions: set[str] = field(default_factory=set[str])
    extra: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.root / "state"

    @property
    def environ(self) -> dict[str, str]:
        """A clean environment."""
        kept = {key: os.environ[key] for key in KEPT_VARIABLES if key in os.environ}
        return {
            **kept,
            "HOME": str(self.root / "home"),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/sh",
            "ORCHESTRATOR_STATE_DIR": str(self.state),
            **self.extra,
        }

    def session(self, name: str) -> Session:
        """The session's folder."""
        self.sessions.add(name)
        return Session(self.state, name)

    def run(
        self, *arguments: str, timeout_s: float = 120, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "orchestrator_tui", *arguments],
            env=self.environ if env is None else dict(env),
            cwd=self.root,
            text=True,
            capture_output=True,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts a command in the background; its output goes to files in the root."""
        number = len(self.started)
        with (
            (self.root / f"out-{number}").open("w") as output,
            (self.root / f"err-{number}").open("w") as errors,
        ):
            process = subprocess.Popen(
                [sys.executable, "-m", "orchestrator_tui", *arguments],
                env=self.environ,
                cwd=self.root,
                text=True,
                stdout=output,
                stderr=errors,
                stdin=subprocess.DEVNULL,
            )
        self.started.append(process)
        return process

    def serve(self, name: str, *arguments: str) -> dict[str, Any]:
        """Starts a supervisor and returns its endpoint."""
        self.sessions.add(name)
        process = self.start("serve", "--session", name, "--provider", "demo", *arguments)

        def answers() -> dict[str, Any] | None:
            if process.poll() is not None:
                pytest.fail(f"serve ended: {(self.root / f'err-{self.started.index(process)}').read_text()}")
            info = self.session(name).endpoint()
            if info is None or info.pid != process.pid:
                return None
            return {"url": info.url, "token": info.token, "pid": info.pid, "tmux_socket": info.tmux_socket}

        endpoint: dict[str, Any] = wait_until(answers, "serve publishes its endpoint")
        return endpoint

    def json(self, *arguments: str) -> Any:
        """Runs a command with ``--json`` and returns what it printed."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def close(self) -> None:
        """Ends what was started: programs by pid, tmux servers by their private sockets."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
        for name in self.sessions:
            session = Session(self.state, name)
            owner = session.owner()
            if owner is not None and session.is_owned():
                os.kill(owner[1], signal.SIGKILL)
            subprocess.run(
                ["tmux", "-L", socket_name(session.folder, name), "kill-server"],
                env=self.environ,
                check=False,
                capture_output=True,
            )


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The command line, private to one test."""
    (tmp_path / "home").mkdir()
    made = Program(tmp_path)
    yield made
    made.close()
