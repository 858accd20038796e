"""What a session remembers of its accounts' limits while no supervisor runs: one small private file."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from orchestrator_tui.agents.private_files import write_private_bytes
from orchestrator_tui.core.quota import Breaker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Where a mission that a limit interrupted goes on: at this agent, in this conversation."""

    agent_id: int
    conversation_id: str


@dataclass(slots=True)
class QuotaState:
    """Breakers by account id, interrupted missions by id."""

    breakers: dict[str, Breaker] = field(default_factory=dict[str, Breaker])
    interrupted: dict[str, Interrupted] = field(default_factory=dict[str, Interrupted])


_STATE = TypeAdapter(QuotaState)


def load(path: Path) -> QuotaState:
    """The state; an empty one when there is no file, or none that can be read."""
    try:
        return _STATE.validate_json(path.read_bytes())
    except FileNotFoundError:
        return QuotaState()
    except (OSError, ValidationError) as error:
        log.warning("%s cannot be read, so limits are met again: %s", path, error)
        return QuotaState()


def save(path: Path, state: QuotaState) -> None:
    """Replaces the file in one step."""
    try:
        write_private_bytes(path, _STATE.dump_json(state))
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error)
