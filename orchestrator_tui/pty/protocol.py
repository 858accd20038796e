"""tmux's control-mode language as pure functions: quoting what is sent, parsing what comes back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

Command = tuple[str, ...]

_PLAIN = re.compile(r"(?:%\d+|[A-Za-z0-9_@+:,./-]+)")
_ENDS = (b"%end ", b"%error ")
_UNSAFE = re.compile(r'[\x00-\x1f"\\$~\x7f]')


def quote(argument: str) -> str:
    """One argument for tmux's command lexer; the result never holds a line feed."""
    if _PLAIN.fullmatch(argument):
        return argument
    return '"' + _UNSAFE.sub(lambda found: f"\\{ord(found[0]):03o}", argument) + '"'


def encode(commands: Sequence[Command]) -> bytes:
    """Commands as control-mode input, one a line, each answered by one block.

    Raises ValueError for an empty command, because an empty line detaches the client.
    """
    lines: list[str] = []
    for command in commands:
        if not command or not command[0]:
            raise ValueError("an empty tmux command")
        lines.append(" ".join([quote(argument) for argument in command]))
    lines.append("")
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def escape_format(text: str) -> str:
    """``text`` for an argument that tmux expands as a format (``-c``, ``-n``), where ``#`` is special."""
    return text.replace("#", "##")


@dataclass(frozen=True, slots=True)
class Reply:
    """What one command printed, a line an item; ``error`` is tmux's message when it refused."""

    lines: tuple[bytes, ...] = ()
    error: str | None = None

    @property
    def text(self) -> str:
        """The lines as one string."""
        return b"\n".join(self.lines).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Notification:
    """An asynchronous line such as ``%exit`` (``name`` keeps the percent sign)."""

    name: str
    rest: bytes


class ControlParser:
    """Turns control-mode output into replies to our own commands, in order, and notifications.

    Blocks of commands that are not ours (flags other than 1, such as the attach itself) are dropped.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._block: list[bytes] | None = None
        self._number = b""

    def feed(self, data: bytes) -> list[Reply | Notification]:
        """What is complete after ``data``."""
        lines = (self._rest + data if self._rest else data).split(b"\n")
        self._rest = lines.pop()
        found: list[Reply | Notification] = []
        for line in lines:
            item = self._line(line)
            if item is not None:
                found.append(item)
        return found

    def _line(self, line: bytes) -> Reply | Notification | None:
        if self._block is not None:
            return self._inside(self._block, line)
        if not line.startswith(b"%"):
            return None
        parts = line.split(b" ")
        if parts[0] == b"%begin" and len(parts) == 4:
            self._number = parts[2]
            self._block = []
            return None
        name, _, rest = line.partition(b" ")
        return Notification(name.decode("ascii", "replace"), rest)

    def _inside(self, block: list[bytes], line: bytes) -> Reply | None:
        # A pane's own text may look like an end marker: only the number of the open block ends it.
        if line.startswith(_ENDS):
            parts = line.split(b" ")
            if len(parts) == 4 and parts[2] == self._number:
                self._block = None
                return _reply(parts, tuple(block))
        block.append(line)
        return None


def _reply(end: list[bytes], lines: tuple[bytes, ...]) -> Reply | None:
    if end[3].strip() != b"1":
        return None
    if end[0] == b"%error":
        return Reply((), b"\n".join(lines).decode("utf-8", "replace") or "tmux refused the command")
    return Reply(lines)
