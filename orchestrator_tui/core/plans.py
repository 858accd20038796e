"""What importing a plan file would do, as values for a screen."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator_tui.core.models import MissionState, Priority, Role


class Standing(StrEnum):
    """What becomes of a plan's mission: queued, left as it is, queued again, or refused."""

    NEW = "new"
    HERE = "here"
    AGAIN = "again"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """One mistake in a plan file; ``source`` is the line as it is written, lines count from 1."""

    line: int
    message: str
    remedy: str
    field: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class PlannedMission:
    """One mission of a plan; ``state`` is that of the mission that is queued already under its id."""

    id: str
    title: str
    type: str
    priority: Priority
    line: int
    role: Role | None = None
    depends_on: tuple[str, ...] = ()
    standing: Standing = Standing.NEW
    state: MissionState | None = None


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """A plan file as it was read; ``digest`` names exactly this content."""

    path: str
    digest: str
    missions: tuple[PlannedMission, ...] = ()
    problems: tuple[PlanProblem, ...] = ()

    def count(self, standing: Standing) -> int:
        """How many missions stand so."""
        return sum(mission.standing is standing for mission in self.missions)


@dataclass(frozen=True, slots=True)
class PlanImported:
    """What an import did: ids in the plan's order by what became of them."""

    queued: tuple[str, ...]
    again: tuple[str, ...]
    here: tuple[str, ...]
