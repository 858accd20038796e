"""Arguments of store operations that are more than a few values."""

from dataclasses import dataclass

from orchestrator_tui.core.models import Priority, Role


@dataclass(frozen=True, slots=True)
class Changes:
    """An edit of a mission; None leaves a field as it is."""

    priority: Priority | None = None
    prompt: str | None = None
    context: str | None = None
    timeout_ms: int | None = None
    max_retries: int | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class FailureReport:
    """A failed attempt as reported.

    ``agents_retries`` counts where the mission has no budget of its own, ``default_retries`` where neither has.
    """

    code: str
    message: str
    recoverable: bool
    default_retries: int
    agents_retries: int | None = None
    reserve_for: int | None = None
    delay_ms: int | None = None
