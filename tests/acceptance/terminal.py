"""A terminal for the dashboard: a tmux of its own, driven by keys and read as text."""

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Program, wait_until

CONFIG = """\
set -g remain-on-exit on
set -g escape-time 0
set -g status off
set -g default-terminal tmux-256color
set -g set-clipboard on
set -g assume-paste-time 0
"""
PACE_S = 0.15


@dataclass
class Terminal:
    """One program on one private tmux server; ``close`` ends both."""

    program: Program
    name: str
    columns: int
    rows: int

    def open(self, *arguments: str) -> None:
        """Starts the command line in it."""
        config = self.program.root / "terminal.conf"
        config.write_text(CONFIG)
        size = ("-x", str(self.columns), "-y", str(self.rows))
        self._status.unlink(missing_ok=True)
        # tmux does not always reap at once, so the status is written down by a shell around the program.
        script = '"$@"; printf %s "$?" > "$0.part"; mv "$0.part" "$0"'
        command = ("sh", "-c", script, str(self._status), sys.executable, "-m", "orchestrator_tui", *arguments)
        done = self._tmux("-f", str(config), "new-session", "-d", *size, "-c", str(self.program.root), *command)
        assert done.returncode == 0, done.stderr

    def keys(self, *keys: str) -> None:
        """Presses keys, in tmux's names, at a person's pace: a burst outruns a moving focus."""
        for number, key in enumerate(keys):
            if number:
                time.sleep(PACE_S)
            assert self._tmux("send-keys", key).returncode == 0

    def type(self, text: str) -> None:
        """Types a text as it is."""
        assert self._tmux("send-keys", "-l", text).returncode == 0

    def paste(self, file: Path) -> None:
        """Pastes a file's text, marked as a paste where the program asks for that."""
        assert self._tmux("load-buffer", str(file)).returncode == 0
        assert self._tmux("paste-buffer", "-p", "-d").returncode == 0

    def screen(self) -> str:
        """What is seen."""
        return self._tmux("capture-pane", "-p").stdout

    def styled(self) -> str:
        """What is seen, with its colours."""
        return self._tmux("capture-pane", "-pe").stdout

    def record(self, file: Path) -> None:
        """Keeps every byte that the program writes from now on."""
        assert self._tmux("pipe-pane", "-o", f"cat > '{file}'").returncode == 0

    def title(self) -> str:
        """The title that the program gave its window."""
        return self._tmux("display-message", "-p", "#{pane_title}").stdout.strip()

    def clipboard(self) -> str:
        """What was copied last."""
        return self._tmux("show-buffer").stdout

    def resize(self, columns: int, rows: int) -> None:
        """Gives the terminal another size."""
        self.columns, self.rows = columns, rows
        assert self._tmux("resize-window", "-x", str(columns), "-y", str(rows)).returncode == 0

    def said(self) -> str:
        """Everything that was written, lines joined as the program wrote them."""
        return self._tmux("capture-pane", "-pJS", "-").stdout

    def until(self, *texts: str, timeout_s: float = 20) -> str:
        """Waits until all ``texts`` are seen, and returns the screen."""
        try:
            wait_until(lambda: all(text in self.screen() for text in texts), f"{texts} on the screen", timeout_s)
        except BaseException as error:
            error.add_note(self.screen())
            raise
        return self.screen()

    def until_row(self, name: str, words: str) -> None:
        """Waits until a row of a table has the name and then the words."""
        row = re.compile(rf"{re.escape(name)} +{re.escape(words)}")
        try:
            wait_until(lambda: row.search(self.screen()), f"{name} {words} in a row")
        except BaseException as error:
            error.add_note(self.screen())
            raise

    def until_gone(self, text: str) -> None:
        """Waits until ``text`` is no longer seen."""
        try:
            wait_until(lambda: text not in self.screen(), f"{text!r} gone from the screen")
        except BaseException as error:
            error.add_note(self.screen())
            raise

    def until_ended(self) -> int:
        """Waits for the program's end; its exit status."""
        wait_until(self._status.exists, "the program in the terminal ended")
        return int(self._status.read_text())

    @property
    def _status(self) -> Path:
        return self.program.root / f"{self.name}.status"

    def close(self) -> None:
        """Ends the private server."""
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environ = {**self.program.environ, "COLORTERM": "truecolor"}
        return subprocess.run(
            ["tmux", "-L", self.name, *arguments],
            env=environ,
            text=True,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
