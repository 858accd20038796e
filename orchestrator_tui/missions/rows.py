"""Rows of the store as values."""

import json
from dataclasses import dataclass
from typing import Any, cast

from orchestrator_tui.core.models import (
    Attempt,
    BlockedReason,
    Mission,
    MissionState,
    Priority,
    Role,
    TaskType,
    TokenUsage,
)
from orchestrator_tui.core.usage import NOTHING_SPENT, Spent
from orchestrator_tui.missions.database import Row, Value

PRIORITIES: tuple[Priority, ...] = tuple(Priority)
_STATES = {state.value: state for state in MissionState}
_TYPES = {type.value: type for type in TaskType}
_ROLES = {role.value: role for role in Role}
_NO_TOKENS = TokenUsage()

HOT = (
    "SELECT seq, id, state, role, unmet, attempts, forgiven, max_retries, timeout_ms, undelivered, agent_id, "
    "reserved_for, lease, nonce, fence, spent_ms, started_at FROM mission "
)

_MISSION = """
SELECT m.seq, m.id, m.priority, m.type, m.role, m.state, m.attempts, m.max_retries, m.timeout_ms, m.undelivered,
  m.agent_id, m.reserved_for, m.lease, m.nonce, m.fence, m.spent_ms, m.not_before, m.created_at, m.started_at,
  m.ended_at, {texts}, o.error_code, o.error_message, o.reported_duration_ms, o.tokens_in,
  o.tokens_out,
  CASE WHEN m.dependencies > 0 THEN (
    SELECT json_group_array(x.id ORDER BY d.position) FROM dependency d JOIN mission x ON x.seq = d.parent
    WHERE d.child = m.seq) END,
  CASE WHEN m.state = 'blocked' THEN (
    SELECT json_group_array(x.id ORDER BY x.seq) FROM broken b JOIN mission x ON x.seq = b.root
    WHERE b.child = m.seq) END,
  CASE WHEN m.state = 'blocked' THEN (
    SELECT json_group_array(x.id ORDER BY d.position) FROM dependency d JOIN mission x ON x.seq = d.parent
    WHERE d.child = m.seq AND x.state <> 'completed') END,
  {attempts},
  (SELECT json_array(sum(tokens_in), sum(tokens_out), sum(cache_read), sum(cache_write), sum(cost_usd), sum(unpriced))
    FROM spent WHERE mission = m.seq HAVING count(*) > 0)
FROM mission m JOIN payload p ON p.seq = m.seq LEFT JOIN outcome o ON o.seq = m.seq
"""

_ATTEMPTS = """CASE WHEN m.attempts > (m.state IN ('running', 'completed')) THEN (
    SELECT json_group_array(json_array(n, agent_id, started_at, ended_at, code, message)) FROM attempt
    WHERE seq = m.seq) ELSE '' END"""

_TITLE_CHARACTERS = 500

MISSION = _MISSION.format(texts="p.prompt, p.context, o.output", attempts=_ATTEMPTS)
"""Whole missions; the caller adds WHERE, ORDER and LIMIT on ``m``."""

AT = {
    name: place
    for place, name in enumerate(
        (
            *("seq", "id", "priority", "type", "role", "state", "attempts", "max_retries", "timeout_ms", "undelivered"),
            *("agent_id", "reserved_for", "lease", "nonce", "fence", "spent_ms", "not_before", "created_at"),
            *("started_at", "ended_at", "prompt", "context", "output", "error_code", "error_message"),
            *("reported_duration_ms", "tokens_in", "tokens_out"),
        )
    )
}
"""Where the stored columns are in a row of ``MISSION``."""

OUTLINE = _MISSION.format(texts=f"substr(p.prompt, 1, {_TITLE_CHARACTERS}), NULL, NULL", attempts="NULL")
"""Missions without what only their own page shows: the prompt is cut after its title; no context, output or log."""


@dataclass(frozen=True, slots=True)
class Hot:
    """The part of a mission that decisions look at; ``forgiven`` attempts no longer count against the budget."""

    seq: int
    id: str
    state: MissionState
    role: str | None
    unmet: int
    attempts: int
    forgiven: int
    max_retries: int | None
    timeout_ms: int | None
    undelivered: int
    agent_id: int | None
    reserved_for: int | None
    lease: str | None
    nonce: str | None
    fence: str | None
    spent_ms: int
    started_at: int | None

    @property
    def used(self) -> int:
        """Attempts of the present budget."""
        return self.attempts - self.forgiven


def hot(row: Row) -> Hot:
    """A row of ``HOT``."""
    return Hot(row[0], row[1], _STATES[row[2]], *row[3:])


def mission(row: Row) -> Mission:
    """A row of ``MISSION`` or ``OUTLINE``."""
    state = _STATES[row[5]]
    roots, unmet = _texts(row[29]), _texts(row[30])
    reason = None
    if state is MissionState.BLOCKED:
        reason = BlockedReason.DEPENDENCY_FAILED if roots else BlockedReason.WAITING
    return Mission(
        seq=row[0],
        id=row[1],
        priority=PRIORITIES[int(row[2])],
        type=_TYPES[row[3]],
        role=None if row[4] is None else _ROLES[row[4]],
        state=state,
        attempts=row[6],
        max_retries=row[7],
        timeout_ms=row[8],
        undelivered=row[9],
        agent_id=row[10],
        reserved_for=row[11],
        lease=row[12],
        nonce=row[13],
        fence=row[14],
        spent_ms=row[15],
        not_before=row[16],
        created_at=row[17],
        started_at=row[18],
        ended_at=row[19],
        prompt=row[20],
        context=row[21],
        output=row[22],
        error_code=row[23],
        error_message=row[24],
        reported_duration_ms=row[25],
        token_usage=TokenUsage(row[26], row[27]) if row[26] or row[27] else _NO_TOKENS,
        depends_on=_texts(row[28]),
        blocked_reason=reason,
        blocked_by=roots or unmet,
        attempt_log=() if row[31] is None else _attempts(row, state),
        spent=NOTHING_SPENT if row[32] is None else Spent(*_array(row[32])),
    )


def with_changes(row: Row, **changes: Value) -> Row:
    """A row of ``MISSION`` as it is read again once these columns are written.

    Not for changes of what is worked out from several rows: dependencies, and attempts that failed.
    """
    changed = list(row)
    for name, value in changes.items():
        changed[AT[name]] = value
    return tuple(changed)


def _attempts(row: Row, state: MissionState) -> tuple[Attempt, ...]:
    logged = [Attempt(*entry) for entry in _array(row[31])] if row[31] else []
    if state is MissionState.RUNNING or state is MissionState.COMPLETED:
        logged.append(Attempt(row[6], row[10], row[18], row[19]))
    return tuple(logged)


def _texts(value: str | None) -> tuple[str, ...]:
    return () if value is None else tuple(_array(value))


def _array(value: str) -> list[Any]:
    return cast("list[Any]", json.loads(value))
