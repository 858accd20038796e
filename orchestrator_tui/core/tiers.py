"""Which model tier a task deserves."""

from orchestrator_tui.core.models import MissionSpec, ModelTier, Priority, Task, TaskType


def select_model(task: Task | MissionSpec) -> ModelTier:
    """The tier for a task: critical or synthesis is opus, analysis or review sonnet, all else haiku."""
    if task.priority == Priority.CRITICAL or task.type == TaskType.SYNTHESIS:
        return ModelTier.OPUS
    if task.type in (TaskType.ANALYSIS, TaskType.REVIEW):
        return ModelTier.SONNET
    return ModelTier.HAIKU
