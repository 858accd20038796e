"""One real CLI in a pane of a given size, driven to a situation, and what its screen shows there."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orchestrator_tui.pty
from tests.e2e.claude_cli import ClaudeHome
from tests.e2e.stub import MessagesStub

ROOM = Path("/tmp/claude-screens")
"""Where recorded CLIs live: the same path on every machine, since screens show it."""

PROJECT = ROOM / "proj"
_TMUX_CONF = Path(orchestrator_tui.pty.__file__).with_name("tmux.conf")
_SETTLED_S = 0.6
"""So long unchanged, a screen counts as drawn."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A screen with its styles, and the cursor as column and row from 0."""

    screen: str
    cursor: tuple[int, int]


class NotShown(Exception):
    """The screen that was waited for did not come; the message holds what stood there instead."""


class ScreenLab:
    """A throw-away home, a project folder and one CLI after another in a private tmux server."""

    def __init__(self, cli: Path, stub: MessagesStub, size: tuple[int, int]) -> None:
        shutil.rmtree(ROOM, ignore_errors=True)
        PROJECT.mkdir(parents=True)
        self.home = ClaudeHome(ROOM / "home", cli, stub.url)
        self.home.trust(PROJECT)
        self.stub = stub
        self.project = PROJECT
        self._program = str(cli / "claude")
        self._size = size

    def seed(self, **changes: Any) -> None:
        """Changes what the CLI remembers; without it, it has nothing left to ask."""
        file = self.home.home / ".claude.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    def start(self, *arguments: str, env: Mapping[str, str] | None = None, without: Iterable[str] = ()) -> None:
        """Starts the CLI in the project's folder, as the supervisor would; ends the one before."""
        self.close()
        (ROOM / "tmux").unlink(missing_ok=True)
        variables = {**self.home.environ(), "CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN": "1", **(env or {})}
        variables["TERM"] = "tmux-256color"
        for name in without:
            del variables[name]
        columns, rows = self._size
        size = ("-x", str(columns), "-y", str(rows))
        command = ("env", "-i", *(f"{name}={value}" for name, value in variables.items()), self._program, *arguments)
        self._tmux("-f", str(_TMUX_CONF), "new-session", "-d", *size, "-c", str(PROJECT), "--", *command)

    def ready(self) -> None:
        """Waits until the CLI takes what is typed."""
        self.wait(r"^❯")
        self.settle()

    def say(self, text: str) -> None:
        """Types a prompt and submits it."""
        self.type(text)
        self.settle()
        self.press("Enter")

    def type(self, text: str) -> None:
        """Types text into the pane."""
        self._tmux("send-keys", "-l", "--", text)

    def paste(self, text: str) -> None:
        """Pastes text, bracketed."""
        self._tmux("set-buffer", "-b", "recorded", text)
        self._tmux("paste-buffer", "-p", "-d", "-b", "recorded")

    def press(self, *keys: str) -> None:
        """Sends keys by tmux's names."""
        self._tmux("send-keys", *keys)

    def wait(self, pattern: str, timeout_s: float = 20) -> None:
        """Waits for a screen in which the pattern is found. Raises NotShown."""
        deadline = time.monotonic() + timeout_s
        while not re.search(pattern, self.text(), re.MULTILINE):
            if time.monotonic() > deadline:
                raise NotShown(f"{pattern!r} did not come; instead:\n{self.text()}")
            time.sleep(0.03)

    def settle(self) -> None:
        """Waits until the screen stays the same for a moment."""
        before, since = self.text(), time.monotonic()
        deadline = since + 10
        while time.monotonic() - since < _SETTLED_S and time.monotonic() < deadline:
            time.sleep(0.05)
            now = self.text()
            if now != before:
                before, since = now, time.monotonic()

    def text(self) -> str:
        """The screen without styles."""
        return self._tmux("capture-pane", "-p")

    def shot(self) -> Shot:
        """The screen now."""
        captured = self._tmux("display-message", "-p", "#{cursor_x} #{cursor_y}", ";", "capture-pane", "-e", "-p")
        cursor, _, screen = captured.partition("\n")
        x, y = cursor.split()
        return Shot(screen, (int(x), int(y)))

    def close(self) -> None:
        """Ends the server and with it the CLI; there may be none."""
        subprocess.run(["tmux", "-S", str(ROOM / "tmux"), "kill-server"], capture_output=True, check=False)

    def _tmux(self, *arguments: str) -> str:
        env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        argv = ["tmux", "-S", str(ROOM / "tmux"), *arguments]
        return subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stdout
