"""What the queue needs of a store. Every operation runs inside one transaction that the writer opens and commits."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from orchestrator_tui.core.events import Event
from orchestrator_tui.core.models import AgentRecord, Mission, MissionSpec, QueueStats, Role, TokenUsage
from orchestrator_tui.core.usage import ApiRequest, ConversationCost, Counted, MissionTurn, TranscriptMark, UsageReport
from orchestrator_tui.core.waits import Kind
from orchestrator_tui.missions.changes import Changes, FailureReport, Known


class Transactions(Protocol):
    """Group commit: a transaction around many operations, each of which can be taken back alone."""

    def begin(self) -> None:
        """Opens the transaction. Raises StoreUnavailable, as every method may."""
        ...

    def commit(self) -> None:
        """Returns once everything is durable."""
        ...

    def rollback(self) -> None:
        """Takes the whole transaction back."""
        ...

    def savepoint(self) -> None:
        """Begins one operation."""
        ...

    def release(self) -> list[Event]:
        """Keeps the operation; what it has to tell after the commit."""
        ...

    def undo(self) -> None:
        """Takes the operation back."""
        ...

    def close(self) -> None:
        """Closes the store."""
        ...


class MissionStore(Transactions, Protocol):
    """The operations behind ``MissionQueue``, which says what each of them means."""

    def enqueue(self, specs: Sequence[MissionSpec]) -> list[str]:
        """Queues checked specs. Raises DuplicateMission, UnknownDependency, DependencyCycle."""
        ...

    def dequeue(
        self,
        agent_id: int,
        role: Role | None,
        extra_ms: Mapping[str, int],
        unknown_extra_ms: int,
        default_timeout_ms: int,
        default_retries: int,
    ) -> Mission | None:
        """Reaps what is overdue, promotes what is due, then claims and starts the next mission."""
        ...

    def claim(self, mission_id: str, agent_id: int) -> Mission | None:
        """Assigns a mission."""
        ...

    def acknowledge(self, mission_id: str, nonce: str) -> Mission | None:
        """Starts an assigned mission."""
        ...

    def undelivered(self, mission_id: str, nonce: str, reason: str, *, counts: bool = True) -> Mission | None:
        """Takes an assigned mission back."""
        ...

    def complete(
        self,
        mission_id: str,
        output: str,
        duration_ms: int | None,
        tokens: TokenUsage,
        lease: str | None,
        override: bool,
    ) -> Mission:
        """Completes a claimed mission. Raises LeaseLost."""
        ...

    def fail(self, mission_id: str, report: FailureReport, lease: str | None, override: bool) -> Mission:
        """Ends the attempt of a claimed mission. Raises LeaseLost."""
        ...

    def postpone(self, mission_id: str, code: str, message: str, lease: str | None, reserve_for: int | None) -> Mission:
        """Takes a claimed mission back as if it had not started. Raises LeaseLost."""
        ...

    def release_reservations(self, agent_id: int) -> list[str]:
        """Frees what is reserved for an agent."""
        ...

    def begin_fence(self, mission_id: str, code: str) -> Mission | None:
        """Voids a claim."""
        ...

    def settle_fence(self, mission_id: str, agents_retries: int | None, default_retries: int) -> Mission:
        """Ends a fenced claim. Raises NotAllowedNow."""
        ...

    def cancel(self, mission_id: str, code: str, message: str, supervised: bool) -> Mission:
        """Cancels a mission. Raises NotAllowedNow."""
        ...

    def cancel_open(self, code: str, message: str) -> list[str]:
        """Cancels every open mission that nobody holds."""
        ...

    def retry(self, mission_id: str) -> Mission:
        """Revives a failed or cancelled mission. Raises NotAllowedNow."""
        ...

    def update(self, mission_id: str, changes: Changes) -> Mission:
        """Edits an open mission. Raises NotAllowedNow."""
        ...

    def give(self, mission_id: str, agent_id: int | None) -> Mission:
        """Keeps an unclaimed mission for one agent, or for nobody. Raises NotAllowedNow."""
        ...

    def add_dependency(self, mission_id: str, on: str) -> Mission:
        """Adds an edge. Raises NotAllowedNow, UnknownDependency, DependencyCycle."""
        ...

    def add_spent(self, spent: Mapping[str, int]) -> None:
        """Adds running time."""
        ...

    def overdue(self, extra_ms: Mapping[str, int], default_timeout_ms: int) -> list[Mission]:
        """Running missions whose time is over."""
        ...

    def promote_due(self) -> list[str]:
        """Makes due retries pending."""
        ...

    def next_due(self) -> int | None:
        """When the next retry is due."""
        ...

    def get(self, mission_id: str) -> Mission:
        """One mission. Raises UnknownMission."""
        ...

    def ready(self, limit: int) -> list[Mission]:
        """Due retries promoted, then what may be claimed."""
        ...

    def pending(self, limit: int) -> list[Mission]:
        """Pending missions."""
        ...

    def pending_behind(
        self, mission: Mission, roles: Collection[Role], without: Collection[Kind], limit: int
    ) -> list[Mission]:
        """Pending missions after this one: for these roles and not of these kinds, for any role, or reserved."""
        ...

    def blocked(self, limit: int) -> list[Mission]:
        """Blocked missions."""
        ...

    def claimed(self) -> list[Mission]:
        """Assigned and running missions."""
        ...

    def fenced(self) -> list[Mission]:
        """Missions whose agent is being stopped."""
        ...

    def held_by(self, agent_id: int) -> list[Mission]:
        """An agent's claims and reservations."""
        ...

    def listing(self, limit: int) -> list[Mission]:
        """Open missions, then the newest ended."""
        ...

    def outline(self, limit: int) -> list[Mission]:
        """Open missions first, then the newest ended; with cut prompts, without context, output and attempt log."""
        ...

    def known(self, ids: Collection[str]) -> Mapping[str, Known]:
        """How those of the ids stand that exist."""
        ...

    def follow(self) -> None:
        """Notes every later change of a mission, for ``changed``."""
        ...

    def unfollow(self) -> None:
        """Ends ``follow``."""
        ...

    def changed(self, limit: int, also: Collection[str]) -> list[Mission]:
        """Up to ``limit`` missions that changed since they were last answered, ``also`` among them, in outline."""
        ...

    def stats(self) -> QueueStats:
        """Counts by state."""
        ...

    def put_agent(self, record: AgentRecord) -> None:
        """Writes an agent."""
        ...

    def get_agent(self, agent_id: int) -> AgentRecord | None:
        """One agent."""
        ...

    def all_agents(self) -> list[AgentRecord]:
        """Every agent, in order of id."""
        ...

    def delete_agent(self, agent_id: int) -> None:
        """Forgets an agent."""
        ...

    def next_agent_id(self) -> int:
        """An id that no agent ever had."""
        ...

    def record_usage(
        self,
        requests: Sequence[ApiRequest],
        marks: Sequence[TranscriptMark],
        costs: Sequence[ConversationCost],
        turns: Sequence[MissionTurn],
    ) -> list[Counted]:
        """Counts requests and notes how far transcripts are read."""
        ...

    def transcript_marks(self) -> list[TranscriptMark]:
        """How far transcripts are read."""
        ...

    def spent_since(self, at: int) -> list[Counted]:
        """What requests spent since then."""
        ...

    def usage_report(self, day: str | None) -> UsageReport:
        """Sums by agent, mission and day."""
        ...
