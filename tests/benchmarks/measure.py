"""What a benchmark measures and what is made of it: pure."""

import math
import statistics
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Bound:
    """What a row must keep: its ratio to the baseline, or its value itself."""

    of: Literal["ratio", "value"]
    sign: Literal["<=", ">="]
    limit: float

    def holds(self, value: float, ratio: float) -> bool:
        """Whether it is kept."""
        measured = ratio if self.of == "ratio" else value
        return measured <= self.limit if self.sign == "<=" else measured >= self.limit

    def __str__(self) -> str:
        return f"{self.of} {self.sign} {short(self.limit)}"


@dataclass(frozen=True, slots=True)
class Sample:
    """One repetition: the measured value and what the baseline took right beside it, in the row's unit."""

    value: float
    baseline: float


@dataclass(frozen=True, slots=True)
class RowSpec:
    """A row of the table: its unit, what it is measured against, and what it must keep; None: it only informs."""

    unit: str
    baseline: str
    target: Bound | None


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a run takes: repetitions, and seconds of each watch of an idle program."""

    repeats: int = 5
    idle_s: float = 30.0
    is_quick: bool = False


Samples = Mapping[str, Sample]
Measuring = Callable[[Path, Plan], AsyncGenerator[Samples, None]]
"""Prepares in a private folder, gives the samples of one repetition at each step, cleans up when closed."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Rows that are measured together, by their names."""

    measuring: Measuring
    rows: Mapping[str, RowSpec]


@dataclass(slots=True)
class Collected:
    """The samples of one row."""

    spec: RowSpec
    samples: list[Sample] = field(default_factory=list[Sample])

    def result(self) -> "Result":
        """The medians."""
        value = statistics.median(sample.value for sample in self.samples)
        baseline = statistics.median(sample.baseline for sample in self.samples)
        ratio = value / baseline if baseline else math.inf
        target = self.spec.target
        return Result(
            value=value,
            unit=self.spec.unit,
            baseline=self.spec.baseline,
            baseline_value=baseline,
            ratio=ratio,
            target="" if target is None else str(target),
            ok=target is None or target.holds(value, ratio),
        )


@dataclass(frozen=True, slots=True)
class Result:
    """One row of ``build/bench.json``; without a target, that is "", it is always ``ok``."""

    value: float
    unit: str
    baseline: str
    baseline_value: float
    ratio: float
    target: str
    ok: bool


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least ``percent`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def short(number: float) -> str:
    """Three digits that count, without an exponent where people can read it."""
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(number))))
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
