"""How soon a key that is typed into an agent's pane is seen there, against a terminal attached to the same pane."""

import contextlib
import fcntl
import itertools
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from pathlib import Path

from orchestrator_tui.pty.commands import window_target
from tests.benchmarks.lab import DEADLINE_S, elapsed_ms
from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples, percentile
from tests.benchmarks.program import Started, program

SIZE = (120, 36)
LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
"""Letters that nothing else on the screen has, so the first sight of one is its echo."""


class Terminal:
    """A program in a pseudo-terminal, typed to and read by hand."""

    def __init__(self, argv: Sequence[str], started: Started) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
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
        started.remember(self._process.pid)

    def type(self, text: str) -> None:
        """Types it at once."""
        os.write(self._master, text.encode())

    def read_until(self, mark: str) -> None:
        """Reads what is painted until ``mark`` is among it."""
        seen = b""
        while mark.encode() not in seen:
            ready, _, _ = select.select([self._master], [], [], DEADLINE_S)
            if not ready:
                raise TimeoutError(f"{mark!r} is not painted: {seen[-300:]!r}")
            seen = seen[-64:] + os.read(self._master, 65536)

    def settle(self) -> None:
        """Reads until nothing more is painted for a moment."""
        while select.select([self._master], [], [], 0.25)[0]:
            os.read(self._master, 65536)

    def echoes_ms(self) -> list[float]:
        """Types each letter once it is calm; the times until each is painted. The line is then emptied."""
        times: list[float] = []
        for letter in LETTERS:
            self.settle()
            pressed = time.perf_counter()
            self.type(letter)
            self.read_until(letter)
            times.append(elapsed_ms(pressed))
        self.type("\x7f" * len(LETTERS))
        self.settle()
        return times

    def close(self) -> None:
        """Ends the program."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)


@contextlib.contextmanager
def _terminal(argv: Sequence[str], started: Started) -> Generator[Terminal]:
    terminal = Terminal(argv, started)
    try:
        yield terminal
    finally:
        terminal.close()


async def _key_echo(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    async with program(folder / "program") as started:
        with _terminal(started.argv("--provider", "demo"), started) as dashboard:
            dashboard.read_until("Agents")
            started.run("agent", "spawn", "--role", "coder")
            started.wait_idle(1)
            dashboard.settle()
            dashboard.type("i")
            dashboard.read_until("TYPING")
            target = ("-t", window_target(1), "-f", "ignore-size")
            attach = ["tmux", "-u", "-S", str(started.agents_socket()), "attach-session", *target]
            for _ in itertools.count():
                ours = dashboard.echoes_ms()
                with _terminal(attach, started) as attached:
                    attached.settle()
                    floor = attached.echoes_ms()
                yield {
                    "key_echo_p50": Sample(percentile(ours, 50), percentile(floor, 50)),
                    "key_echo_p95": Sample(percentile(ours, 95), percentile(floor, 95)),
                }


BENCHMARKS = {
    "key_echo": Benchmark(
        _key_echo,
        {
            "key_echo_p50": RowSpec("ms", "a terminal attached to the same pane", Bound("value", "<=", 50)),
            "key_echo_p95": RowSpec("ms", "a terminal attached to the same pane", Bound("value", "<=", 50)),
        },
    ),
}
