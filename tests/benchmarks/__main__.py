"""``python -m tests.benchmarks``: every benchmark, or one."""

import sys
from pathlib import Path

import click

from tests.benchmarks import (
    echo,
    endpoint,
    fleet,
    missions,
    panes,
    repaint,
    rivalry,
    screen,
    supervision,
    thousand,
)
from tests.benchmarks.measure import Benchmark, Plan
from tests.benchmarks.runner import chosen, run

BUILD = Path(__file__).parents[2] / "build"
GROUPS = (panes, supervision, missions, rivalry, endpoint, screen, echo, repaint, fleet, thousand)


@click.command()
@click.option("--only", metavar="NAME", help="One benchmark, or the one that has this row.")
@click.option("--quick", is_flag=True, help="Three repetitions and shorter watches, for a first look.")
def main(only: str | None, quick: bool) -> None:
    """Measure the program against its floors; exit 1 when a target is missed."""
    BUILD.mkdir(exist_ok=True)
    plan = Plan(repeats=3, idle_s=8.0, is_quick=True) if quick else Plan()
    benchmarks: dict[str, Benchmark] = {}
    for group in GROUPS:
        benchmarks |= group.BENCHMARKS
    sys.exit(run(chosen(benchmarks, only), plan, BUILD / "bench.json", BUILD))


if __name__ == "__main__":
    main()
