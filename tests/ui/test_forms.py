"""What is typed into forms, read as values."""

import pytest

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.models import Mission, MissionSpec, MissionState, Priority, TaskType
from orchestrator_tui.core.views import MissionChanges
from orchestrator_tui.ui.dialogs.forms import read_count, read_duration_ms, read_ids, write_duration
from orchestrator_tui.ui.dialogs.mission import changes_between


@pytest.mark.parametrize(
    ("text", "ms"),
    [("", None), ("90s", 90_000), ("30m", 1_800_000), ("1.5h", 5_400_000), ("10", 600_000), ("250ms", 250)],
)
def test_durations(text: str, ms: int | None) -> None:
    assert read_duration_ms(text, "timeout_ms") == ms
    assert read_duration_ms(write_duration(ms), "timeout_ms") == ms


@pytest.mark.parametrize("text", ["soon", "-5m", "0", "nan", "inf", "1e99", "5 days"])
def test_no_durations(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_duration_ms(text, "timeout_ms")
    assert caught.value.field == "timeout_ms"


def test_counts_have_limits() -> None:
    assert read_count(" 7 ", "count", least=1, most=9) == 7
    assert read_count("", "count", least=1, most=9) is None
    for text in ("0", "10", "x", "-1"):
        with pytest.raises(UsageError):
            read_count(text, "count", least=1, most=9)


def test_ids_come_once_and_in_order() -> None:
    assert read_ids(" b, a b,,c ") == ("b", "a", "c")


def test_an_edit_is_only_what_differs() -> None:
    old = Mission("m", 1, "do", "with care", TaskType.CODING, Priority.LOW, MissionState.PENDING, 0, max_retries=2)
    same = MissionSpec("do", context="with care", priority=Priority.LOW, max_retries=2)
    assert changes_between(old, same) is None
    other = MissionSpec("do", context=None, priority=Priority.HIGH, max_retries=0)
    assert changes_between(old, other) == MissionChanges(context="", priority=Priority.HIGH, max_retries=0)
