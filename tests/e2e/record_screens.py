"""Records the pinned CLI's screens: ``python -m tests.e2e.record_screens [NAME ...]``, all of them by default."""

import fcntl
import json
import shutil
import sys
from pathlib import Path

from tests.e2e import (
    screens_in_trouble,
    screens_of_work,
    screens_with_box,
    screens_with_dialog,
    screens_with_permission,
)
from tests.e2e.claude_cli import ROOT, ensure_cli, pinned_version
from tests.e2e.screen_lab import ROOM, NotShown, ScreenLab, Shot
from tests.e2e.screen_situations import RECORDED, Recorded, answer_by
from tests.e2e.stub import MessagesStub

FIXTURES = ROOT / "tests" / "fixtures" / "screens"
SIZES = ((120, 36), (80, 24))
CURSORS = "cursors.json"
LISTS = (screens_with_box, screens_of_work, screens_with_permission, screens_with_dialog, screens_in_trouble)
"""Importing them fills ``RECORDED``."""


def record(cli: Path, recorded: Recorded, size: tuple[int, int]) -> Shot:
    """One situation in a pane of this size. Raises NotShown."""
    with MessagesStub(answer_by(recorded.script)) as stub:
        lab = ScreenLab(cli, stub, size)
        try:
            recorded.drive(lab)
            return lab.shot()
        finally:
            lab.close()


def main(names: list[str]) -> int:
    """Records what is named; how many could not be."""
    cli = ensure_cli()
    folder = FIXTURES / pinned_version()
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    with ROOM.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in names or sorted(RECORDED):
            for size in SIZES:
                stem = f"{name}.{size[0]}x{size[1]}"
                try:
                    shot = record(cli, RECORDED[name], size)
                except NotShown as error:
                    sys.stderr.write(f"{stem}: {error}\n")
                    failed += 1
                    continue
                _write(folder, stem, shot)
                sys.stdout.write(f"{stem}\n")
        shutil.rmtree(ROOM, ignore_errors=True)
    return failed


def _write(folder: Path, stem: str, shot: Shot) -> None:
    (folder / f"{stem}.ansi").write_text(shot.screen)
    file = folder / CURSORS
    cursors: dict[str, list[int]] = json.loads(file.read_text()) if file.exists() else {}
    cursors[stem] = list(shot.cursor)
    file.write_text("{\n" + ",\n".join(f"  {json.dumps(key)}: {cursors[key]}" for key in sorted(cursors)) + "\n}\n")


if __name__ == "__main__":
    raise SystemExit(min(main(sys.argv[1:]), 1))
