"""A text in a person's editor: a private file that is gone afterwards, unless it holds what would else be lost."""

import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from orchestrator_tui.core.errors import CannotRun

LONGEST_TEXT = 1_000_000
"""Bytes that are taken back."""


async def edit_text(text: str, open_file: Callable[[str], Awaitable[int]]) -> str:
    """Has ``open_file`` show a file with the text, and returns what was saved there.

    Raises CannotRun when the editor fails; what it saved nevertheless stays in the file that the reason names.
    """
    path = _written(text)
    try:
        status = await open_file(str(path))
        saved = _read(path)
    except BaseException:
        if _holds_other(path, text):
            raise CannotRun("The editor did not come back.", remedy=f"What it saved is in {path}.") from None
        path.unlink(missing_ok=True)
        raise
    if status != 0:
        if saved != text:
            raise CannotRun(
                f"The editor ended with {status}: nothing was taken.", remedy=f"What it saved is in {path}."
            )
        path.unlink(missing_ok=True)
        raise CannotRun(f"The editor ended with {status}: nothing was taken.", remedy="The text here is as it was.")
    path.unlink(missing_ok=True)
    # Editors end a file with a line break that nobody typed.
    return saved if text.endswith("\n") else saved.removesuffix("\n")


def _written(text: str) -> Path:
    descriptor, name = tempfile.mkstemp(prefix="mission-", suffix=".md")
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return Path(name)


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
        if len(content) > LONGEST_TEXT:
            raise CannotRun(f"The text has {len(content)} bytes.", remedy=f"Shorten it: it is in {path}.")
        return content.decode()
    except FileNotFoundError:
        raise CannotRun("The editor left no file.", remedy="The text here is as it was.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(f"{path} cannot be read: {error}.", remedy="Save it as UTF-8 text.") from None


def _holds_other(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() != text.encode()
    except OSError:
        return False
