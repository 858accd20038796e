"""Questions to the store that change nothing."""

import json
from collections.abc import Collection

from orchestrator_tui.core.models import Mission, MissionState, QueueStats, Role
from orchestrator_tui.core.waits import Kind
from orchestrator_tui.missions.changes import Known
from orchestrator_tui.missions.database import Database, Value
from orchestrator_tui.missions.moves import unknown_mission
from orchestrator_tui.missions.rows import MISSION, OUTLINE, mission

_QUEUE_ORDER = "ORDER BY m.priority, m.seq LIMIT ?"


def _fronts(*conditions: str) -> str:
    """The first ``?1`` missions of all that meet one of the conditions, each of which is walked by its own index."""
    front = "SELECT * FROM (SELECT priority, seq FROM mission WHERE {} ORDER BY priority, seq LIMIT ?1)"
    union = " UNION ALL ".join(front.format(condition) for condition in conditions)
    return f"WHERE m.seq IN (SELECT seq FROM ({union}) ORDER BY priority, seq LIMIT ?1) ORDER BY m.priority, m.seq"


# One index less that every change of state rewrites: the few roles stand in for it.
_BY_ROLE = ("state = 'pending' AND role IS NULL", *(f"state = 'pending' AND role = '{role.value}'" for role in Role))
_PENDING = _fronts(*_BY_ROLE)
_UNHELD = _fronts(*_BY_ROLE, "state = 'blocked'", "state = 'retrying'")


class Reading:
    """Every answer is whole missions or counts."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def get(self, mission_id: str) -> Mission:
        """One mission. Raises UnknownMission."""
        row = self._db.one(f"{MISSION} WHERE m.id = ?", (mission_id,))
        if row is None:
            raise unknown_mission(mission_id)
        return mission(row)

    def ready(self, limit: int) -> list[Mission]:
        """Up to ``limit`` pending missions and every due retry that is reserved for an agent, in queue order."""
        due = self._missions(
            "WHERE m.reserved_for IS NOT NULL AND m.state = 'retrying' AND m.not_before <= ?", self._db.now()
        )
        pending = self.pending(limit)
        if not due:
            return pending
        return sorted(pending + due, key=lambda found: (found.priority.rank, found.seq))

    def pending(self, limit: int) -> list[Mission]:
        """Pending missions in queue order."""
        return self._missions(_PENDING, limit)

    def pending_behind(
        self, mission: Mission, roles: Collection[Role], without: Collection[Kind], limit: int
    ) -> list[Mission]:
        """Pending missions after this one in queue order: for these roles or for any, not of these kinds, or reserved.

        Costs the same for any number of missions of other roles.
        """
        kinds = json.dumps([f"{kind.priority.rank} {kind.type} {kind.role or ''}" for kind in without])
        place: tuple[Value, ...] = (mission.priority.rank, mission.seq)
        behind = "state = 'pending' AND (priority, seq) > (?, ?)"
        other = "priority || ' ' || type || ' ' || coalesce(role, '') NOT IN (SELECT value FROM json_each(?))"
        # Role by role and each by its own index: else all pending missions would be walked or sorted.
        parts = [f"mission INDEXED BY mission_reserved WHERE reserved_for IS NOT NULL AND {behind}"]
        of_role = f"role IS ? AND {behind} AND reserved_for IS NULL AND {other} ORDER BY priority, seq LIMIT ?"
        params: list[tuple[Value, ...]] = [place]
        for role in (None, *sorted(roles)):
            parts.append(f"mission INDEXED BY mission_pending_role WHERE {of_role}")
            params.append((role, *place, kinds, limit))
        union = " UNION ALL ".join(f"SELECT * FROM (SELECT priority, seq FROM {part})" for part in parts)
        return self._missions(
            f"WHERE m.seq IN (SELECT seq FROM ({union}) ORDER BY priority, seq LIMIT ?) ORDER BY m.priority, m.seq",
            *(value for part in params for value in part),
            limit,
        )

    def blocked(self, limit: int) -> list[Mission]:
        """Blocked missions in queue order."""
        return self._missions(f"WHERE m.state = 'blocked' {_QUEUE_ORDER}", limit)

    def claimed(self) -> list[Mission]:
        """Assigned and running missions, oldest first."""
        # The condition is exactly the index's, and nothing is ordered: otherwise all missions would be walked.
        return sorted(self._missions("WHERE m.state IN ('assigned', 'running')"), key=lambda held: held.seq)

    def fenced(self) -> list[Mission]:
        """Claimed missions whose agent is being stopped."""
        return [found for found in self.claimed() if found.fence is not None]

    def held_by(self, agent_id: int) -> list[Mission]:
        """What an agent holds or what is reserved for it, in queue order."""
        claimed = self._missions("WHERE m.state IN ('assigned', 'running') AND m.agent_id = ?", agent_id)
        reserved = self._missions("WHERE m.reserved_for = ? AND m.state IN ('pending', 'retrying')", agent_id)
        return sorted(claimed + reserved, key=lambda found: (found.priority.rank, found.seq))

    def listing(self, limit: int) -> list[Mission]:
        """Open missions first (those in hand, then queue order), then the newest ended."""
        return self._listing(MISSION, limit)

    def outline(self, limit: int) -> list[Mission]:
        """The missions of ``listing``, as ``OUTLINE`` has them."""
        return self._listing(OUTLINE, limit)

    def known(self, ids: Collection[str]) -> dict[str, Known]:
        """How those of the ids stand that exist."""
        rows = self._db.rows(
            "SELECT m.id, p.fingerprint, m.state, o.error_code FROM mission m JOIN payload p ON p.seq = m.seq"
            " LEFT JOIN outcome o ON o.seq = m.seq WHERE m.id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(ids)),),
        )
        return {row[0]: Known(row[1], MissionState(row[2]), row[3]) for row in rows}

    def stats(self) -> QueueStats:
        """Counts by state."""
        return QueueStats(**dict(self._db.rows("SELECT state, n FROM stat")))

    def next_due(self) -> int | None:
        """When the next retry is due; one that is due and reserved waits for its agent, not for the time."""
        row = self._db.one(
            "SELECT not_before FROM mission WHERE state = 'retrying' AND (reserved_for IS NULL OR not_before > ?)"
            " ORDER BY not_before LIMIT 1",
            (self._db.now(),),
        )
        return None if row is None else row[0]

    def _listing(self, what: str, limit: int) -> list[Mission]:
        found = sorted(self.claimed(), key=lambda held: (held.priority.rank, held.seq))[:limit]
        for condition in (
            _UNHELD,
            "WHERE m.ended_at IS NOT NULL ORDER BY m.ended_at DESC, m.seq DESC LIMIT ?",
        ):
            found += [mission(row) for row in self._db.rows(f"{what} {condition}", (limit - len(found),))]
        return found

    def _missions(self, condition: str, *params: Value) -> list[Mission]:
        return [mission(row) for row in self._db.rows(f"{MISSION} {condition}", params)]
