"""The short form of the generated calls, with the same seed at every run."""

import logging
from collections.abc import Iterator

import pytest

from orchestrator_tui.core.errors import OrchestratorError, UsageError
from tests.fuzz.__main__ import TARGETS, close, line
from tests.fuzz.target import Outcome, Target, is_clear, run, taken
from tests.fuzz.texts import TEXT

SHARE = 100


@pytest.fixture(scope="module", autouse=True)
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody's own configuration takes part, and nothing is left behind."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp("home")))
        yield
        close()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_strange_input_is_taken_or_refused_and_never_breaks_anything(target: Target) -> None:
    outcome = run(target, max(5, target.calls // SHARE), 1)
    if outcome.failure is not None:
        raise outcome.failure
    assert outcome.calls > 0


def test_the_long_form_is_of_twenty_thousand_calls() -> None:
    assert sum(target.calls for target in TARGETS) >= 20_000


class TestTheCheckItself:
    def test_a_crash_is_found_shrunk_and_counted(self) -> None:
        def crashes(text: str) -> bool:
            return taken(lambda: int(text, 36) if "x" in text else None)

        outcome = run(Target("broken", 1, TEXT, crashes), 500, 1)
        assert isinstance(outcome.failure, ValueError)
        assert "x" in outcome.example
        assert line([outcome, Outcome("other", 3, 2)], 1).endswith("2 targets, 1 failures, seed 1")

    def test_the_same_seed_makes_the_same_calls(self) -> None:
        def calls(number: int) -> list[str]:
            seen: list[str] = []
            run(Target("seen", 1, TEXT, lambda text: not seen.append(text)), 30, number)
            return seen

        assert calls(1) == calls(1) != calls(2)

    @pytest.mark.parametrize(
        "error", [OrchestratorError(" "), UsageError("It is bad."), UsageError("See errors.pydantic.dev.", field="x")]
    )
    def test_an_error_without_message_or_remedy_is_a_failure(self, error: OrchestratorError) -> None:
        with pytest.raises(AssertionError):
            is_clear(error)

    def test_what_no_task_took_is_a_surprise(self) -> None:
        from tests.fuzz.loop import Watched

        watched = Watched()

        async def loses_a_task() -> None:
            logging.getLogger("x").error("a part stopped working")

        watched.run(loses_a_task())
        try:
            with pytest.raises(AssertionError, match="a part stopped working"):
                watched.check()
            watched.check()
        finally:
            watched.shut()
