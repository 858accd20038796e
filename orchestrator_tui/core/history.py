"""What was: pages of older events, and the commands that were run; values of ``SupervisorClient``."""

from dataclasses import dataclass

from orchestrator_tui.core.events import Event


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in their order. ``next_before``: everything from this number on was looked at; None: everything was."""

    events: tuple[Event, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class CommandView:
    """A tmux or git command that was run, or several that were sent to tmux at once.

    ``at`` in milliseconds since the epoch, ``took_ms`` until the answer; ``lines`` hold no secret and no typed text.
    ``is_poll`` says that it only looked. ``error`` None means well.
    """

    seq: int
    at: int
    tool: str
    lines: tuple[str, ...]
    took_ms: float
    agent_id: int | None = None
    error: str | None = None
    is_poll: bool = False
