"""What is shown, written to a file of the person's."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.event_export import Shape

_SHAPES: dict[str, Shape] = {".jsonl": "json", ".json": "json", ".csv": "csv"}


def export_path(text: str, folder: str) -> tuple[Path, Shape]:
    """The file that a person means, and its shape by its ending. Raises UsageError with field ``text``."""
    cleaned = text.strip()
    if not cleaned:
        raise _problem("No file is named.", "Write a path that ends in .jsonl or .csv.")
    try:
        path = Path(folder, Path(cleaned).expanduser())
    except RuntimeError:
        raise _problem(f"{cleaned} names a home that is not there.", "Write the whole path.") from None
    shape = _SHAPES.get(path.suffix.lower())
    if shape is None:
        raise _problem(f"{path.name} has no known ending.", "End it in .jsonl for JSON lines, or in .csv for a table.")
    if path.is_dir():
        raise _problem(f"{path} is a folder.", "Name a file in it.")
    if not path.parent.is_dir():
        raise _problem(f"There is no folder {path.parent}.", "Make it, or choose another.")
    return path, shape


def write_export(path: Path, lines: Iterable[str], *, overwrite: bool) -> None:
    """Writes the lines; an existing file is replaced whole, and only when told so.

    Raises UsageError with field ``text``.
    """
    target = path.with_name(f".{path.name}.{os.getpid()}") if overwrite else path
    is_ours = False
    try:
        with target.open("x", encoding="utf-8", newline="") as file:
            is_ours = True
            file.writelines(lines)
        if overwrite:
            target.replace(path)
    except FileExistsError:
        raise _problem(f"{target} exists.", "Choose another name.") from None
    except OSError as error:
        # Half a file would look like a whole one.
        if is_ours:
            with suppress(OSError):
                target.unlink()
        raise _problem(f"{path} cannot be written: {error.strerror or error}.", "Choose another place.") from error


def _problem(message: str, remedy: str) -> UsageError:
    return UsageError(message, remedy=remedy, field="text")
