"""Turns records and missions into the rows that screens show."""

from collections.abc import Mapping

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.core.models import (
    AgentRecord,
    BlockedReason,
    HealthStatus,
    Mission,
    MissionState,
)
from orchestrator_tui.core.usage import context_percent
from orchestrator_tui.core.views import AgentView, MissionView
from orchestrator_tui.core.waits import Waits

_TITLE_CHARACTERS = 500
"""More than fits any screen; a prompt may be one line of a megabyte."""


def agent_view(fleet: Fleet, record: AgentRecord, health: HealthStatus | None) -> AgentView:
    """One agent as a row."""
    handle = fleet.manager.handle(record.id)
    hand = fleet.hand(record.id)
    mission = hand.current()
    return AgentView(
        id=record.id,
        name=record.name,
        role=record.role,
        model=record.model,
        provider=record.provider,
        state=record.state,
        state_since=record.state_since,
        created_at=record.created_at,
        waiting_for=record.waiting_for,
        reason=f"takes no mission: {hand.obstacle}" if hand.obstacle else record.reason,
        held=record.held,
        current_task=mission.id if mission else None,
        task_title=mission.title[:_TITLE_CHARACTERS] if mission else None,
        tasks_completed=record.tasks_completed,
        tasks_failed=record.tasks_failed,
        restarts=record.restarts,
        pane_id=handle.pane_id if handle else None,
        pid=handle.pid if handle else None,
        memory_bytes=health.memory_usage if health else None,
        cpu_percent=health.cpu_usage if health else None,
        responsive=health.responsive if health else True,
        cwd=record.worktree or _configured_folder(record) or fleet.cwd,
        branch=record.branch,
        spent=fleet.usage.of_agent(record.id),
        context_percent=_context_percent(fleet, record),
        note=record.note,
        work=fleet.work.get(record.id) if record.worktree else None,
        crashes=record.crashes,
    )


def _configured_folder(record: AgentRecord) -> str | None:
    # Rows are made often: validating the whole configuration for one value took a quarter of the time.
    cwd = record.config.get("cwd")
    return cwd if isinstance(cwd, str) else None


def mission_view(mission: Mission, names: Mapping[int, str], waits: Waits) -> MissionView:
    """One mission as a row."""
    return MissionView(
        id=mission.id,
        seq=mission.seq,
        title=mission.title,
        type=mission.type.value,
        priority=mission.priority,
        state=mission.state,
        created_at=mission.created_at,
        role=mission.role,
        agent_id=mission.agent_id,
        agent_name=names.get(mission.agent_id) if mission.agent_id is not None else None,
        attempts=mission.attempts,
        depends_on=mission.depends_on,
        blocked_by=mission.blocked_by,
        next=_next(mission, names, waits),
        started_at=mission.started_at,
        ended_at=mission.ended_at,
        error_code=mission.error_code,
        spent=mission.spent,
    )


def _context_percent(fleet: Fleet, record: AgentRecord) -> float | None:
    context, provider = fleet.usage.contexts.get(record.id), fleet.providers.get(record.provider)
    if context is None or provider is None:
        return None
    return context_percent(context.tokens, provider.context_window(context.model))


def _next(mission: Mission, names: Mapping[int, str], waits: Waits) -> str:
    match mission.state:
        case MissionState.BLOCKED:
            word = "after" if mission.blocked_reason is BlockedReason.WAITING else "failed:"
            return f"{word} {', '.join(mission.blocked_by)}"
        case MissionState.PENDING:
            return waits.of(mission) or "next free agent"
        case MissionState.ASSIGNED:
            return (waits.of(mission) or "is being delivered") if mission.fence is None else "is being stopped"
        case MissionState.RUNNING:
            return "" if mission.fence is None else "is being stopped"
        case MissionState.RETRYING:
            if mission.reserved_for is not None:
                owner = names.get(mission.reserved_for, f"agent {mission.reserved_for}")
                return f"{mission.error_code or 'failed'}; {waits.of(mission) or f'waits for {owner}'}"
            return f"{mission.error_code or 'failed'}; tries again soon"
        case _:
            return mission.error_message or mission.error_code or ""
