"""Runs benchmarks one after the other, prints the table and writes the file."""

import asyncio
import contextlib
import json
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from tests.benchmarks.machine import describe_machine
from tests.benchmarks.measure import Benchmark, Collected, Plan, Result, short

EXIT_MISSED = 1


def chosen(benchmarks: Mapping[str, Benchmark], only: str | None) -> dict[str, Benchmark]:
    """All of them, or the one of that name or with a row of that name. Raises click.UsageError."""
    if only is None:
        return dict(benchmarks)
    found = {name: each for name, each in benchmarks.items() if only == name or only in each.rows}
    if not found:
        raise click.UsageError(f"There is no benchmark {only!r}. There are: {', '.join(benchmarks)}.")
    return found


def run(benchmarks: Mapping[str, Benchmark], plan: Plan, report: Path, scratch: Path) -> int:
    """Measures, prints and writes ``report``; the exit code: 1 when a target was missed or a benchmark failed.

    ``scratch`` is a folder on a real disk, since some of the figures are about it.
    """
    machine = describe_machine(scratch)
    click.echo("  ".join(f"{key}: {value}" for key, value in machine.items()))
    results: dict[str, Result] = {}
    failed: list[str] = []
    for name, benchmark in benchmarks.items():
        try:
            measured = asyncio.run(_measure(benchmark, plan, scratch.resolve()))
        except Exception:  # one that breaks must not hide the others; it is reported and counts as missed
            click.echo(f"{name} failed:\n{traceback.format_exc()}", err=True)
            failed.append(name)
            continue
        results |= measured
        click.echo(table(measured, with_head=len(results) == len(measured)))
    report.parent.mkdir(parents=True, exist_ok=True)
    written = {name: asdict(result) for name, result in results.items()}
    report.write_text(json.dumps({**written, "machine": machine}, indent=1) + "\n")
    missed = [name for name, result in results.items() if not result.ok]
    click.echo(_last_line(results, missed, failed, report))
    return EXIT_MISSED if missed or failed else 0


async def _measure(benchmark: Benchmark, plan: Plan, scratch: Path) -> dict[str, Result]:
    collected = {name: Collected(spec) for name, spec in benchmark.rows.items()}
    with tempfile.TemporaryDirectory(dir=scratch, prefix="bench-", ignore_cleanup_errors=True) as folder:
        async with contextlib.aclosing(benchmark.measuring(Path(folder), plan)) as repetitions:
            for _ in range(plan.repeats):
                for name, sample in (await anext(repetitions)).items():
                    collected[name].samples.append(sample)
    return {name: row.result() for name, row in collected.items()}


_HEAD = ("name", "value", "baseline", "", "ratio", "target", "")
_WIDTHS = (24, 18, 13, 46, 9, 17, 6)


def table(results: Mapping[str, Result], *, with_head: bool = True) -> str:
    """The rows, aligned."""
    lines: list[Sequence[str]] = [_HEAD] if with_head else []
    for name, row in results.items():
        value = f"{short(row.value)} {row.unit}"
        verdict = ("ok" if row.ok else "MISSED") if row.target else ""
        lines.append((name, value, short(row.baseline_value), row.baseline, short(row.ratio), row.target, verdict))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, _WIDTHS, strict=True)).rstrip() for line in lines
    )


def _last_line(results: Mapping[str, Result], missed: Sequence[str], failed: Sequence[str], report: Path) -> str:
    aimed = sum(bool(result.target) for result in results.values())
    parts = [f"{len(results)} rows, {aimed - len(missed)} of {aimed} within their targets"]
    if missed:
        parts.append(f"missed: {', '.join(missed)}")
    if failed:
        parts.append(f"not measured: {', '.join(failed)}")
    return f"{'; '.join(parts)}. Written to {report}."
