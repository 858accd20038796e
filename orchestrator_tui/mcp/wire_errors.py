"""Expected errors as JSON and back, so that a shell command fails as the same error that the supervisor raised."""

from collections.abc import Mapping

from orchestrator_tui.core import errors
from orchestrator_tui.core.errors import OrchestratorError

META_KEY = "orchestrator/error"
"""Where a tool's answer carries the error; models only read the text."""

_KINDS: dict[str, type[OrchestratorError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, OrchestratorError)
}


def describe(error: OrchestratorError) -> dict[str, str | None]:
    """The error as JSON data."""
    return {
        "kind": type(error).__name__,
        "message": error.message,
        "remedy": error.remedy,
        "field": error.field,
    }


def revive(data: Mapping[str, object]) -> OrchestratorError:
    """The error that ``describe`` told of; an unknown kind becomes a plain OrchestratorError."""
    kind = _KINDS.get(str(data.get("kind")), OrchestratorError)
    field = data.get("field")
    return kind(
        str(data.get("message") or "The supervisor gave no reason."),
        remedy=str(data.get("remedy") or ""),
        field=field if isinstance(field, str) else None,
    )
