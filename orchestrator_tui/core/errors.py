"""Every error that a user can meet, as one tree.

OrchestratorError            carries a message that says what is wrong and a remedy that says what to do
├── UsageError               bad input (exit 2); names the field
│   ├── PlanError
│   ├── ConfigError
│   ├── UnknownAgent / UnknownMission
│   ├── UnknownDependency / DependencyCycle
│   ├── DuplicateMission
│   └── NotAllowedNow        the state does not permit it
├── PoolIncomplete           of several agents only some started
├── LeaseLost                a report for a claim that was taken away
├── Forbidden                the caller may not do this
└── CannotRun                something needed is missing (exit 3)
    ├── SessionOwned
    ├── NoSupervisor
    ├── TmuxUnavailable
    ├── StoreUnavailable
    └── ProviderUnavailable
"""

from collections.abc import Sequence

from orchestrator_tui.core.models import Agent


class OrchestratorError(Exception):
    """An expected failure: ``message`` says what is wrong, ``remedy`` what to do, ``field`` what it is about."""

    def __init__(self, message: str, *, remedy: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.field = field

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class UsageError(OrchestratorError):
    """Bad input."""


class PlanError(UsageError):
    """A plan file that cannot be used; the message names line and field."""


class ConfigError(UsageError):
    """A configuration value that cannot be used."""


class UnknownAgent(UsageError):
    """No agent has this id."""


class UnknownMission(UsageError):
    """No mission has this id."""


class UnknownDependency(UsageError):
    """A mission depends on an id that does not exist."""


class DependencyCycle(UsageError):
    """Dependencies that wait for each other; the message names the cycle."""


class DuplicateMission(UsageError):
    """A mission with this id exists, with other content."""


class NotAllowedNow(UsageError):
    """The object's state does not permit the command."""


class PoolIncomplete(OrchestratorError):
    """Some agents of a pool started and live on; ``started`` are those, the message names the others and why."""

    def __init__(
        self, message: str, started: Sequence[Agent] = (), *, remedy: str = "", field: str | None = None
    ) -> None:
        super().__init__(message, remedy=remedy, field=field)
        self.started = tuple(started)


class LeaseLost(OrchestratorError):
    """A report for a claim that no longer holds."""


class Forbidden(OrchestratorError):
    """The caller may not do this."""


class CannotRun(OrchestratorError):
    """Something that the program needs is missing."""


class SessionOwned(CannotRun):
    """Another process owns the session."""


class NoSupervisor(CannotRun):
    """No supervisor runs for the session."""


class TmuxUnavailable(CannotRun):
    """tmux is missing, too old, or does not answer."""


class StoreUnavailable(CannotRun):
    """The mission store cannot be read or written."""


class ProviderUnavailable(CannotRun):
    """The provider's program is missing."""
