"""Tells the supervisor what happens, in order, and never loses word of it while nobody listens."""

from __future__ import annotations

import json
import threading
import time
from collections import deque

from .wire import FIRST_DELAY_S, LAST_DELAY_S, Target, Unreachable, as_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .inbox import Inbox

_MOST_WAITING = 500
_MOST_FAULTS = 10
_AS_LONG_AS_A_PERSON_S = 86_400.0


class Hook:
    """One message: ``is_answered`` once the supervisor took it."""

    __slots__ = ("body", "is_answered", "on_reply", "reply")

    def __init__(self, body: dict[str, object], on_reply: Callable[[dict[str, Any]], None] | None) -> None:
        self.body = body
        self.on_reply = on_reply
        self.is_answered = False
        self.reply: dict[str, Any] = {}


class Hooks:
    """An ordered, bounded queue of messages with one thread that sends them.

    ``is_unheard`` says that the last try found nobody: what is queued waits for the supervisor's return.
    """

    def __init__(self, target: Target, inbox: Inbox, common: dict[str, object]) -> None:
        self._target = target
        self._inbox = inbox
        self._common = common
        self._queue: deque[Hook] = deque()
        self._filled = threading.Condition()
        self.is_unheard = False

    def start(self) -> None:
        """Begins to send; the thread ends with the process."""
        threading.Thread(target=self._send_all, name="hooks", daemon=True).start()

    def post(self, event: str, on_reply: Callable[[dict[str, Any]], None] | None = None, **fields: object) -> Hook:
        """Queues a message; waits only while too many are queued (raises Interrupted there)."""
        hook = Hook({**self._common, "hook_event_name": event, **fields}, on_reply)
        if len(self._queue) >= _MOST_WAITING:
            self._inbox.wait(lambda: len(self._queue) < _MOST_WAITING)
        with self._filled:
            self._queue.append(hook)
            self._filled.notify()
        return hook

    def ask(
        self, event: str, on_reply: Callable[[dict[str, Any]], None], given_up: Callable[[], bool], **fields: object
    ) -> threading.Thread:
        """Sends a message whose answer may take as long as a person does, beside the queue and behind what is in it."""
        body = {**self._common, "hook_event_name": event, **fields}
        thread = threading.Thread(target=self._ask, args=(body, on_reply, given_up), name="asks", daemon=True)
        thread.start()
        return thread

    def _ask(
        self, body: dict[str, object], on_reply: Callable[[dict[str, Any]], None], given_up: Callable[[], bool]
    ) -> None:
        while not given_up():
            if not self._queue:
                try:
                    status, answer = self._target.post(body, (), given_up, _AS_LONG_AS_A_PERSON_S)
                except Unreachable:
                    status, answer = 0, b""
                if 0 < status < 500:
                    on_reply(_decode(answer))
                    return
            time.sleep(FIRST_DELAY_S)

    def flush(self) -> None:
        """Waits until the supervisor took every message, so that what is said next comes after. Raises Interrupted."""
        self._inbox.wait(lambda: not self._queue)

    def drain(self, seconds: float) -> None:
        """Gives the last messages of a program that ends a moment to leave."""
        deadline = time.monotonic() + seconds
        while self._queue and time.monotonic() < deadline:
            time.sleep(0.01)

    def _send_all(self) -> None:
        while True:
            with self._filled:
                self._filled.wait_for(lambda: self._queue)
                hook = self._queue[0]
            self._send(hook)
            hook.is_answered = True
            self._queue.popleft()
            self._inbox.poke()
            if hook.on_reply is not None:
                hook.on_reply(hook.reply)

    def _send(self, hook: Hook) -> None:
        """Sends until answered; a message that a living supervisor fails on again and again is let go."""
        delay, faults = FIRST_DELAY_S, 0
        while True:
            try:
                status, body = self._target.post(hook.body)
            except Unreachable:
                status, body = 0, b""
            faults += status >= 500
            if 0 < status < 500 or faults >= _MOST_FAULTS:
                hook.reply = _decode(body)
                self.is_unheard = False
                return
            self.is_unheard = True
            self._inbox.poke()
            time.sleep(delay)
            delay = min(delay * 2, LAST_DELAY_S)


def _decode(body: bytes) -> dict[str, Any]:
    try:
        return as_object(json.loads(body))
    except ValueError:
        return {}
