"""The specification's model table."""

import pytest

from orchestrator_tui.core.models import ModelTier, Priority, Task, TaskType
from orchestrator_tui.core.tiers import select_model


@pytest.mark.parametrize("priority", list(Priority))
def test_synthesis_is_always_opus(priority: Priority) -> None:
    assert select_model(Task("x", type=TaskType.SYNTHESIS, priority=priority)) is ModelTier.OPUS


@pytest.mark.parametrize("kind", list(TaskType))
def test_critical_is_always_opus(kind: TaskType) -> None:
    assert select_model(Task("x", type=kind, priority=Priority.CRITICAL)) is ModelTier.OPUS


@pytest.mark.parametrize("kind", [TaskType.ANALYSIS, TaskType.REVIEW])
def test_analysis_and_review_are_sonnet(kind: TaskType) -> None:
    assert select_model(Task("x", type=kind, priority=Priority.LOW)) is ModelTier.SONNET


@pytest.mark.parametrize("kind", [TaskType.EXTRACTION, TaskType.GENERAL, TaskType.CODING, TaskType.DOCUMENTATION])
def test_the_rest_is_haiku(kind: TaskType) -> None:
    assert select_model(Task("x", type=kind)) is ModelTier.HAIKU


def test_plain_strings_are_understood() -> None:
    assert select_model(Task("x", type="review", priority="high")) is ModelTier.SONNET
