"""A tmux server of one test's own."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from orchestrator_tui.core.models import LaunchSpec


class PrivateTmux:
    """Starts programs in panes; ``close`` ends the server and with it everything that it started."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "tmux"

    def start(self, spec: LaunchSpec, environ: Mapping[str, str]) -> int:
        """Runs a program in a new session with exactly this environment; its process id."""
        with_marks = {**environ, **spec.env}
        options = [part for name, value in with_marks.items() for part in ("-e", f"{name}={value}")]
        size = ("-x", "120", "-y", "40")
        argv = ("new-session", "-d", "-P", "-F", "#{pane_pid}", *size, "-c", spec.cwd or "/", *options, "--")
        return int(self._run(with_marks, "-f", "/dev/null", *argv, *spec.argv))

    def screen(self) -> str:
        """What the newest pane shows; empty when there is none."""
        try:
            return self._run({}, "capture-pane", "-p")
        except subprocess.CalledProcessError:
            return ""

    def press(self, *keys: str) -> None:
        """Sends keys by tmux's names."""
        self._run({}, "send-keys", *keys)

    def close(self) -> None:
        """Ends the server; it may be gone already."""
        subprocess.run(["tmux", "-S", str(self._socket), "kill-server"], capture_output=True, check=False)

    def _run(self, environ: Mapping[str, str], *arguments: str) -> str:
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **environ}
        argv = ["tmux", "-S", str(self._socket), *arguments]
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stdout
