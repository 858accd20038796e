"""The one place where a mission's state changes, held to the transition table of ``core.lifecycle``."""

from collections.abc import Mapping

from orchestrator_tui.core.errors import UnknownMission
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.lifecycle import mission_may_become
from orchestrator_tui.core.models import MissionState
from orchestrator_tui.missions.database import Database, Value
from orchestrator_tui.missions.graph import DependencyGraph
from orchestrator_tui.missions.rows import HOT, Hot, hot

_SAVE_ERROR = (
    "INSERT INTO outcome(seq, error_code, error_message) VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET"
    " error_code = excluded.error_code, error_message = excluded.error_message"
)

_NOTHING: Mapping[str, object] = {}


class Moves:
    """Moves missions between states and tells the events that go with it."""

    def __init__(self, database: Database, graph: DependencyGraph) -> None:
        self._db = database
        self._graph = graph

    def get(self, mission_id: str) -> Hot:
        """A mission by id. Raises UnknownMission."""
        row = self._db.one(f"{HOT} WHERE id = ?", (mission_id,))
        if row is None:
            raise unknown_mission(mission_id)
        return hot(row)

    def by_seq(self, seq: int) -> Hot:
        """A mission that exists."""
        return hot(self._db.rows(f"{HOT} WHERE seq = ?", (seq,))[0])

    def to(self, mission: Hot, state: MissionState, **columns: Value) -> None:
        """Changes the state and other columns of the hot row."""
        assert mission_may_become(mission.state, state), f"{mission.id}: {mission.state} may not become {state}"
        assignments = "".join(f", {column} = ?" for column in columns)
        self._db.run(
            f"UPDATE mission SET state = ?{assignments} WHERE seq = ?",
            (state.value, *columns.values(), mission.seq),
        )

    def give_up(
        self, mission: Hot, state: MissionState, code: str, message: str, data: Mapping[str, object] = _NOTHING
    ) -> None:
        """Ends a mission as failed or cancelled; its dependants are blocked by it."""
        now = self._db.now()
        self.to(mission, state, ended_at=now, lease=None, nonce=None, fence=None, reserved_for=None, not_before=None)
        self.save_error(mission, code, message)
        kind = EventType.TASK_FAIL if state is MissionState.FAILED else EventType.MISSION_CANCELLED
        self.tell(mission, kind, {"code": code, "message": message, **data})
        self._graph.ended_badly(mission.seq)

    def save_error(self, mission: Hot, code: str, message: str) -> None:
        """Keeps what went wrong last."""
        self._db.run(_SAVE_ERROR, (mission.seq, code, message))

    def end_attempt(self, mission: Hot, now: int, code: str, message: str) -> None:
        """Puts the running attempt, which did not succeed, into the log."""
        self._db.run(
            "INSERT INTO attempt VALUES(?, ?, ?, ?, ?, ?, ?)",
            (mission.seq, mission.attempts, mission.agent_id, mission.started_at, now, code, message),
        )

    def given_to(self, mission: Hot) -> int | None:
        """The agent to which a person gave the mission, or None."""
        row = self._db.one("SELECT agent_id FROM given WHERE seq = ?", (mission.seq,))
        return None if row is None else row[0]

    def tell(self, mission: Hot, kind: EventType, data: Mapping[str, object], *, attempt: int | None = None) -> None:
        """Notes an event about a mission; ``attempt`` None is its latest one."""
        number = attempt if attempt is not None else (mission.attempts or None)
        event = Event(kind, self._db.now(), agent_id=mission.agent_id, mission_id=mission.id, attempt=number, data=data)
        self._db.tell(event)


def unknown_mission(mission_id: str) -> UnknownMission:
    """The error for an id that no mission has."""
    return UnknownMission(
        f"There is no mission {mission_id!r}.", remedy="`mission status` lists them.", field="mission_id"
    )
