"""Acts out the directives of a prompt."""

from __future__ import annotations

import os
import signal
import threading

from .account import Account
from .directives import BadDirective, parse
from .inbox import Interrupted
from .records import append_line
from .wire import as_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .hooks import Hooks
    from .inbox import Inbox
    from .records import SessionFile
    from .screen import Screen

_LINES_A_STEP = 1000
_LOOK_AT_CHILD_S = 0.05


class Outcome:
    """What a prompt comes to; ``failure`` is code, message, and whether another try may help."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.failure: tuple[str, str, bool] | None = None
        self.is_silent = False
        self.tokens: tuple[int, int] = (0, 0)

    def text(self, default: str) -> str:
        """The failure's message, or the output."""
        return self.failure[1] if self.failure else "\n".join(self.said) or default


class Actor:
    """Performs prompts; ``keys_folder`` is where the session remembers which ``crash-once`` keys it has seen."""

    def __init__(self, inbox: Inbox, screen: Screen, session: SessionFile, hooks: Hooks, keys_folder: str) -> None:
        self._inbox = inbox
        self._screen = screen
        self._session = session
        self._hooks = hooks
        self._keys_folder = keys_folder
        self._account = Account(keys_folder)
        self._steps: dict[str, Callable[[Outcome, tuple[str, ...]], None]] = {
            "sleep": self._sleep,
            "child": self._child,
            "output": self._output,
            "fail": self._fail,
            "fatal": self._fatal,
            "crash": self._crash,
            "crash-once": self._crash_once,
            "silent": self._silent,
            "hang": self._hang,
            "ask": self._ask,
            "tokens": self._tokens,
            "lines": self._lines,
            "append": self._append,
            "limit": self._limit,
        }

    def perform(self, prompt: str) -> Outcome:
        """Does what the prompt says, in the order written, up to a failure. Raises Interrupted, LimitReached."""
        outcome = Outcome()
        try:
            steps = parse(prompt)
        except BadDirective as error:
            outcome.failure = ("bad_directive", str(error), False)
            return outcome
        self._account.check()
        for step in steps:
            self._steps[step.name](outcome, step.args)
            if outcome.failure:
                break
        return outcome

    def _sleep(self, _outcome: Outcome, args: tuple[str, ...]) -> None:
        # A wait longer than the platform can express would be an error.
        self._inbox.wait(lambda: False, min(float(args[0]), threading.TIMEOUT_MAX))

    def _child(self, outcome: Outcome, args: tuple[str, ...]) -> None:
        """Waits for a child process that lives so many seconds, as for a tool's; one that is killed is a failure."""
        child = os.posix_spawnp("sleep", ["sleep", args[0]], os.environ)
        try:
            while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
                self._inbox.wait(lambda: False, _LOOK_AT_CHILD_S)
        except Interrupted:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise
        code = os.waitstatus_to_exitcode(ended[1])
        if code != 0:
            outcome.failure = ("child_died", f"its child process ended with {code}", True)

    def _output(self, outcome: Outcome, args: tuple[str, ...]) -> None:
        outcome.said.append(args[0])

    def _fail(self, outcome: Outcome, args: tuple[str, ...]) -> None:
        outcome.failure = (args[0], args[1], True)

    def _fatal(self, outcome: Outcome, args: tuple[str, ...]) -> None:
        outcome.failure = (args[0], args[1], False)

    def _silent(self, outcome: Outcome, _args: tuple[str, ...]) -> None:
        outcome.is_silent = True

    def _tokens(self, outcome: Outcome, args: tuple[str, ...]) -> None:
        outcome.tokens = (int(args[0]), int(args[1]))

    def _hang(self, _outcome: Outcome, _args: tuple[str, ...]) -> None:
        self._inbox.is_deaf = True
        threading.Event().wait()

    def _lines(self, _outcome: Outcome, args: tuple[str, ...]) -> None:
        end = int(args[0]) + 1
        for start in range(1, end, _LINES_A_STEP):
            self._screen.print([f"  line {n}" for n in range(start, min(start + _LINES_A_STEP, end))])
            self._inbox.wait(lambda: True)

    def _append(self, outcome: Outcome, args: tuple[str, ...]) -> None:
        file, text = args
        try:
            append_line(file, text)
        except OSError as error:
            outcome.failure = ("append_failed", f"{file}: {error.strerror}", False)
            return
        self._screen.say(f"Append({file})", "dim")

    def _limit(self, _outcome: Outcome, args: tuple[str, ...]) -> None:
        self._account.reach(args[0])

    def _crash(self, _outcome: Outcome, _args: tuple[str, ...]) -> None:
        self._screen.say("crashing as scripted", "bad")
        os.kill(os.getpid(), signal.SIGKILL)
        # The signal is taken when the kernel next looks: nothing may be done before.
        threading.Event().wait()

    def _crash_once(self, outcome: Outcome, args: tuple[str, ...]) -> None:
        """Crashes unless the key is marked, and marks it first: of all agents of the session exactly one crashes."""
        os.makedirs(self._keys_folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        try:
            os.close(os.open(f"{self._keys_folder}/key-{args[0]}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return
        self._crash(outcome, args)

    def _ask(self, outcome: Outcome, args: tuple[str, ...]) -> None:
        """Asks for permission; the screen's dialog and the hook's answer are equals, the first one counts."""
        command = args[0]
        tool_input = {"command": command}
        self._screen.set_dialog(command)
        dialog = self._inbox.open_dialog()
        self._session.write("waiting", "permission prompt")
        asking = self._hooks.ask(
            "PermissionRequest",
            lambda reply: self._take_decision(dialog, reply),
            lambda: not self._inbox.is_asking,
            tool_name="Bash",
            tool_input=tool_input,
        )
        try:
            allowed = self._inbox.wait_for_answer()
        finally:
            self._inbox.close_dialog()
            self._screen.set_dialog(None)
            # What comes next must not overtake the question.
            asking.join()
        self._session.write("busy")
        self._screen.say(f"Bash({command}) · {'allowed' if allowed else 'denied'}", "good" if allowed else "bad")
        self._hooks.post("PostToolUse", tool_name="Bash", tool_input=tool_input, tool_response={"allowed": allowed})
        if not allowed:
            outcome.said.append(f"denied: {command}")

    def _take_decision(self, dialog: int, reply: dict[str, Any]) -> None:
        decision = as_object(as_object(reply.get("hookSpecificOutput")).get("decision"))
        if decision.get("behavior") in ("allow", "deny"):
            self._inbox.answer(decision["behavior"] == "allow", dialog)
