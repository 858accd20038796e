"""Where the terminal's thread and the network's thread leave word for the thread that does the work."""

from __future__ import annotations

import threading
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Interrupted(Exception):
    """A person (or the supervisor) pressed Esc: the turn ends here, without a hook."""


class Inbox:
    """Lines to run, the wish to interrupt, and the answer to an open dialog, under one condition.

    ``is_busy`` and ``is_asking`` say whether a turn runs and whether its dialog is open; ``is_deaf`` that no key
    counts any more.
    """

    def __init__(self) -> None:
        self.is_busy = False
        self.is_asking = False
        self.is_deaf = False
        self._changed = threading.Condition()
        self._lines: deque[str] = deque()
        self._interrupted = False
        self._answer: bool | None = None
        self._dialog = 0

    def submit(self, line: str) -> None:
        """Queues a line; it runs when the lines before it are done."""
        with self._changed:
            self._lines.append(line)
            self._changed.notify_all()

    def interrupt(self) -> None:
        """Ends the running turn at its next step."""
        with self._changed:
            self._interrupted = True
            self._changed.notify_all()

    def answer(self, allowed: bool, dialog: int | None = None) -> None:
        """Answers the open dialog, or only that ``dialog``; the first answer counts."""
        with self._changed:
            if self.is_asking and self._answer is None and dialog in (None, self._dialog):
                self._answer = allowed
                self._changed.notify_all()

    def poke(self) -> None:
        """Makes every waiting thread look again."""
        with self._changed:
            self._changed.notify_all()

    @property
    def is_interrupted(self) -> bool:
        """Whether the running turn has to end."""
        return self._interrupted

    @property
    def has_lines(self) -> bool:
        """Whether something waits to be run."""
        return bool(self._lines)

    def next_line(self) -> str:
        """Waits for a line and begins its turn: an earlier interrupt no longer counts."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines)
            self._interrupted = False
            return self._lines.popleft()

    def wait(self, condition: Callable[[], bool], seconds: float | None = None) -> bool:
        """Waits until ``condition`` holds, at most ``seconds``; raises Interrupted when the turn is interrupted."""
        with self._changed:
            self._changed.wait_for(lambda: self._interrupted or condition(), seconds)
            if self._interrupted:
                raise Interrupted
            return condition()

    def open_dialog(self) -> int:
        """Lets keys answer, and returns the dialog's number; answers from before do not count."""
        with self._changed:
            self._dialog += 1
            self._answer = None
            self.is_asking = True
            return self._dialog

    def close_dialog(self) -> None:
        """Lets keys be typed again."""
        self.is_asking = False

    def wait_for_answer(self) -> bool:
        """Waits for a yes or a no; raises Interrupted."""
        self.wait(lambda: self._answer is not None)
        return bool(self._answer)
