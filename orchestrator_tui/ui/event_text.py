"""Events as sentences for the event log."""

from collections.abc import Mapping

from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.ui.format import Look, Span, Spans, clock_time, fit

EVENT_LOOKS: dict[EventType, Look] = {
    EventType.SPAWN: Look("◐", "started", "muted"),
    EventType.READY: Look("○", "is ready", "muted"),
    EventType.STATUS: Look("○", "is", "muted"),
    EventType.ATTENTION: Look("◆", "needs you", "needs"),
    EventType.PERMISSION: Look("◆", "permission", "muted"),
    EventType.HEALTH: Look("○", "checked", "muted"),
    EventType.CRASH: Look("▲", "crashed", "restarting"),
    EventType.RESTART: Look("▲", "restarts", "restarting"),
    EventType.EXIT: Look("■", "exited", "muted"),
    EventType.KILL: Look("■", "was killed", "muted"),
    EventType.FAILED: Look("×", "failed for good", "failed"),
    EventType.ADOPT: Look("○", "was adopted", "muted"),
    EventType.FENCE: Look("▲", "was interrupted", "restarting"),
    EventType.QUOTA_OPEN: Look("◆", "waits for quota", "needs"),
    EventType.QUOTA_CLOSED: Look("○", "has quota again", "muted"),
    EventType.TASK_START: Look("●", "began", "working"),
    EventType.TASK_COMPLETE: Look("✓", "completed", "done"),
    EventType.TASK_FAIL: Look("×", "failed", "failed"),
    EventType.TASK_RETRY: Look("▲", "tries again", "restarting"),
    EventType.MISSION_ENQUEUED: Look("○", "queued", "muted"),
    EventType.MISSION_ASSIGNED: Look("◐", "was given", "working"),
    EventType.MISSION_UNDELIVERED: Look("▲", "was not delivered", "restarting"),
    EventType.MISSION_BLOCKED: Look("■", "is blocked", "muted"),
    EventType.MISSION_CANCELLED: Look("■", "was cancelled", "muted"),
}

_DETAIL_KEYS = ("reason", "message", "waiting_for", "state", "to", "status", "code", "error_code", "delay_ms", "title")


def event_sentence(event: Event, agent_names: Mapping[int, str]) -> str:
    """The event in words: who, what, which mission, and the first detail that it carries."""
    look = EVENT_LOOKS[event.type]
    agent = None if event.agent_id is None else agent_names.get(event.agent_id, f"agent {event.agent_id}")
    if event.type.startswith("mission_"):
        words = [event.mission_id or "mission", look.word, "to " + agent if agent else ""]
    else:
        words = [agent or event.mission_id or "supervisor", look.word, event.mission_id if agent else ""]
    sentence = " ".join(word for word in words if word)
    detail = _detail(event)
    return f"{sentence}: {detail}" if detail else sentence


def event_row(event: Event, width: int, agent_names: Mapping[int, str]) -> Spans:
    """One row of the event log after its marker."""
    look = EVENT_LOOKS[event.type]
    return (
        Span(clock_time(event.at) + "  ", "muted"),
        Span(look.glyph + " ", look.token),
        Span(fit(event_sentence(event, agent_names), max(1, width - 15))),
    )


def _detail(event: Event) -> str:
    for key in _DETAIL_KEYS:
        value = event.data.get(key)
        if value is None or value == "":
            continue
        if key == "delay_ms" and isinstance(value, int | float):
            return f"in {value / 1000:g} s"
        return " ".join(str(value).split())
    return ""
