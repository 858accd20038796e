"""How soon a key that is typed into an agent's pane is seen there, against a terminal attached to the same pane."""

import itertools
from collections.abc import AsyncGenerator
from pathlib import Path

from orchestrator_tui.pty.commands import window_target
from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples, percentile
from tests.benchmarks.program import program
from tests.benchmarks.watched import Watched, watched

SIZE = (120, 36)
LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
"""Letters that nothing else on the screen has, so the first sight of one is its echo."""


def _echoes_ms(terminal: Watched) -> list[float]:
    """Types each letter once it is calm; the times until each is painted. The line is then emptied."""
    times: list[float] = []
    for letter in LETTERS:
        terminal.settle()
        here = terminal.here()
        pressed = terminal.type(letter)
        times.append((terminal.wait_seen(letter, here) - pressed) * 1000)
    terminal.type("\x7f" * len(LETTERS))
    terminal.settle()
    return times


async def _key_echo(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    async with program(folder / "program") as started:
        with watched(started.argv("--provider", "demo"), started, SIZE) as dashboard:
            dashboard.wait_seen("Agents")
            started.run("agent", "spawn", "--role", "coder")
            started.wait_idle(1)
            dashboard.settle()
            dashboard.type("i")
            dashboard.wait_seen("TYPING")
            target = ("-t", window_target(1), "-f", "ignore-size")
            attach = ["tmux", "-u", "-S", str(started.agents_socket()), "attach-session", *target]
            for _ in itertools.count():
                ours = _echoes_ms(dashboard)
                with watched(attach, started, SIZE) as attached:
                    attached.settle()
                    floor = _echoes_ms(attached)
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
