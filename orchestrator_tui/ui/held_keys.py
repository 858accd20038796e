"""Keys that are pressed while a field's enter or escape is still closing its dialog are meant for what comes then."""

import asyncio
from collections.abc import Callable

from textual import events
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

_OF_TEXT = frozenset({"escape", "ctrl+s"})
_OF_LINE = _OF_TEXT | {"enter"}
HOLD_S = 0.25
"""How long at most; a dialog that is open then stays open, and they are its own."""

LOOK_EVERY_S = 0.01


class HeldKeys:
    """Without this, a field would take them for text and go with it.

    ``screen`` says which screen has the keyboard; ``release`` is called when the keys are to be pressed at last.
    """

    def __init__(self, screen: Callable[[], Screen[object]], release: Callable[[], object]) -> None:
        self._screen = screen
        self._release = release
        self._closing: Screen[object] | None = None
        self._held: list[events.Key] = []
        self._until_s = 0.0

    def holds(self, key: events.Key, focused: Widget | None) -> bool:
        """Whether the key is kept back; a key that may close what has the keyboard begins the time of holding."""
        if self._closing is not None:
            self._held.append(key)
            return True
        screen = self._screen()
        closing = _OF_LINE if isinstance(focused, Input) else _OF_TEXT if isinstance(focused, TextArea) else ()
        if key.key in closing and screen.is_modal:
            loop = asyncio.get_running_loop()
            self._closing, self._until_s = screen, loop.time() + HOLD_S
            loop.call_later(LOOK_EVERY_S, self._look)
        return False

    def take(self) -> list[events.Key]:
        """The keys that were kept back; from now on none is."""
        held, self._held, self._closing = self._held, [], None
        return held

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        if self._screen() is not self._closing or loop.time() > self._until_s:
            self._release()
        else:
            loop.call_later(LOOK_EVERY_S, self._look)
