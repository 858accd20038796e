"""An agent takes and starts its next mission in one step; inside the caller's transaction.

What is nearly always answered with no is asked in one question, and the mission runs after a single write.
"""

from collections.abc import Callable

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import Role
from orchestrator_tui.missions.claims import Claims
from orchestrator_tui.missions.database import Database, Row

_SITUATION = (
    "SELECT EXISTS(SELECT 1 FROM mission INDEXED BY mission_claimed WHERE state IN ('assigned', 'running')),"
    " EXISTS(SELECT 1 FROM mission INDEXED BY mission_retrying WHERE state = 'retrying'),"
    " EXISTS(SELECT 1 FROM mission INDEXED BY mission_reserved WHERE reserved_for = ?1),"
    " (SELECT role FROM agent WHERE id = ?1)"
)
_FOUND = "seq, id, attempts, EXISTS(SELECT 1 FROM outcome WHERE outcome.seq = mission.seq), priority"
_OWN = (
    f"SELECT {_FOUND} FROM mission INDEXED BY mission_reserved"
    " WHERE reserved_for = ? AND (state = 'pending' OR (state = 'retrying' AND not_before <= ?))"
    " ORDER BY priority, seq LIMIT 1"
)
_FREE = (
    f"SELECT {_FOUND} FROM mission INDEXED BY mission_pending_role WHERE state = 'pending' AND {{role}}"
    " AND reserved_for IS NULL ORDER BY priority, seq LIMIT 1"
)
_FREE_WITHOUT_ROLE = _FREE.format(role="role IS NULL")
_FREE_OF_ROLE = _FREE.format(role="role = ?")
_START = (
    "UPDATE mission SET state = 'running', agent_id = ?, lease = ?, nonce = ?, fence = NULL, spent_ms = 0,"
    " not_before = NULL, attempts = ?, started_at = ?, undelivered = 0, reserved_for = NULL WHERE seq = ?"
)


class Taking:
    """Finds what an agent should take, and starts it."""

    def __init__(self, database: Database, claims: Claims) -> None:
        self._db = database
        self._claims = claims

    def take(self, agent_id: int, role: Role | None, reap: Callable[[], None]) -> int | None:
        """Starts the next mission for an agent under a new lease; its sequence number, or None.

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
        if found is None:
            return None
        self._start(found, agent_id)
        return found[0]

    def _front(self, role: str | None) -> Row | None:
        found = self._db.rows(_FREE_WITHOUT_ROLE)
        if role is not None:
            found += self._db.rows(_FREE_OF_ROLE, (role,))
        return min(found, key=lambda row: (row[4], row[0]), default=None)

    def _start(self, found: Row, agent_id: int) -> None:
        seq, mission_id, attempts, has_outcome, _ = found
        number, now = attempts + 1, self._db.now()
        self._db.run(_START, (agent_id, self._db.new_id(), self._db.new_id(), number, now, seq))
        if has_outcome:
            self._claims.forget_error(seq)
        for kind in (EventType.MISSION_ASSIGNED, EventType.TASK_START):
            self._db.tell(Event(kind, now, agent_id=agent_id, mission_id=mission_id, attempt=number, data={}))
