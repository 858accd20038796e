"""The runner: medians, the shape of the file, the exit code."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Literal

import click
import pytest

from tests.benchmarks.measure import Benchmark, Bound, Plan, RowSpec, Sample, Samples, percentile, short
from tests.benchmarks.runner import chosen, run

KEYS = {"value", "unit", "baseline", "baseline_value", "ratio", "target", "ok"}


def fake(name: str, values: list[float], limit: float | None, of: Literal["ratio", "value"] = "ratio") -> Benchmark:
    """Measures ``values`` in turn, against a baseline of 2; without ``limit`` it has no target."""

    async def measuring(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
        (folder / "used").touch()
        for value in values:
            yield {name: Sample(value, 2.0)}

    target = None if limit is None else Bound(of, "<=", limit)
    return Benchmark(measuring, {name: RowSpec("ms", "a baseline", target)})


def test_a_kept_target_is_exit_0_and_a_row_of_medians(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "out" / "bench.json"
    benchmarks = {"fast": fake("fast", [9, 1, 3], 1.5), "sure": fake("sure", [4, 4, 4], 5, of="value")}
    assert run(benchmarks, Plan(repeats=3), report, tmp_path) == 0
    written = json.loads(report.read_text())
    assert set(written) == {"fast", "sure", "machine"}
    assert set(written["fast"]) == KEYS
    assert written["fast"] == {
        "value": 3,
        "unit": "ms",
        "baseline": "a baseline",
        "baseline_value": 2,
        "ratio": 1.5,
        "target": "ratio <= 1.5",
        "ok": True,
    }
    assert written["machine"]["cpus"] > 0
    assert not list(tmp_path.glob("bench-*"))
    assert "MISSED" not in capsys.readouterr().out


def test_a_missed_target_is_exit_1_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    benchmarks = {"slow": fake("slow", [5, 5, 5], 2), "fast": fake("fast", [1, 1, 1], 2)}
    assert run(benchmarks, Plan(repeats=3), tmp_path / "bench.json", tmp_path) == 1
    written = json.loads((tmp_path / "bench.json").read_text())
    assert (written["slow"]["ok"], written["fast"]["ok"]) == (False, True)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed if line.endswith("MISSED")] == ["slow"]
    assert "missed: slow" in printed[-1]


def test_a_row_without_a_target_informs_and_is_not_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    benchmarks = {"told": fake("told", [50], None), "fast": fake("fast", [1], 2)}
    assert run(benchmarks, Plan(repeats=1), tmp_path / "bench.json", tmp_path) == 0
    told = json.loads((tmp_path / "bench.json").read_text())["told"]
    assert (told["ratio"], told["target"], told["ok"]) == (25, "", True)
    *lines, last = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("told")).split()[-1] == "25"
    assert last.startswith("2 rows, 1 of 1 within their targets.")


def test_a_benchmark_that_breaks_does_not_hide_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    benchmarks = {"short": fake("short", [1], 2), "fast": fake("fast", [1, 1], 2)}
    assert run(benchmarks, Plan(repeats=2), tmp_path / "bench.json", tmp_path) == 1
    assert "fast" in json.loads((tmp_path / "bench.json").read_text())
    assert "not measured: short" in capsys.readouterr().out.splitlines()[-1]


def test_one_is_chosen_by_its_name_or_by_a_row() -> None:
    benchmarks = {"a": fake("row", [1], 1), "b": fake("other", [1], 1)}
    assert list(chosen(benchmarks, "b")) == list(chosen(benchmarks, "other")) == ["b"]
    assert list(chosen(benchmarks, None)) == ["a", "b"]
    with pytest.raises(click.UsageError, match="a, b"):
        chosen(benchmarks, "c")


def test_percentiles_are_measured_values() -> None:
    assert percentile([4, 1, 3, 2], 50) == 2
    assert percentile(list(range(1, 101)), 99) == 99


@pytest.mark.parametrize(
    ("number", "text"), [(0.0333333, "0.0333"), (12345.6, "12,346"), (1.5, "1.5"), (100, "100"), (0, "0")]
)
def test_numbers_are_short(number: float, text: str) -> None:
    assert short(number) == text
