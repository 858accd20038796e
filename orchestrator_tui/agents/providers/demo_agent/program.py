"""The demo agent's main thread: it reads the keys, whatever the other threads are doing."""

from __future__ import annotations

import os
import select
import signal
import threading

from . import keys
from .acting import Actor
from .hooks import Hooks
from .inbox import Inbox
from .records import SessionFile, Transcript
from .screen import Screen
from .telemetry import Telemetry
from .turn import Turns
from .wire import Mcp, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

_ENVIRONMENT = (
    "ORCHESTRATOR_AGENT_URL",
    "ORCHESTRATOR_AGENT_HOOKS",
    "ORCHESTRATOR_AGENT_TOKEN",
    "ORCHESTRATOR_AGENT_FILES",
)
_OPTIONS = ("--session-id", "--resume", "--model", "--name", "--prompt-file")
_ESCAPE_DELAY_S = 0.05
_FAREWELL_S = 1.0
_STDIN = 0
USAGE = "usage: demo_agent (--session-id UUID | --resume UUID) [--model M] [--name N] [--prompt-file FILE]"


class Terminal:
    """Decides what a key means right now: a draft, an answer, an interrupt, the end."""

    def __init__(self, inbox: Inbox, screen: Screen) -> None:
        self._inbox = inbox
        self._screen = screen
        self._draft = ""
        self._wants_to_leave = False

    def press(self, key: keys.Key) -> bool:
        """Handles one key; returns False when the program shall end."""
        if self._inbox.is_deaf:
            return True
        if self._inbox.is_asking:
            self._press_in_dialog(key)
            return True
        leaving, self._wants_to_leave = self._wants_to_leave, False
        if key.text:
            self._set_draft(self._draft + key.text)
        elif key.name == keys.BACKSPACE:
            self._set_draft(self._draft[:-1])
        elif key.name == keys.KILL_LINE:
            self._set_draft("")
        elif key.name == keys.ENTER:
            return self._submit()
        elif key.name in (keys.ESCAPE, keys.INTERRUPT) and self._inbox.is_busy:
            self._inbox.interrupt()
        elif key.name == keys.INTERRUPT:
            self._set_draft("")
            self._wants_to_leave = True
            return not leaving
        elif key.name == keys.END:
            return bool(self._draft) or self._inbox.is_busy
        return True

    def _press_in_dialog(self, key: keys.Key) -> None:
        if key.text in ("y", "Y", "1") or key.name == keys.ENTER:
            self._inbox.answer(True)
        elif key.text in ("n", "N", "2") or key.name == keys.ESCAPE:
            self._inbox.answer(False)
        elif key.name == keys.INTERRUPT:
            self._inbox.interrupt()

    def _submit(self) -> bool:
        line, self._draft = self._draft.strip(), ""
        self._screen.set_draft("")
        if line == "/exit":
            return False
        if line:
            self._inbox.submit(line)
        return True

    def _set_draft(self, text: str) -> None:
        self._draft = text
        self._screen.set_draft(text)


def main(arguments: list[str]) -> int:
    """Runs until the terminal ends or somebody leaves; returns the exit code."""
    options = dict(zip(arguments[::2], arguments[1::2], strict=False))
    session_id = options.get("--resume") or options.get("--session-id")
    if len(arguments) % 2 or not session_id or not options.keys() <= set(_OPTIONS):
        return _complain(USAGE)
    missing = [name for name in _ENVIRONMENT if not os.environ.get(name)]
    if missing:
        return _complain(f"{missing[0]} is not set: the orchestrator starts this program, not a person")
    if not os.isatty(_STDIN):
        return _complain("the demo agent needs a terminal")
    files = os.environ["ORCHESTRATOR_AGENT_FILES"]
    model = options.get("--model", "haiku")
    transcript = Transcript(f"{files}/transcripts", session_id, model)
    if "--resume" in options and not transcript.exists():
        return _complain(f"No conversation found with session ID: {session_id}")
    if "--session-id" in options and transcript.exists():
        return _complain(f"Session ID {session_id} is already in use.")
    return _converse(session_id, model, files, transcript, options)


