"""The tmux, git and own commands that this process ran, the newest few thousand; recording one is an append.

What was recorded is raw, with texts and secrets in it: it leaves this module's ring only through ``command_words``.
"""

import itertools
import time
from collections import deque
from collections.abc import Sequence
from typing import Literal, NamedTuple

Tool = Literal["tmux", "git", "own"]
"""``own`` are the person's commands from the configuration, whose first word is the program."""
Argv = tuple[str, ...]

KEPT = 2_000
KEPT_POLLS = 500

_TMUX_LOOKS = frozenset({"capture-pane", "display-message", "list-clients", "list-panes", "has-session"})
_GIT_LOOKS = frozenset(
    {"cat-file", "check-ref-format", "config", "for-each-ref", "merge-base", "merge-tree", "rev-list", "rev-parse"}
    | {"status", "symbolic-ref"}
)
_LOOKS: dict[Tool, frozenset[str]] = {"tmux": _TMUX_LOOKS, "git": _GIT_LOOKS, "own": frozenset()}


class Ran(NamedTuple):
    """Commands that were run together. ``at_ns`` since the epoch; ``took_ns`` until the answer."""

    seq: int
    tool: Tool
    folder: str
    commands: Sequence[Argv]
    at_ns: int
    took_ns: int
    error: str | None
    is_poll: bool


class CommandLog:
    """Two rings, so that looks, which come many a second, never push out what changed something.

    Threads may record at the same time.
    """

    def __init__(self, kept: int = KEPT, kept_polls: int = KEPT_POLLS) -> None:
        self._ran: deque[Ran] = deque(maxlen=kept)
        self._polls: deque[Ran] = deque(maxlen=kept_polls)
        self._numbers = itertools.count(1)

    def record(
        self, tool: Tool, commands: Sequence[Argv], begun_ns: int, error: str | None = None, folder: str = ""
    ) -> None:
        """Notes commands that have just been answered; ``begun_ns`` is of ``time.perf_counter_ns``."""
        if not commands:
            return
        took = time.perf_counter_ns() - begun_ns
        is_poll = _LOOKS[tool].issuperset([command[0] for command in commands])
        ring = self._polls if is_poll else self._ran
        ring.append(Ran(next(self._numbers), tool, folder, commands, time.time_ns() - took, took, error, is_poll))

    def after(self, seq: int, *, polls: bool) -> list[Ran]:
        """What was recorded later than number ``seq`` and is still held, in order."""
        found = _newer(self._ran, seq)
        if polls:
            found = sorted([*found, *_newer(self._polls, seq)], key=lambda ran: ran.seq)
        return found


def _newer(ring: deque[Ran], seq: int) -> list[Ran]:
    newest = itertools.takewhile(lambda ran: ran.seq > seq, reversed(ring.copy()))
    return list(newest)[::-1]


COMMANDS = CommandLog()
"""The process's own log: like Python's logging it is one, since git is run from many places."""
