"""Missions in agents' hands: claimed, started, reported, fenced; inside the caller's transaction."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from orchestrator_tui.core.errors import LeaseLost, NotAllowedNow
from orchestrator_tui.core.events import EventType
from orchestrator_tui.core.models import MissionState
from orchestrator_tui.core.restart import LONGEST_RETRY_MS
from orchestrator_tui.missions.database import Database
from orchestrator_tui.missions.graph import DependencyGraph
from orchestrator_tui.missions.moves import Moves
from orchestrator_tui.missions.rows import HOT, Hot, hot
from orchestrator_tui.missions.rules import CLAIMED, Failure, after_failure, is_retried_fence, may_claim, stronger_fence

_UNHELD = " UNION ALL ".join(f"{HOT} WHERE state = '{state}'" for state in ("pending", "blocked", "retrying"))
_NOTHING: Mapping[str, object] = {}


class Claims:
    """Every operation takes a mission from one holder to the next, never to two."""

    def __init__(self, database: Database, graph: DependencyGraph, moves: Moves) -> None:
        self._db = database
        self._graph = graph
        self._moves = moves

    # -- taking ----------------------------------------------------------------------------------------------------

    def promote_due(self) -> list[str]:
        """Retries whose back-off is over become pending; reserved ones wait for their agent."""
        now = self._db.now()
        # No back-off is so long: the clock was set back, and how much of the wait is left nobody knows.
        self._db.run(
            "UPDATE mission SET not_before = ? WHERE state = 'retrying' AND not_before > ?",
            (now, now + LONGEST_RETRY_MS),
        )
        rows = self._db.rows(
            "UPDATE mission SET state = 'pending', not_before = NULL"
            " WHERE state = 'retrying' AND not_before <= ? AND reserved_for IS NULL RETURNING seq, id",
            (now,),
        )
        return [row[1] for row in sorted(rows)]

    def claim(self, mission: Hot, agent_id: int) -> Hot | None:
        """Hands a mission to an agent under a new lease; None when it may not have it."""
        if not may_claim(mission.state, mission.reserved_for, agent_id):
            return None
        lease, nonce = self._db.new_id(), self._db.new_id()
        self._moves.to(
            mission,
            MissionState.ASSIGNED,
            agent_id=agent_id,
            lease=lease,
            nonce=nonce,
            fence=None,
            spent_ms=0,
            not_before=None,
        )
        claimed = replace(mission, state=MissionState.ASSIGNED, agent_id=agent_id, lease=lease, nonce=nonce)
        self._moves.tell(claimed, EventType.MISSION_ASSIGNED, {}, attempt=claimed.attempts + 1)
        return claimed

    def acknowledge(self, mission: Hot, nonce: str) -> Hot | None:
        """The agent has the mission: attempt and time begin. None for a delivery that is not the current one."""
        if mission.nonce != nonce or mission.fence is not None or mission.state not in CLAIMED:
            return None
        return mission if mission.state is MissionState.RUNNING else self.start(mission)

    def undelivered(self, mission: Hot, nonce: str, reason: str, *, counts: bool) -> bool:
        """Takes a claim back that the agent never acknowledged; False when there is none under ``nonce``.

        ``counts`` False leaves the count that raises attention as it is: a person was in the way.
        """
        if mission.state is not MissionState.ASSIGNED or mission.nonce != nonce or mission.fence is not None:
            return False
        self._hand_back(mission, mission.reserved_for, reason, counts=counts)
        return True

    def start(self, mission: Hot) -> Hot:
        """The attempt and its time begin."""
        assert mission.agent_id is not None
        now = self._db.now()
        number = mission.attempts + 1
        self._moves.to(
            mission,
            MissionState.RUNNING,
            attempts=number,
            started_at=now,
            spent_ms=0,
            undelivered=0,
            reserved_for=None,
        )
        self.forget_error(mission.seq)
        running = replace(mission, state=MissionState.RUNNING, attempts=number, started_at=now)
        self._moves.tell(running, EventType.TASK_START, {})
        return running

    def forget_error(self, seq: int) -> None:
        """The mission runs again: what went wrong before is in its log."""
        self._db.run("UPDATE outcome SET error_code = NULL, error_message = NULL WHERE seq = ?", (seq,))

    # -- ending ----------------------------------------------------------------------------------------------------

    def fail(self, mission: Hot, failure: Failure, lease: str | None, override: bool) -> None:
        """The attempt failed: retry or fail. A claim that never started uses no attempt, unless a person judges it."""
        reported = self._reported(mission, lease, override)
        if reported.state is MissionState.ASSIGNED and override:
            reported = self.start(reported)
        self._fail(reported, failure, _mark(override))

    def postpone(self, mission: Hot, failure: Failure, lease: str | None) -> None:
        """The attempt never happened: the mission is pending again, as before its start."""
        running = self._reported(mission, lease, override=False)
        starts = running.attempts
        if running.state is MissionState.RUNNING:
            starts -= 1
        earlier = self._db.one("SELECT max(started_at) FROM attempt WHERE seq = ?", (running.seq,))
        self._moves.to(
            running,
            MissionState.PENDING,
            attempts=starts,
            started_at=earlier[0] if earlier else None,
            reserved_for=failure.reserve_for,
            agent_id=None,
            lease=None,
            nonce=None,
        )
        self._moves.save_error(running, failure.code, failure.message)
        data = {"code": failure.code, "message": failure.message, "reserved_for": failure.reserve_for, "used": False}
        self._moves.tell(running, EventType.TASK_RETRY, data)

    def begin_fence(self, mission: Hot, code: str) -> bool:
        """Voids the claim while its agent is being stopped; False when nobody holds the mission."""
        if mission.state not in CLAIMED:
            return False
        self._db.run("UPDATE mission SET fence = ? WHERE seq = ?", (stronger_fence(mission.fence, code), mission.seq))
        return True

    def settle_fence(self, mission: Hot, budget: int) -> None:
        """The agent of a fenced mission has stopped: retry, fail or cancel."""
        if mission.fence is None or mission.state not in CLAIMED:
            raise NotAllowedNow(
                f"Mission {mission.id} is not being stopped.", remedy="Begin with a cancel.", field="mission_id"
            )
        if is_retried_fence(mission.fence):
            message = f"The time limit was reached after {mission.spent_ms} ms of work."
            self._fail(mission, Failure(mission.fence, message, recoverable=True, budget=budget))
        else:
            self.cancel(mission, mission.fence, "It was cancelled while its agent had it.")

    def cancel(self, mission: Hot, code: str, message: str) -> None:
        """Ends an open mission on purpose."""
        if mission.state is MissionState.RUNNING:
            self._moves.end_attempt(mission, self._db.now(), code, message)
        self._moves.give_up(mission, MissionState.CANCELLED, code, message)

    def cancel_open(self, code: str, message: str) -> list[str]:
        """Ends everything that nobody holds; no blocked mission is left, so nothing needs to be blocked."""
        db = self._db
        missions = [hot(row) for row in sorted(db.rows(_UNHELD))]
        now = db.now()
        for mission in missions:
            self._moves.to(mission, MissionState.CANCELLED, ended_at=now, reserved_for=None, not_before=None)
            self._moves.save_error(mission, code, message)
            self._moves.tell(mission, EventType.MISSION_CANCELLED, {"code": code, "message": message})
        db.run("DELETE FROM broken")
        return [mission.id for mission in missions]

    def release_reservations(self, agent_id: int) -> list[str]:
        """Lets others take what waited for an agent that does not come back."""
        self._db.run("DELETE FROM given WHERE agent_id = ?", (agent_id,))
        rows = self._db.rows(
            "UPDATE mission SET reserved_for = NULL WHERE reserved_for = ? RETURNING seq, id, state", (agent_id,)
        )
        self.promote_due()
        return [row[1] for row in sorted(rows) if row[2] not in CLAIMED]

    # -- time ------------------------------------------------------------------------------------------------------

    def add_spent(self, spent: Mapping[str, int]) -> None:
        """Adds counted running time to missions that still run."""
        self._db.many(
            "UPDATE mission SET spent_ms = spent_ms + ? WHERE id = ? AND state = 'running'",
            [(milliseconds, mission_id) for mission_id, milliseconds in spent.items()],
        )

    def overdue(self, extra_ms: Mapping[str, int], default_timeout_ms: int) -> list[Hot]:
        """Running missions whose time is over, not those whose agent is already being stopped."""
        return [mission for mission in self._running() if is_over(mission, extra_ms, default_timeout_ms)]

    def reap(self, extra_ms: Mapping[str, int], unknown_extra_ms: int, default_timeout_ms: int, budget: int) -> None:
        """Times out what a queue without a supervisor handed out.

        Counted are the missions of ``extra_ms`` and, with ``unknown_extra_ms``, those of agents that no registry
        knows: everything else has a supervisor that stops the agent first.
        """
        registered: Collection[int] | None = None
        for mission in self._running():
            extra = extra_ms
            if mission.id not in extra_ms:
                if registered is None:
                    registered = {row[0] for row in self._db.rows("SELECT id FROM agent")}
                if mission.agent_id in registered:
                    continue
                # Its start may be so new that the queue has not yet been told of it.
                since_start = max(0, self._db.now() - (mission.started_at or 0))
                extra = {mission.id: min(unknown_extra_ms, since_start)}
            if is_over(mission, extra, default_timeout_ms):
                retries = budget if mission.max_retries is None else mission.max_retries
                self._fail(mission, Failure("timeout", "The time limit was reached.", True, retries))

    # -- inside ----------------------------------------------------------------------------------------------------

    def _running(self) -> list[Hot]:
        # Named, since the planner would rather walk all missions in the wanted order than sort a few.
        rows = self._db.rows(f"{HOT} INDEXED BY mission_claimed WHERE state IN ('assigned', 'running') ORDER BY seq")
        missions = [hot(row) for row in rows]
        return [mission for mission in missions if mission.state is MissionState.RUNNING and mission.fence is None]

    def _reported(self, mission: Hot, lease: str | None, override: bool) -> Hot:
        """The mission, if a report under ``lease`` counts. Raises LeaseLost."""
        check_report(mission.id, mission.state, mission.fence, holds=override or mission.lease == lease)
        return mission

    def _fail(self, mission: Hot, failure: Failure, data: Mapping[str, object] = _NOTHING) -> None:
        if mission.state is MissionState.ASSIGNED:
            if failure.recoverable:
                reserved = failure.reserve_for if failure.reserve_for is not None else mission.reserved_for
                self._hand_back(mission, reserved, failure.message, {"code": failure.code})
            else:
                self._moves.give_up(mission, MissionState.FAILED, failure.code, failure.message, data)
            return
        now = self._db.now()
        self._moves.end_attempt(mission, now, failure.code, failure.message)
        verdict = after_failure(failure, mission.used)
        if verdict.state is MissionState.FAILED:
            self._moves.give_up(mission, verdict.state, failure.code, failure.message, data)
            return
        given = self._moves.given_to(mission)
        self._moves.to(
            mission,
            verdict.state,
            not_before=now + verdict.delay_ms,
            reserved_for=failure.reserve_for if failure.reserve_for is not None else given,
            agent_id=None,
            lease=None,
            nonce=None,
            fence=None,
        )
        self._moves.save_error(mission, failure.code, failure.message)
        self._moves.tell(
            mission,
            EventType.TASK_RETRY,
            {
                "code": failure.code,
                "message": failure.message,
                "delay_ms": verdict.delay_ms,
                "reserved_for": failure.reserve_for,
                **data,
            },
        )

    def _hand_back(
        self,
        mission: Hot,
        reserved_for: int | None,
        reason: str,
        data: Mapping[str, object] = _NOTHING,
        *,
        counts: bool = True,
    ) -> None:
        count = mission.undelivered + 1 if counts else mission.undelivered
        self._moves.to(
            mission,
            MissionState.PENDING,
            undelivered=count,
            reserved_for=reserved_for,
            agent_id=None,
            lease=None,
            nonce=None,
            fence=None,
        )
        self._moves.tell(
            mission,
            EventType.MISSION_UNDELIVERED,
            {"reason": reason, "undelivered": count, **data},
            attempt=mission.attempts + 1,
        )


def check_report(mission_id: str, state: str, fence: str | None, *, holds: bool) -> None:
    """Raises LeaseLost for a report about a mission that nobody has, that is being stopped, or that another claim has.

    ``holds``: the report comes from the present claim.
    """
    if holds and fence is None and state in CLAIMED:
        return
    if fence is not None:
        what = f"is being stopped ({fence})"
    elif state in CLAIMED:
        what = "belongs to another claim"
    else:
        what = f"is {state}"
    raise LeaseLost(f"lease_lost: mission {mission_id} {what}.", remedy="Stop working on it.", field="mission_id")


def _mark(override: bool) -> dict[str, object]:
    return {"override": True} if override else {}


def is_over(mission: Hot, extra_ms: Mapping[str, int], default_timeout_ms: int) -> bool:
    """Whether a running mission used up its time; ``extra_ms`` is what is not stored yet."""
    limit = default_timeout_ms if mission.timeout_ms is None else mission.timeout_ms
    return mission.spent_ms + extra_ms.get(mission.id, 0) >= limit