def _complain(text: str) -> int:
    os.write(2, f"{text}\n".encode())
    return 1


def _converse(session_id: str, model: str, files: str, transcript: Transcript, options: dict[str, str]) -> int:
    name = options.get("--name", "agent")
    inbox = Inbox()
    screen = Screen(_STDIN, f"{name} · {model}", os.getcwd())  # noqa: PTH109
    screen.start()
    session = SessionFile(f"{files}/sessions", session_id, name)
    resize = _watch_signals(inbox, screen, session)
    token = os.environ["ORCHESTRATOR_AGENT_TOKEN"]
    common: dict[str, object] = {
        "session_id": session_id,
        "transcript_path": transcript.path,
        "cwd": os.getcwd(),  # noqa: PTH109
        "permission_mode": "default",
    }
    hooks = Hooks(Target(os.environ["ORCHESTRATOR_AGENT_HOOKS"], token), inbox, common)
    mcp = Mcp(
        Target(os.environ["ORCHESTRATOR_AGENT_URL"], token),
        lambda seconds: inbox.wait(lambda: False, seconds),
        lambda: inbox.is_interrupted,
    )
    logs = os.environ.get("ORCHESTRATOR_AGENT_LOGS")
    turns = Turns(
        inbox=inbox,
        screen=screen,
        session=session,
        transcript=transcript,
        hooks=hooks,
        mcp=mcp,
        actor=Actor(inbox, screen, session, hooks, os.environ.get("ORCHESTRATOR_DEMO_STATE") or files),
        telemetry=Telemetry(Target(logs, token) if logs else None, transcript),
    )
    hooks.start()
    hooks.post("SessionStart", source="resume" if "--resume" in options else "startup", model=f"demo-{model}")
    session.write("idle")
    if "--prompt-file" in options:
        with open(options["--prompt-file"], encoding="utf-8", newline="") as file:  # noqa: PTH123
            inbox.submit(file.read())
    _start_working(turns, screen, session)
    _read_keys(Terminal(inbox, screen), screen, resize)
    if not hooks.is_unheard:
        hooks.post("SessionEnd", reason="prompt_input_exit")
        hooks.drain(_FAREWELL_S)
    session.remove()
    screen.stop()
    return 0


def _start_working(turns: Turns, screen: Screen, session: SessionFile) -> None:
    """Runs the turns in a thread; an error there ends the program, as a crash that everybody can see."""

    def work() -> None:
        try:
            turns.run_forever()
        except Exception as error:  # the border of the working thread: said in words, then the process ends
            session.remove()
            screen.stop()
            _complain(f"the demo agent cannot go on: {type(error).__name__}: {error}")
            os._exit(1)

    threading.Thread(target=work, name="turns", daemon=True).start()


def _watch_signals(inbox: Inbox, screen: Screen, session: SessionFile) -> int:
    """Sets up the signals; returns a descriptor that becomes readable when the window's size has changed."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if inbox.is_busy and not inbox.is_deaf:
            inbox.interrupt()

    def end(number: int, _frame: FrameType | None) -> None:
        # The signal still ends the process, so that whoever waits for it sees how it died.
        session.remove()
        screen.restore()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def resized(_number: int, _frame: FrameType | None) -> None:
        os.write(writer, b"w")

    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    signal.signal(signal.SIGWINCH, resized)
    return reader


def _read_keys(terminal: Terminal, screen: Screen, resize: int) -> None:
    decoder = keys.KeyDecoder()
    while True:
        patience = _ESCAPE_DELAY_S if decoder.is_inside_sequence else None
        readable, _, _ = select.select([_STDIN, resize], [], [], patience)
        if resize in readable:
            os.read(resize, 4096)
            screen.redraw()
        if _STDIN in readable:
            try:
                data = os.read(_STDIN, 65536)
            except OSError:
                data = b""
            if not data:
                return
            pressed = decoder.feed(data)
        else:
            pressed = decoder.timed_out() if not readable else []
        if not all(terminal.press(key) for key in pressed):
            return
