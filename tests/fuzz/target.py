"""One kind of input, how it is made, and what must hold when it is given."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisWarning
from hypothesis.strategies import SearchStrategy

from orchestrator_tui.core.errors import OrchestratorError


@dataclass(frozen=True, slots=True)
class Target:
    """``call`` returns whether the input was taken (False: refused with a clear error) and raises for a failure.

    ``calls`` are those of the long form.
    """

    name: str
    calls: int
    inputs: SearchStrategy[Any]
    call: Callable[[Any], bool]


@dataclass(slots=True)
class Outcome:
    """What one target showed; ``failure`` holds the smallest input found that breaks the property."""

    name: str
    calls: int = 0
    refused: int = 0
    failure: BaseException | None = None
    example: Any = field(default=None, repr=False)


def run(target: Target, calls: int, number: int) -> Outcome:
    """Gives the target ``calls`` generated inputs, always the same ones for one seed ``number``."""
    outcome = Outcome(target.name)

    @seed(number)
    @settings(
        max_examples=calls,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(target.inputs)
    def check(given_input: Any) -> None:
        outcome.calls += 1
        outcome.example = given_input
        if not target.call(given_input):
            outcome.refused += 1

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)
            check()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        outcome.failure = error
    return outcome


def is_clear(error: OrchestratorError) -> None:
    """Fails for an error from which its reader would not know what to do."""
    assert error.message.strip(), "an error without a message"
    assert error.field or error.remedy, f"neither field nor remedy: {error.message!r}"
    assert "Traceback" not in str(error)
    assert "pydantic" not in str(error), str(error)


def taken(work: Callable[[], object]) -> bool:
    """Whether ``work`` was done; False when it was refused with a clear error."""
    try:
        work()
    except OrchestratorError as error:
        is_clear(error)
        return False
    return True
