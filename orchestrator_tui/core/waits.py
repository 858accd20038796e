"""Why missions have not started yet, said once for all missions of a kind or a role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestrator_tui.core.models import Mission, MissionState, Priority, Role, TaskType


class Kind(NamedTuple):
    """All that the placement asks of a mission that is kept for nobody."""

    role: Role | None
    type: TaskType
    priority: Priority


@dataclass(frozen=True, slots=True)
class Waits:
    """Reasons in words: of single missions by id, of all other pending ones by their kind, or else by role."""

    missions: Mapping[str, str] = field(default_factory=dict[str, str])
    kinds: Mapping[Kind, str] = field(default_factory=dict[Kind, str])
    roles: Mapping[Role | None, str] = field(default_factory=dict[Role | None, str])

    def of(self, mission: Mission) -> str | None:
        """Why the mission has not started; None where nothing is known to be in its way."""
        own = self.missions.get(mission.id)
        if own is not None or mission.state is not MissionState.PENDING or mission.reserved_for is not None:
            return own
        return self.kinds.get(kind_of(mission)) or self.roles.get(mission.role)

    def also(self, missions: Mapping[str, str]) -> "Waits":
        """The same with further reasons, which go before."""
        return Waits({**self.missions, **missions}, self.kinds, self.roles)


def kind_of(mission: Mission) -> Kind:
    """The mission's kind."""
    return Kind(mission.role, mission.type, mission.priority)
