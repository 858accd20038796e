"""What a program prints, as lines that a terminal may show; bounded in bytes and lines. Pure."""

import codecs
import re

MOST_BYTES = 1_000_000
MOST_LINES = 20_000
LONGEST_LINE = 2_000
"""Characters: of a longer line the rest is left out."""

STDERR = 2

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")


class Output:
    """Takes bytes of both streams as they come; whole lines in that order, what is too much only counted.

    ``is_cut`` says that something was left out; ``last_error`` is the last line on the second stream.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.bytes_seen = 0
        self.last_error = ""
        self.is_cut = False
        self._room = MOST_BYTES
        self._begun: dict[int, str] = {}
        self._decoders: dict[int, codecs.IncrementalDecoder] = {}

    def take(self, stream: int, data: bytes) -> None:
        """Takes what came on a stream (1 or 2)."""
        self.bytes_seen += len(data)
        if len(data) > self._room:
            self.is_cut = True
            if stream == STDERR:
                # Why it failed stands at the end, however much came before.
                self._remember_error(data[-LONGEST_LINE:].decode(errors="replace").split("\n"))
        data = data[: self._room]
        self._room -= len(data)
        decoder = self._decoders.setdefault(stream, codecs.getincrementaldecoder("utf-8")("replace"))
        *whole, begun = (self._begun.get(stream, "") + decoder.decode(data)).split("\n")
        self._begun[stream] = begun
        self._add(stream, whole)

    def end(self) -> None:
        """Takes what was begun and not ended by a line break."""
        for stream, begun in self._begun.items():
            if begun:
                self._add(stream, [begun])
        self._begun.clear()

    def _add(self, stream: int, lines: list[str]) -> None:
        if stream == STDERR:
            self._remember_error(lines)
        room = MOST_LINES - len(self.lines)
        if len(lines) > room:
            self.is_cut, self._room = True, 0
        self.lines.extend(printable_line(line) for line in lines[:room])

    def _remember_error(self, lines: list[str]) -> None:
        shown = (text for line in reversed(lines) if (text := printable_line(line).strip()))
        self.last_error = next(shown, self.last_error)


def printable_line(line: str) -> str:
    """A line without what a terminal would obey: no escapes, tabs as blanks, of overwritten text the last."""
    parts = [part for part in _ESCAPES.sub("", line[: LONGEST_LINE * 2]).split("\r") if part]
    text = (parts[-1] if parts else "").expandtabs(8)[:LONGEST_LINE]
    return "".join(one if one.isprintable() else " " for one in text)
