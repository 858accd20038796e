"""Arguments of store operations that are more than a few values."""

from dataclasses import dataclass

from orchestrator_tui.core.models import MissionState, Priority, Role

REVIVED_CODES = frozenset({"run_timeout", "no_agents"})
"""Cancellations by an earlier run of a plan, which the same plan takes back."""


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


@dataclass(frozen=True, slots=True)
class Known:
    """What tells a mission of a plan from one that is queued already: its content's fingerprint, and how it stands."""

    fingerprint: str
    state: MissionState
    error_code: str | None

    @property
    def is_revived(self) -> bool:
        """Whether the plan that it came from takes it back: a run ended it, and nobody else did."""
        return self.state is MissionState.CANCELLED and self.error_code in REVIVED_CODES


@dataclass(frozen=True, slots=True)
class Resumed:
    """Ids of a plan's missions, all in its order, and those of them that are new or pending again."""

    ids: tuple[str, ...]
    queued: tuple[str, ...]
    again: tuple[str, ...]
