"""Strangers that look like ours: nobody may touch them, and they note whatever reaches them."""

import os
import signal
import subprocess
from pathlib import Path

import psutil

from tests.chaos.world import tmux

_PROGRAM = """for s in HUP INT QUIT TERM USR1 USR2 CONT; do trap "echo got $s >> '$1'" $s; done
echo ready >> "$1"
while :; do if read -r line; then echo "typed $line" >> "$1"; elif ! kill -0 $PPID; then exit; fi; done"""
_PANES = "#{session_name} #{window_id} #{pane_id} #{pane_pid} #{pane_dead} #{pane_in_mode} #{window_width}"


class Decoy:
    """A tmux server on a socket of its own whose session, panes and variables bear our names, and a bare process."""

    def __init__(self, root: Path, session: str, socket: Path) -> None:
        self._socket = root / "decoy"
        self._logs = [root / f"decoy-{name}" for name in ("pane", "process")]
        script = root / "decoy.sh"
        script.write_text(_PROGRAM)
        # All marks but one: the same agent of the same session at another socket.
        marks = {"ORCHESTRATOR_AGENT_ID": "1", "ORCHESTRATOR_SESSION": socket.name, "ORCHESTRATOR_SOCKET": "/nowhere"}
        environment = {**{key: value for key, value in os.environ.items() if not key.startswith("TMUX")}, **marks}
        command = f"exec sh '{script}' '{self._logs[0]}'"
        argv = ["tmux", "-S", str(self._socket), "-f", "/dev/null", "new-session", "-d", "-s", "agents", command]
        subprocess.run(argv, check=True, env=environment, cwd=root, stdin=subprocess.DEVNULL)
        tmux(self._socket, "set-option", "-p", "-t", "agents", "@agent_id", "1")
        tmux(self._socket, "new-session", "-d", "-s", session, command)
        self._process = psutil.Popen(
            ["sh", str(script), str(self._logs[1])], env=environment, cwd=root, stdin=subprocess.PIPE
        )

    @property
    def is_ready(self) -> bool:
        """Whether both kinds of decoy listen for what reaches them."""
        texts = [log.read_text() if log.exists() else "" for log in self._logs]
        return texts == ["ready\nready\n", "ready\n"]

    def look(self) -> tuple[object, ...]:
        """Everything that would change if somebody touched one of them."""
        server = tmux(self._socket, "display-message", "-p", "#{pid} #{start_time}")
        rows = tmux(self._socket, "list-panes", "-a", "-F", _PANES).splitlines()
        screens = [tmux(self._socket, "capture-pane", "-p", "-S", "-", "-t", row.split()[2]).strip() for row in rows]
        pids = [int(row.split()[3]) for row in rows]
        births = [psutil.Process(pid).create_time() if psutil.pid_exists(pid) else None for pid in pids]
        clients = tmux(self._socket, "list-clients").splitlines()
        alone = (self._process.pid, self._process.poll())
        return (server, rows, screens, births, clients, alone, [log.read_text() for log in self._logs])

    def close(self) -> None:
        """Ends them, by pid."""
        server = tmux(self._socket, "display-message", "-p", "#{pid}").strip()
        if server:
            tmux(self._socket, "kill-server")
        for process in (self._process,):
            process.send_signal(signal.SIGKILL)
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
