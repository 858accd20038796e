"""An agent takes and starts its next mission in one step; inside the caller's transaction.

What is nearly always answered with no is asked in one question, and the mission runs after a single write.
"""

from collections.abc import Callable

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import Mission, Role
from orchestrator_tui.missions.claims import Claims
from orchestrator_tui.missions.database import Database, Row
from orchestrator_tui.missions.rows import AT, MISSION, mission, with_changes

_SITUATION = (
    "SELECT EXISTS(SELECT 1 FROM mission INDEXED BY mission_claimed WHERE state IN ('assigned', 'running')),"
    " EXISTS(SELECT 1 FROM mission INDEXED BY mission_retrying WHERE state = 'retrying'),"
    " EXISTS(SELECT 1 FROM mission INDEXED BY mission_reserved WHERE reserved_for = ?1),"
    " (SELECT role FROM agent WHERE id = ?1)"
)
_OWN = (
    f"{MISSION} WHERE m.seq = (SELECT seq FROM mission INDEXED BY mission_reserved"
    " WHERE reserved_for = ? AND (state = 'pending' OR (state = 'retrying' AND not_before <= ?))"
    " ORDER BY priority, seq LIMIT 1)"
)
_FREE = (
    f"{MISSION} WHERE m.seq = (SELECT seq FROM mission INDEXED BY mission_pending_role"
    " WHERE state = 'pending' AND {role} AND reserved_for IS NULL ORDER BY priority, seq LIMIT 1)"
)
_FREE_WITHOUT_ROLE = _FREE.replace("{role}", "role IS NULL")
_FREE_OF_ROLE = _FREE.replace("{role}", "role = ?")
_START = (
    "UPDATE mission SET state = 'running', agent_id = ?, lease = ?, nonce = ?, fence = NULL, spent_ms = 0,"
    " not_before = NULL, attempts = ?, started_at = ?, undelivered = 0, reserved_for = NULL WHERE seq = ?"
)


class Taking:
    """Finds what an agent should take, and starts it."""

    def __init__(self, database: Database, claims: Claims) -> None:
        self._db = database
        self._claims = claims

    def take(self, agent_id: int, role: Role | None, reap: Callable[[], None]) -> Mission | None:
        """Starts the next mission for an agent under a new lease, if there is one.

        ``role`` counts for an agent that is not registered. ``reap`` is called first where somebody holds a mission.
        """
        is_held, is_retrying, is_reserved, known = self._db.rows(_SITUATION, (agent_id,))[0]
        if is_held:
            reap()
        if is_held or is_retrying:
            self._claims.promote_due()
        # A mission that was just reaped may be reserved now.
        own = self._db.one(_OWN, (agent_id, self._db.now())) if is_reserved or is_held else None
        found = own or self._front(known or role)
        return None if found is None else self._start(found, agent_id)

    def _front(self, role: str | None) -> Row | None:
        found = self._db.rows(_FREE_WITHOUT_ROLE)
        if role is not None:
            found += self._db.rows(_FREE_OF_ROLE, (role,))
        return min(found, key=lambda row: (row[AT["priority"]], row[AT["seq"]])) if found else None

    def _start(self, found: Row, agent_id: int) -> Mission:
        seq, mission_id, number = found[AT["seq"]], found[AT["id"]], found[AT["attempts"]] + 1
        lease, nonce, now = self._db.new_id(), self._db.new_id(), self._db.now()
        self._db.run(_START, (agent_id, lease, nonce, number, now, seq))
        if found[AT["error_code"]] is not None:
            self._claims.forget_error(seq)
        for kind in (EventType.MISSION_ASSIGNED, EventType.TASK_START):
            self._db.tell(Event(kind, now, agent_id=agent_id, mission_id=mission_id, attempt=number, data={}))
        started = with_changes(
            found,
            state="running",
            agent_id=agent_id,
            lease=lease,
            nonce=nonce,
            fence=None,
            spent_ms=0,
            not_before=None,
            attempts=number,
            started_at=now,
            undelivered=0,
            reserved_for=None,
            error_code=None,
            error_message=None,
        )
        return mission(started)
