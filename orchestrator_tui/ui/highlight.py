"""Colours for code, worked out a little at a time and only as far as somebody looks."""

from collections.abc import Callable, Iterator
from typing import Any

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_filename  # pyright: ignore[reportUnknownVariableType] - its options
from pygments.token import Comment, Keyword, Name, Number, String, Token
from pygments.util import ClassNotFound

from orchestrator_tui.core.work import FileDiff, LineKind
from orchestrator_tui.ui.diff_rows import seen

Run = tuple[str, str]
"""A kind of token (one of ``KINDS``) and its text."""

KINDS = ("keyword", "string", "comment", "number", "name", "builtin", "plain")

_KINDS: dict[Any, str] = {
    Keyword: "keyword",
    Keyword.Type: "builtin",
    Keyword.Constant: "builtin",
    String: "string",
    Comment: "comment",
    Number: "number",
    Name.Function: "name",
    Name.Class: "name",
    Name.Decorator: "name",
    Name.Tag: "name",
    Name.Attribute: "name",
    Name.Builtin: "builtin",
    Token.Generic.Heading: "name",
    Token.Generic.Subheading: "name",
}


def kind_of(token: Any) -> str:
    """The kind that a Pygments token type is drawn as: its own, or that of the nearest type above it."""
    while token is not None:
        if token in _KINDS:
            return _KINDS[token]
        token = token.parent
    return "plain"


class Highlighter:
    """The runs of one file's lines, by hunk and line; a hunk is read from its beginning, as far as was asked for.

    The new lines are read with the context around them, and so are the old ones: each side is a text of its own.
    """

    def __init__(self, file: FileDiff) -> None:
        self._file = file
        self._lexer = _lexer(file.path)
        self._runs: dict[tuple[int, int], tuple[Run, ...]] = {}
        self._sides: dict[tuple[int, bool], Iterator[int]] = {}
        self._read: dict[tuple[int, bool], int] = {}

    def runs(self, hunk: int, index: int) -> tuple[Run, ...] | None:
        """The line's runs, together its text as it is drawn; None while they are not known."""
        return self._runs.get((hunk, index))

    def advance(self, hunk: int, index: int, until: float, now: Callable[[], float]) -> bool:
        """Reads up to the line, but not beyond the time ``until``; whether that was enough."""
        if self._lexer is None:
            return True
        for is_old in (False, True):
            side = (hunk, is_old)
            lines = self._sides.get(side)
            if lines is None:
                lines = self._sides[side] = self._lines(self._lexer, hunk, is_old=is_old)
            while self._read.get(side, -1) < index:
                if now() >= until:
                    return False
                # At the end of a side all its lines are read.
                self._read[side] = next(lines, len(self._file.hunks[hunk].lines))
        return True

    def _lines(self, lexer: Lexer, hunk: int, *, is_old: bool) -> Iterator[int]:
        """Reads one side of a hunk line by line; each step says which line is known."""
        other = LineKind.ADDED if is_old else LineKind.REMOVED
        lines = [(index, line) for index, line in enumerate(self._file.hunks[hunk].lines) if line.kind is not other]
        if is_old and not any(line.kind is LineKind.REMOVED for _, line in lines):
            return
        text = "\n".join(seen(line.text) for _, line in lines)
        at, runs = 0, list[Run]()
        for _, token, value in lexer.get_tokens_unprocessed(text):
            kind = kind_of(token)
            for number, part in enumerate(value.split("\n")):
                if number:
                    yield self._keep(hunk, lines[at][0], runs, is_old=is_old)
                    at, runs = at + 1, []
                if part:
                    runs.append((kind, part))
        if at < len(lines):
            yield self._keep(hunk, lines[at][0], runs, is_old=is_old)

    def _keep(self, hunk: int, index: int, runs: list[Run], *, is_old: bool) -> int:
        is_context = self._file.hunks[hunk].lines[index].kind is LineKind.CONTEXT
        if not (is_old and is_context):
            self._runs[hunk, index] = tuple(runs)
        return index


def _lexer(path: str) -> Lexer | None:
    try:
        return get_lexer_for_filename(path)
    except ClassNotFound:
        return None
