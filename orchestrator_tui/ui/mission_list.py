"""The missions in the order in which they are shown, and those of them that pass a filter. Pure.

What a change costs is that of what changed: the order is kept by inserting, the filter asked only for changed missions.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from orchestrator_tui.core.models import MissionState, Priority
from orchestrator_tui.core.views import MissionView

Passes: TypeAlias = Callable[[MissionView], bool]
_Key: TypeAlias = tuple[int, int, int, str]

_RANK = {
    MissionState.RUNNING: 0,
    MissionState.ASSIGNED: 0,
    MissionState.RETRYING: 1,
    MissionState.PENDING: 2,
    MissionState.BLOCKED: 3,
    MissionState.COMPLETED: 4,
    MissionState.FAILED: 4,
    MissionState.CANCELLED: 4,
}
_ENDED_RANK = 4
_PRIORITY_RANK = {priority: rank for rank, priority in enumerate(Priority)}
_SORT_ANEW_FROM = 256


def mission_order(mission: MissionView) -> _Key:
    """Sorts those at work first, then the queue in its order, then the newest ended."""
    rank = _RANK[mission.state]
    if rank == _ENDED_RANK:
        return rank, -(mission.ended_at or 0), -mission.seq, mission.id
    return rank, _PRIORITY_RANK[mission.priority], mission.seq, mission.id


class MissionList:
    """All missions by id, and the ids of the shown ones in order.

    ``matcher`` makes of a filter's text what decides whether a mission passes.
    """

    def __init__(self, matcher: Callable[[str], Passes]) -> None:
        self._matcher = matcher
        self._views: dict[str, MissionView] = {}
        self._key_of: dict[str, _Key] = {}
        self._keys: list[_Key] = []
        self._unsettled: set[str] = set()
        self._query = ""
        self._passes: Passes | None = None
        self._passing: Collection[str] = self._views
        self._shown: tuple[str, ...] | None = ()
        self._with_tokens: set[str] = set()
        self.revision = 0

    @property
    def views(self) -> Mapping[str, MissionView]:
        """Every mission."""
        return self._views

    @property
    def has_costs(self) -> bool:
        """Whether anything was spent on any of them."""
        return bool(self._with_tokens)

    def load(self, missions: Iterable[MissionView]) -> None:
        """Replaces all missions."""
        self._views.clear()
        self._key_of.clear()
        self._keys.clear()
        self._unsettled.clear()
        self._with_tokens.clear()
        self._refilter(self._query)
        self.put(missions)

    def put(self, missions: Iterable[MissionView]) -> None:
        """Takes missions that are new or changed."""
        for mission in missions:
            self._views[mission.id] = mission
            self._unsettled.add(mission.id)
            if mission.spent.tokens:
                self._with_tokens.add(mission.id)
        self.revision += 1

    def trim(self, limit: int) -> None:
        """Forgets the oldest ended missions beyond ``limit`` in all; never an open one."""
        self._settle()
        while len(self._keys) > limit and self._keys[-1][0] == _ENDED_RANK:
            mission_id = self._keys.pop()[-1]
            del self._views[mission_id], self._key_of[mission_id]
            self._with_tokens.discard(mission_id)
            if isinstance(self._passing, set):
                self._passing.discard(mission_id)
            self._shown = None
            self.revision += 1

    def shown(self, query: str) -> tuple[str, ...]:
        """The ids that pass, in order: the very same tuple until one comes, goes or moves."""
        if query != self._query:
            self._refilter(query)
        self._settle()
        if self._shown is None:
            passing = self._passing
            self._shown = tuple(key[-1] for key in self._keys if key[-1] in passing)
        return self._shown

    def is_shown(self, mission_id: str | None, query: str) -> bool:
        """Whether the mission exists and passes."""
        self.shown(query)
        return mission_id in self._passing

    def filter_anew(self) -> None:
        """Asks the filter again of every mission: what it looks at has changed, not they."""
        self._refilter(self._query)

    def _refilter(self, query: str) -> None:
        self._query = query
        self._passes = passes = self._matcher(query) if query else None
        self._passing = self._views if passes is None else {one.id for one in self._views.values() if passes(one)}
        self._shown = None

    def _settle(self) -> None:
        if not self._unsettled:
            return
        unsettled, self._unsettled = self._unsettled, set()
        if len(unsettled) >= _SORT_ANEW_FROM:
            self._key_of = {mission.id: mission_order(mission) for mission in self._views.values()}
            self._keys = sorted(self._key_of.values())
            self._shown = None
        else:
            for mission_id in unsettled:
                self._place(mission_id)
        if self._passes is not None and isinstance(self._passing, set):
            passing = {mission_id for mission_id in unsettled if self._passes(self._views[mission_id])}
            if passing != self._passing & unsettled:
                self._shown = None
            self._passing -= unsettled
            self._passing |= passing

    def _place(self, mission_id: str) -> None:
        before, after = self._key_of.get(mission_id), mission_order(self._views[mission_id])
        if before == after:
            return
        if before is not None:
            del self._keys[bisect_left(self._keys, before)]
        insort(self._keys, after)
        self._key_of[mission_id] = after
        self._shown = None
