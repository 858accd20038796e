"""A person at an agent's pane: keys, copy mode, and a terminal of their own that is attached to it."""

import os
import pty
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from orchestrator_tui.pty.socket import socket_name
from tests.conftest import Program

TYPING_EVERY_S = 0.3


@dataclass(frozen=True, slots=True)
class Person:
    """What they do through tmux itself, beside the supervisor."""

    program: Program
    session: str
    pane: str

    def tmux(self, *arguments: str) -> str:
        """One command to the session's own tmux server; what it printed."""
        name = socket_name(self.program.session(self.session).folder, self.session)
        argv = ["tmux", "-L", name, *arguments]
        return subprocess.run(argv, env=self.program.environ, capture_output=True, text=True, check=True).stdout

    def write(self, text: str) -> None:
        """Types a text and no Enter; a line break becomes the key that makes one in the input box."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self.press("C-j")
            self.tmux("send-keys", "-t", self.pane, "-l", "--", line)

    def press(self, *keys: str) -> None:
        """Presses keys by tmux's names."""
        self.tmux("send-keys", "-t", self.pane, *keys)

    def screen(self) -> str:
        """What the pane shows, with its styles."""
        return self.tmux("capture-pane", "-e", "-p", "-t", self.pane)

    def pid(self) -> int:
        """The program in the pane."""
        return int(self.tmux("display-message", "-p", "-t", self.pane, "#{pane_pid}"))


class Attached:
    """A second tmux client on the agent's window, in a pseudo-terminal; ``keep_typing`` presses keys there."""

    def __init__(self, program: Program, session: str, agent_id: int) -> None:
        name = socket_name(program.session(session).folder, session)
        view = f"person-{agent_id}"
        self._argv = ["tmux", "-L", name, "new-session", "-t", "=agents", "-s", view, ";"]
        self._argv += ["set-option", "-t", f"={view}:", "destroy-unattached", "on", ";"]
        self._argv += ["select-window", "-t", f"={view}:=a{agent_id}"]
        self._environ = {**program.environ, "TERM": "xterm-256color"}
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Attached":
        self._master, inner = pty.openpty()
        os.set_blocking(self._master, True)
        self._client = subprocess.Popen(
            self._argv, stdin=inner, stdout=inner, stderr=inner, env=self._environ, start_new_session=True
        )
        os.close(inner)
        self._run(self._swallow)
        return self

    def keep_typing(self, text: bytes) -> threading.Thread:
        """Presses one key after the other, as slowly as people do."""
        return self._run(lambda: self._type(text))

    def press(self, keys: bytes) -> None:
        """Presses keys at once."""
        os.write(self._master, keys)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._client.terminate()
        self._client.wait()
        for thread in self._threads:
            thread.join(5)
        os.close(self._master)

    def _run(self, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._threads.append(thread)
        return thread

    def _type(self, text: bytes) -> None:
        for key in text:
            if self._stopped.wait(TYPING_EVERY_S):
                return
            os.write(self._master, bytes([key]))

    def _swallow(self) -> None:
        while not self._stopped.is_set():
            try:
                if not os.read(self._master, 65536):
                    return
            except OSError:
                return
