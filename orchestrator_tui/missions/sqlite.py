"""The mission store in one SQLite file: the operations, composed of intake, claims and reading."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.events import Event
from orchestrator_tui.core.models import AgentRecord, Mission, MissionSpec, QueueStats, Role, TokenUsage
from orchestrator_tui.core.usage import ApiRequest, ConversationCost, Counted, MissionTurn, TranscriptMark, UsageReport
from orchestrator_tui.core.waits import Kind
from orchestrator_tui.missions.changes import Changes, FailureReport, Known
from orchestrator_tui.missions.claims import Claims
from orchestrator_tui.missions.completing import Completing
from orchestrator_tui.missions.database import Database, Value
from orchestrator_tui.missions.graph import DependencyGraph
from orchestrator_tui.missions.intake import Intake
from orchestrator_tui.missions.moves import Moves
from orchestrator_tui.missions.reading import Reading
from orchestrator_tui.missions.rows import PRIORITIES
from orchestrator_tui.missions.rules import CLAIMED, Failure, retry_budget
from orchestrator_tui.missions.spending import Spending
from orchestrator_tui.missions.taking import Taking
from orchestrator_tui.missions.tracking import Tracking

_RECORD = TypeAdapter(AgentRecord)


class SqliteStore:
    """A ``MissionStore``; used by one thread at a time. ``path`` None keeps everything in memory."""

    def __init__(self, path: Path | None, *, clock: Clock, new_id: Callable[[], str]) -> None:
        self._db = db = Database(path, clock, new_id)
        self._graph = DependencyGraph(db)
        self._moves = Moves(db, self._graph)
        self._intake = Intake(db, self._graph, self._moves)
        self._claims = Claims(db, self._graph, self._moves)
        self._taking = Taking(db, self._claims)
        self._completing = Completing(db, self._graph, self._moves, self._claims)
        self._reading = Reading(db)
        self._spending = Spending(db)
        self._tracking = Tracking(db)

    # -- transactions ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Opens a transaction."""
        self._db.begin()

    def commit(self) -> None:
        """Makes it durable."""
        self._db.commit()

    def rollback(self) -> None:
        """Takes it back."""
        self._db.rollback()

    def savepoint(self) -> None:
        """Begins an operation."""
        self._db.savepoint()

    def release(self) -> list[Event]:
        """Keeps the operation."""
        return self._db.release()

    def undo(self) -> None:
        """Takes the operation back."""
        self._db.undo()

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    # -- intake ----------------------------------------------------------------------------------------------------

    def enqueue(self, specs: Sequence[MissionSpec]) -> list[str]:
        """Queues checked specs."""
        return self._intake.enqueue(specs)

    def retry(self, mission_id: str) -> Mission:
        """Revives a mission."""
        self._intake.retry(mission_id)
        return self.get(mission_id)

    def update(self, mission_id: str, changes: Changes) -> Mission:
        """Edits a mission."""
        columns: dict[str, Value] = {
            "priority": None if changes.priority is None else PRIORITIES.index(changes.priority),
            "timeout_ms": changes.timeout_ms,
            "max_retries": changes.max_retries,
            "role": None if changes.role is None else changes.role.value,
        }
        changed = {column: value for column, value in columns.items() if value is not None}
        self._intake.update(mission_id, changed, changes.prompt, changes.context)
        return self.get(mission_id)

    def give(self, mission_id: str, agent_id: int | None) -> Mission:
        """Keeps a mission for one agent."""
        self._intake.give(mission_id, agent_id)
        return self.get(mission_id)

    def add_dependency(self, mission_id: str, on: str) -> Mission:
        """Adds an edge."""
        self._intake.add_dependency(mission_id, on)
        return self.get(mission_id)

    # -- claims ----------------------------------------------------------------------------------------------------

    def dequeue(
        self,
        agent_id: int,
        role: Role | None,
        extra_ms: Mapping[str, int],
        unknown_extra_ms: int,
        default_timeout_ms: int,
        default_retries: int,
    ) -> Mission | None:
        """Claims and starts the next mission for an agent."""
        return self._taking.take(
            agent_id,
            role,
            lambda: self._claims.reap(extra_ms, unknown_extra_ms, default_timeout_ms, default_retries),
        )

    def claim(self, mission_id: str, agent_id: int) -> Mission | None:
        """Assigns a mission."""
        return self.get(mission_id) if self._claims.claim(self._moves.get(mission_id), agent_id) else None

    def acknowledge(self, mission_id: str, nonce: str) -> Mission | None:
        """Starts an assigned mission."""
        return self.get(mission_id) if self._claims.acknowledge(self._moves.get(mission_id), nonce) else None

    def undelivered(self, mission_id: str, nonce: str, reason: str, *, counts: bool = True) -> Mission | None:
        """Takes an assigned mission back."""
        taken = self._claims.undelivered(self._moves.get(mission_id), nonce, reason, counts=counts)
        return self.get(mission_id) if taken else None

    def complete(
        self,
        mission_id: str,
        output: str,
        duration_ms: int | None,
        tokens: TokenUsage,
        lease: str | None,
        override: bool,
    ) -> Mission:
        """Completes a mission."""
        return self._completing.complete(mission_id, output, duration_ms, tokens, lease, override)

    def fail(self, mission_id: str, report: FailureReport, lease: str | None, override: bool) -> Mission:
        """Ends an attempt."""
        hot = self._moves.get(mission_id)
        failure = Failure(
            report.code,
            report.message,
            report.recoverable,
            retry_budget(hot.max_retries, report.agents_retries, report.default_retries),
            report.reserve_for,
            report.delay_ms,
        )
        self._claims.fail(hot, failure, lease, override)
        return self.get(mission_id)

    def postpone(self, mission_id: str, code: str, message: str, lease: str | None, reserve_for: int | None) -> Mission:
        """Takes a start back."""
        failure = Failure(code, message, recoverable=True, budget=0, reserve_for=reserve_for)
        self._claims.postpone(self._moves.get(mission_id), failure, lease)
        return self.get(mission_id)

    def release_reservations(self, agent_id: int) -> list[str]:
        """Frees an agent's reservations."""
        return self._claims.release_reservations(agent_id)

    def begin_fence(self, mission_id: str, code: str) -> Mission | None:
        """Voids a claim."""
        return self.get(mission_id) if self._claims.begin_fence(self._moves.get(mission_id), code) else None

    def settle_fence(self, mission_id: str, agents_retries: int | None, default_retries: int) -> Mission:
        """Ends a fenced claim."""
        hot = self._moves.get(mission_id)
        self._claims.settle_fence(hot, retry_budget(hot.max_retries, agents_retries, default_retries))
        return self.get(mission_id)

    def cancel(self, mission_id: str, code: str, message: str, supervised: bool) -> Mission:
        """Cancels a mission."""
        hot = self._moves.get(mission_id)
        if hot.state.is_ended:
            raise NotAllowedNow(
                f"Mission {mission_id} is already {hot.state}.",
                remedy="Only an open mission can be cancelled.",
                field="mission_id",
            )
        if supervised and hot.state in CLAIMED:
            raise NotAllowedNow(
                f"Mission {mission_id} is {hot.state}: its agent has to be stopped first.",
                remedy="Cancel it again.",
                field="mission_id",
            )
        self._claims.cancel(hot, code, message)
        return self.get(mission_id)

    def cancel_open(self, code: str, message: str) -> list[str]:
        """Cancels what nobody holds."""
        return self._claims.cancel_open(code, message)

    def add_spent(self, spent: Mapping[str, int]) -> None:
        """Adds running time."""
        self._claims.add_spent(spent)

    def overdue(self, extra_ms: Mapping[str, int], default_timeout_ms: int) -> list[Mission]:
        """Running missions whose time is over."""
        return [self.get(hot.id) for hot in self._claims.overdue(extra_ms, default_timeout_ms)]

    def promote_due(self) -> list[str]:
        """Makes due retries pending."""
        return self._claims.promote_due()

    # -- reading ---------------------------------------------------------------------------------------------------

    def get(self, mission_id: str) -> Mission:
        """One mission."""
        return self._reading.get(mission_id)

    def ready(self, limit: int) -> list[Mission]:
        """What may be claimed."""
        self._claims.promote_due()
        return self._reading.ready(limit)

    def pending(self, limit: int) -> list[Mission]:
        """Pending missions."""
        return self._reading.pending(limit)

    def pending_behind(
        self, mission: Mission, roles: Collection[Role], without: Collection[Kind], limit: int
    ) -> list[Mission]:
        """Pending missions after this one."""
        return self._reading.pending_behind(mission, roles, without, limit)

    def blocked(self, limit: int) -> list[Mission]:
        """Blocked missions."""
        return self._reading.blocked(limit)

    def claimed(self) -> list[Mission]:
        """Assigned and running missions."""
        return self._reading.claimed()

    def fenced(self) -> list[Mission]:
        """Fenced missions."""
        return self._reading.fenced()

    def held_by(self, agent_id: int) -> list[Mission]:
        """An agent's claims and reservations."""
        return self._reading.held_by(agent_id)

    def listing(self, limit: int) -> list[Mission]:
        """Open missions, then the newest ended."""
        return self._reading.listing(limit)

    def outline(self, limit: int) -> list[Mission]:
        """Open missions, then the newest ended, in outline."""
        return self._reading.outline(limit)

    def known(self, ids: Collection[str]) -> Mapping[str, Known]:
        """How missions stand."""
        return self._reading.known(ids)

    def follow(self) -> None:
        """Notes what changes."""
        self._tracking.begin()

    def unfollow(self) -> None:
        """Notes it no longer."""
        self._tracking.end()

    def changed(self, limit: int, also: Collection[str]) -> list[Mission]:
        """What changed, in outline."""
        return self._tracking.take(limit, also)

    def stats(self) -> QueueStats:
        """Counts by state."""
        return self._reading.stats()

    def next_due(self) -> int | None:
        """When the next retry is due."""
        return self._reading.next_due()

    # -- agents ----------------------------------------------------------------------------------------------------

    def put_agent(self, record: AgentRecord) -> None:
        """Writes an agent."""
        self._db.run(
            "INSERT OR REPLACE INTO agent VALUES(?, ?, ?)",
            (record.id, record.role.value, _RECORD.dump_json(record).decode()),
        )

    def get_agent(self, agent_id: int) -> AgentRecord | None:
        """One agent."""
        row = self._db.one("SELECT record FROM agent WHERE id = ?", (agent_id,))
        return None if row is None else _RECORD.validate_json(row[0])

    def all_agents(self) -> list[AgentRecord]:
        """Every agent."""
        return [_RECORD.validate_json(row[0]) for row in self._db.rows("SELECT record FROM agent ORDER BY id")]

    def delete_agent(self, agent_id: int) -> None:
        """Forgets an agent."""
        self._db.run("DELETE FROM agent WHERE id = ?", (agent_id,))

    def next_agent_id(self) -> int:
        """A new agent id."""
        number = self._db.count("agent")
        while self._db.one("SELECT 1 FROM agent WHERE id = ?", (number,)):
            number = self._db.count("agent")
        return number

    # -- usage -----------------------------------------------------------------------------------------------------

    def record_usage(
        self,
        requests: Sequence[ApiRequest],
        marks: Sequence[TranscriptMark],
        costs: Sequence[ConversationCost],
        turns: Sequence[MissionTurn],
    ) -> list[Counted]:
        """Counts requests."""
        return self._spending.record(requests, marks, costs, turns)

    def transcript_marks(self) -> list[TranscriptMark]:
        """How far transcripts are read."""
        return self._spending.marks()

    def spent_since(self, at: int) -> list[Counted]:
        """What requests spent since then."""
        return self._spending.since(at)

    def usage_report(self, day: str | None) -> UsageReport:
        """Sums."""
        return self._spending.report(day)
