"""A program in a pseudo-terminal whose every write is read at once and remembered with its time."""

import contextlib
import fcntl
import itertools
import os
import pty
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Generator, Sequence

from tests.benchmarks.lab import DEADLINE_S
from tests.benchmarks.program import Started

_CALM_S = 0.25
_ONE_PICTURE_S = 0.008


class Watched:
    """Types into a program and waits for what it paints; nobody else has to read it meanwhile."""

    def __init__(self, argv: Sequence[str], started: Started, size: tuple[int, int]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._process = subprocess.Popen(
            argv,
            env=started.environ,
            cwd=started.root,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.pid = self._process.pid
        started.remember(self.pid)
        self._painted = bytearray()
        self._ends: list[tuple[int, float]] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def type(self, text: str) -> float:
        """Types it; when, as ``perf_counter`` tells."""
        begun = time.perf_counter()
        os.write(self._master, text.encode())
        return begun

    def here(self) -> int:
        """How much was painted until now, in bytes."""
        with self._changed:
            return len(self._painted)

    def painted(self, since: int) -> bytes:
        """What was painted from there on."""
        with self._changed:
            return bytes(self._painted[since:])

    def wait_for(self, holds: Callable[[bytes], bool], since: int) -> float:
        """When it was painted what makes ``holds`` true of all that was painted from ``since`` on."""
        deadline = time.monotonic() + DEADLINE_S
        with self._changed:
            while not holds(bytes(self._painted[since:])):
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"it is not painted: {bytes(self._painted[-400:])!r}")
            return self._ends[-1][1]

    def wait_seen(self, mark: str, since: int = 0) -> float:
        """When ``mark`` was painted first, from ``since`` on."""
        wanted = mark.encode()
        return self.wait_for(lambda painted: wanted in painted, since)

    def settle(self) -> None:
        """Waits until nothing more is painted for a moment."""
        with self._changed:
            while self._changed.wait(_CALM_S):
                pass

    def writes_in(self, seconds: float) -> list[bytes]:
        """What it writes for so long, a write each."""
        with self._changed:
            first, begun = len(self._ends), len(self._painted)
        time.sleep(seconds)
        with self._changed:
            ends = [begun, *(end for end, _ in self._ends[first:])]
            return [bytes(self._painted[one:other]) for one, other in itertools.pairwise(ends)]

    def frames_in(self, seconds: float) -> int:
        """How many pictures it paints in so long: writes that follow each other at once are one."""
        with self._changed:
            first = len(self._ends)
        time.sleep(seconds)
        with self._changed:
            times = [when for _, when in self._ends[first:]]
        return sum(after - before > _ONE_PICTURE_S for before, after in itertools.pairwise([float("-inf"), *times]))

    def close(self) -> None:
        """Ends the program."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        os.close(self._master)

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # a terminal whose program ended cannot be read
            while data := os.read(self._master, 65536):
                now = time.perf_counter()
                with self._changed:
                    self._painted += data
                    self._ends.append((len(self._painted), now))
                    self._changed.notify_all()


@contextlib.contextmanager
def watched(argv: Sequence[str], started: Started, size: tuple[int, int]) -> Generator[Watched]:
    """A program that is ended afterwards."""
    program = Watched(argv, started, size)
    try:
        yield program
    finally:
        program.close()
