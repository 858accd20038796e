"""Draws the conversation: lines that scroll by, and below them the prompt or an open dialog."""

from __future__ import annotations

import os
import termios
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_DIM, _BOLD, _OFF = "\x1b[2m", "\x1b[1m", "\x1b[0m"
_ACCENT, _GOOD, _BAD = "\x1b[38;5;110m", "\x1b[38;5;108m", "\x1b[38;5;174m"
STYLES = {"plain": "", "dim": _DIM, "bold": _BOLD, "accent": _ACCENT, "good": _GOOD, "bad": _BAD}
_RULE_COLUMNS = 72
_LINES_A_WRITE = 200


def clean(text: str) -> str:
    """The text without anything that a terminal would obey."""
    text = text.expandtabs(4)
    return "".join(char if char >= " " and not "\x7f" <= char <= "\x9f" else "·" for char in text)


class Screen:
    """The terminal, safe to draw on from any thread."""

    def __init__(self, descriptor: int, title: str, footer: str) -> None:
        self._descriptor = descriptor
        self._title = clean(title)
        self._footer = clean(footer)
        self._lock = threading.RLock()
        self._draft = ""
        self._working = False
        self._dialog: str | None = None
        self._lengths_above: list[int] = []
        self._before: list[Any] | None = None

    def start(self) -> None:
        """Takes the terminal over: keys arrive one by one, and what was typed before stays typed."""
        attributes = termios.tcgetattr(self._descriptor)
        self._before = termios.tcgetattr(self._descriptor)
        attributes[0] &= ~(termios.IXON | termios.ICRNL | termios.INLCR | termios.ISTRIP | termios.BRKINT)
        attributes[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._descriptor, termios.TCSANOW, attributes)
        banner = f"\r\n {_ACCENT}◇{_OFF} {_BOLD}Demo agent{_OFF} {self._title}\r\n   {_DIM}{self._footer}{_OFF}\r\n\r\n"
        with self._lock:
            self._write(f"\x1b[?2004h{banner}{self._block()}")

    def stop(self) -> None:
        """Gives the terminal back."""
        with self._lock:
            if self._before is not None:
                self._write(self._erase() + "\x1b[?2004l")
        self.restore()

    def restore(self) -> None:
        """Restores the terminal's mode only: safe in a signal handler, whoever draws at that moment."""
        before, self._before = self._before, None
        if before is not None:
            termios.tcsetattr(self._descriptor, termios.TCSANOW, before)

    def say(self, text: str, style: str = "plain", bullet: str = "●") -> None:
        """Prints a message of any number of lines above the prompt."""
        lines = text.splitlines() or [""]
        self.print([f"{bullet if n == 0 else ' '} {line}" for n, line in enumerate(lines)], style)

    def print(self, lines: list[str], style: str = "plain") -> None:
        """Prints lines above the prompt."""
        color = STYLES[style]
        for start in range(0, len(lines), _LINES_A_WRITE):
            text = "".join(f"{color}{clean(line)}{_OFF}\r\n" for line in lines[start : start + _LINES_A_WRITE])
            with self._lock:
                self._write(self._erase() + text + self._block())

    def set_draft(self, text: str) -> None:
        """Shows what is typed and not yet sent."""
        with self._lock:
            if text != self._draft:
                self._draft = text
                self.redraw()

    def set_working(self, working: bool) -> None:
        """Shows whether a turn runs."""
        with self._lock:
            self._working = working
            self.redraw()

    def set_dialog(self, command: str | None) -> None:
        """Opens the permission dialog for a command, or closes it."""
        with self._lock:
            self._dialog = command
            self.redraw()

    def redraw(self) -> None:
        """Draws the prompt anew, also after a change of the window's size."""
        with self._lock:
            self._write(self._erase() + self._block())

    def _columns(self) -> int:
        try:
            columns = os.get_terminal_size(self._descriptor).columns
        except OSError:
            columns = 0
        return max(8, columns or 80)

    def _erase(self) -> str:
        """Moves to the block's first row and clears from there; a narrower window has wrapped the rows above."""
        columns = self._columns()
        rows = sum(max(1, -(-length // columns)) for length in self._lengths_above)
        return f"\r\x1b[{rows}A\x1b[J" if rows else "\r\x1b[J"

    def _block(self) -> str:
        columns = self._columns()
        if self._dialog is not None:
            plain, styled, at, column = self._dialog_rows(self._dialog, columns)
        else:
            plain, styled, at, column = self._prompt_rows(columns)
        self._lengths_above = [len(row) for row in plain[:at]]
        below = len(plain) - 1 - at
        return "\r\n".join(styled) + (f"\x1b[{below}A" if below else "") + f"\r\x1b[{column}C"

    def _prompt_rows(self, columns: int) -> tuple[list[str], list[str], int, int]:
        rule = "─" * min(columns - 1, _RULE_COLUMNS)
        draft = clean(self._draft.replace("\n", "⏎"))[-(columns - 4) :]
        hint = (
            "  esc to interrupt"[: columns - 1]
            if self._working
            else "  demo agent · type, or send a mission"[: columns - 1]
        )
        plain = [rule, f"> {draft}", rule, hint]
        styled = [f"{_DIM}{rule}{_OFF}", f"> {draft}", f"{_DIM}{rule}{_OFF}", f"{_DIM}{hint}{_OFF}"]
        if self._working:
            plain.insert(0, "✳ Working…")
            styled.insert(0, f"{_ACCENT}✳ Working…{_OFF}")
        at = len(plain) - 3
        return plain, styled, at, 2 + len(draft)

    @staticmethod
    def _dialog_rows(command: str, columns: int) -> tuple[list[str], list[str], int, int]:
        width = columns - 1
        plain = [
            "─" * min(width, _RULE_COLUMNS),
            " Bash command",
            f"   {clean(command.replace(chr(10), '⏎'))}"[:width],
            " Do you want to proceed?"[:width],
            " ❯ 1. Yes",
            "   2. No",
            " y or n, esc to refuse"[:width],
        ]
        styles = (_ACCENT, _BOLD, "", "", _ACCENT, "", _DIM)
        return plain, [f"{style}{row}{_OFF}" for style, row in zip(styles, plain, strict=True)], 4, 1

    def _write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        while data:
            data = data[os.write(self._descriptor, data) :]
