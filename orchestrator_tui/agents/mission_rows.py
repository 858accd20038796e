"""The missions' rows that feeds show, made anew only where a mission, an agent's name or a reason to wait changed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from orchestrator_tui.agents.presenting import mission_view
from orchestrator_tui.core.attention import may_wait_for_person
from orchestrator_tui.core.models import Mission, MissionState, QueueStats
from orchestrator_tui.core.views import MissionView
from orchestrator_tui.core.waits import Waits

_Key = TypeVar("_Key")

_SLACK = 500
"""So many rows more than there may be are let stand before the oldest are looked for."""


class MissionRows:
    """At most about ``limit`` rows: ended missions make room, the oldest first; open ones never do. Pure."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._views: dict[str, MissionView] = {}
        self._open: set[str] = set()
        self._names: Mapping[int, str] = {}
        self._waits = Waits()
        self._watched: dict[str, Mission] = {}

    def views(self) -> tuple[MissionView, ...]:
        """Every row."""
        return tuple(self._views.values())

    def clear(self) -> None:
        """Forgets everything."""
        self._views, self._open, self._watched = {}, set(), {}
        self._names, self._waits = {}, Waits()

    def may_wait(self) -> Sequence[Mission]:
        """The missions, in outline, of which something may wait for a person."""
        return list(self._watched.values())

    def outdated(self, names: Mapping[int, str], waits: Waits) -> frozenset[str]:
        """The missions whose row may say something else with these agents' names and these reasons to wait."""
        found = _different(waits.missions, self._waits.missions)
        others = _different(names, self._names)
        kinds, roles = _different(waits.kinds, self._waits.kinds), _different(waits.roles, self._waits.roles)
        if others:
            found |= {
                view.id
                for view in self._views.values()
                if view.agent_id in others or view.state is MissionState.RETRYING
            }
        if kinds or roles:
            found |= {
                view.id
                for view in self._views.values()
                if view.state is MissionState.PENDING
                and (view.role in roles or (view.role, view.type, view.priority) in kinds)
            }
        return frozenset(found & self._views.keys())

    def take(self, missions: Iterable[Mission], names: Mapping[int, str], waits: Waits) -> Sequence[MissionView]:
        """Takes missions in outline as they are now; the rows that are new or say something else."""
        self._names, self._waits = dict(names), waits
        changed: list[MissionView] = []
        for mission in missions:
            view = mission_view(mission, names, waits)
            if self._views.get(mission.id) != view:
                self._views[mission.id] = view
                changed.append(view)
            self._file(mission)
        self._make_room()
        return changed

    def lacks_open(self, stats: QueueStats) -> bool:
        """Whether there is much room, and open missions that were left out for want of it."""
        open_missions = stats.pending + stats.blocked + stats.retrying + stats.assigned + stats.running
        return len(self._open) < min(open_missions, self._limit // 2)

    def _file(self, mission: Mission) -> None:
        if mission.state.is_ended:
            self._open.discard(mission.id)
        else:
            self._open.add(mission.id)
        if may_wait_for_person(mission):
            self._watched[mission.id] = mission
        else:
            self._watched.pop(mission.id, None)

    def _make_room(self) -> None:
        if len(self._views) <= self._limit + _SLACK:
            return
        ended = [view for view in self._views.values() if view.id not in self._open]
        ended.sort(key=lambda view: (view.ended_at or 0, view.seq))
        for view in ended[: len(self._views) - self._limit]:
            del self._views[view.id]


def _different(now: Mapping[_Key, str], before: Mapping[_Key, str]) -> set[_Key]:
    """The keys under which the two say something else."""
    return {key for key, _ in now.items() ^ before.items()}
