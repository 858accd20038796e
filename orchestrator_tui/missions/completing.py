"""A mission is reported as done; inside the caller's transaction.

The most frequent report by far: the mission is read once, and what is answered is what was read with what was written.
"""

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import Mission, TokenUsage
from orchestrator_tui.missions.claims import Claims, check_report
from orchestrator_tui.missions.database import Database, Row
from orchestrator_tui.missions.graph import DependencyGraph
from orchestrator_tui.missions.moves import Moves, unknown_mission
from orchestrator_tui.missions.rows import AT, MISSION, mission, with_changes

_BY_ID = f"{MISSION} WHERE m.id = ?"
_END = (
    "UPDATE mission SET state = 'completed', ended_at = ?, lease = NULL, nonce = NULL, reserved_for = NULL"
    " WHERE seq = ?"
)
_OUTCOME = (
    "INSERT INTO outcome(seq, output, reported_duration_ms, tokens_in, tokens_out) VALUES(?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET output = excluded.output, error_code = NULL, error_message = NULL,"
    " reported_duration_ms = excluded.reported_duration_ms, tokens_in = excluded.tokens_in,"
    " tokens_out = excluded.tokens_out"
)


class Completing:
    """Completes missions and frees what waited for them."""

    def __init__(self, database: Database, graph: DependencyGraph, moves: Moves, claims: Claims) -> None:
        self._db = database
        self._graph = graph
        self._moves = moves
        self._claims = claims

    def complete(
        self,
        mission_id: str,
        output: str,
        duration_ms: int | None,
        tokens: TokenUsage,
        lease: str | None,
        override: bool,
    ) -> Mission:
        """The mission, done. Raises UnknownMission, LeaseLost."""
        row = self._read(mission_id)
        holds = override or row[AT["lease"]] == lease
        check_report(mission_id, row[AT["state"]], row[AT["fence"]], holds=holds)
        if row[AT["state"]] == "assigned":
            self._claims.start(self._moves.get(mission_id))
            row = self._read(mission_id)
        seq, started_at, now = row[AT["seq"]], row[AT["started_at"]], self._db.now()
        self._db.run(_END, (now, seq))
        self._db.run(_OUTCOME, (seq, output, duration_ms, tokens.input, tokens.output))
        data: dict[str, object] = {"duration_ms": now - started_at}
        if override:
            data["override"] = True
        number, agent_id = row[AT["attempts"]], row[AT["agent_id"]]
        event = Event(EventType.TASK_COMPLETE, now, agent_id=agent_id, mission_id=mission_id, attempt=number, data=data)
        self._db.tell(event)
        self._graph.completed(seq)
        done = with_changes(
            row,
            state="completed",
            ended_at=now,
            lease=None,
            nonce=None,
            reserved_for=None,
            output=output,
            error_code=None,
            error_message=None,
            reported_duration_ms=duration_ms,
            tokens_in=tokens.input,
            tokens_out=tokens.output,
        )
        return mission(done)

    def _read(self, mission_id: str) -> Row:
        row = self._db.one(_BY_ID, (mission_id,))
        if row is None:
            raise unknown_mission(mission_id)
        return row
