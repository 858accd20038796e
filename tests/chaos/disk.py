"""What a disk may hold after the power went: everything that was synchronised, and any part of what was not."""

import itertools
import random
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512
CHECKPOINT_PAGES = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was asked of the disk: ``kind`` is write, truncate, sync or delete; ``file`` a bare name."""

    kind: str
    file: str
    offset: int = 0
    data: bytes = b""


class Recorder:
    """Writes down, in order, what is asked of the files that SQLite opens while ``recording`` holds."""

    _numbers = itertools.count(1)

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @contextmanager
    def recording(self) -> Generator[None]:
        """Every database that is opened meanwhile goes through the recorder."""
        usual = apsw.vfs_names()[0]
        shim = _recording_vfs(f"recording-{next(self._numbers)}", usual, self.steps)
        apsw.set_default_vfs(shim.vfs_name)
        apsw.connection_hooks.append(_prepare)
        try:
            yield
        finally:
            apsw.connection_hooks.remove(_prepare)
            apsw.set_default_vfs(usual)
            shim.unregister()


def _prepare(connection: Any) -> None:
    # The index of the log stays in this process: a shim in Python cannot offer shared memory, which no cut survives.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
    # Checkpoints are what a cut hits worst, and a short run would see few.
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}").fetchall()


def _above(parent: object) -> Any:
    """What is inherited, without apsw's own types, which name things of a later Python."""
    return parent


def _recording_vfs(name: str, base: str, steps: list[Step]) -> Any:
    vfs_base, file_base = _above(apsw.VFS), _above(apsw.VFSFile)

    class File(file_base):
        def __init__(self, filename: Any, flags: list[int]) -> None:
            given = filename.filename() if isinstance(filename, apsw.URIFilename) else filename
            self._name = Path(str(given)).name
            _above(super()).__init__(base, filename, flags)

        def xWrite(self, data: bytes, offset: int) -> None:
            steps.append(Step("write", self._name, offset, bytes(data)))
            _above(super()).xWrite(data, offset)

        def xTruncate(self, size: int) -> None:
            steps.append(Step("truncate", self._name, size))
            _above(super()).xTruncate(size)

        def xSync(self, flags: int) -> None:
            # The disk counts it as done only when the call has returned.
            _above(super()).xSync(flags)
            steps.append(Step("sync", self._name))

    class Vfs(vfs_base):
        def __init__(self) -> None:
            self.vfs_name = name
            _above(super()).__init__(name, base)

        def xOpen(self, filename: Any, flags: list[int]) -> Any:
            return File(filename, flags)

        def xDelete(self, filename: str, sync_folder: bool) -> None:
            _above(super()).xDelete(filename, sync_folder)
            steps.append(Step("delete", Path(filename).name))
            if sync_folder:
                steps.append(Step("sync", Path(filename).name))

    return Vfs()


class Disk:
    """Plays steps forward; at any of them ``images`` of what a cut leaves can be had."""

    def __init__(self) -> None:
        self._durable: dict[str, bytearray] = {}
        self._pending: dict[str, list[Step]] = {}

    def play(self, steps: Sequence[Step]) -> None:
        """The steps happen."""
        for step in steps:
            if step.kind == "sync":
                for waiting in self._pending.pop(step.file, []):
                    _apply(self._durable, waiting)
            else:
                self._pending.setdefault(step.file, []).append(step)

    def cut(self, folder: Path, chance: random.Random) -> None:
        """Writes into ``folder`` what might be left if the power went now."""
        left = {name: bytearray(content) for name, content in self._durable.items()}
        luck = chance.choice((0.0, 0.1, 0.5, 0.5, 0.9, 1.0))
        for steps in self._pending.values():
            for step in steps:
                if chance.random() < luck:
                    _apply(left, step if chance.random() < 0.7 else _torn(step, chance))
                elif step.kind == "delete":
                    # What follows went into another file of that name, which nobody can find then.
                    break
        for name, content in left.items():
            (folder / name).write_bytes(content)


def torn_text(text: bytes, chance: random.Random) -> bytes:
    """What is left of a file that was only appended to and never synchronised: a piece, sometimes with zeros after."""
    kept = text[: chance.randrange(len(text) + 1)]
    return kept + bytes(chance.choice((0, 0, 1, 700)))


def _apply(files: dict[str, bytearray], step: Step) -> None:
    if step.kind == "delete":
        with suppress(KeyError):
            del files[step.file]
        return
    content = files.setdefault(step.file, bytearray())
    if step.kind == "truncate":
        del content[step.offset :]
        return
    content.extend(bytes(max(0, step.offset + len(step.data) - len(content))))
    content[step.offset : step.offset + len(step.data)] = step.data


def _torn(step: Step, chance: random.Random) -> Step:
    if step.kind != "write":
        return step
    kept = chance.randrange(0, len(step.data) + 1, SECTOR)
    return Step("write", step.file, step.offset, step.data[:kept])
