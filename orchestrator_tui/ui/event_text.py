"""Events as rows of the event log."""

from collections.abc import Mapping

from orchestrator_tui.core.event_words import EVENT_WORDS, event_sentence
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.ui.format import Look, Span, Spans, Token, clock_time, fit

_MARKS: dict[EventType, tuple[str, Token]] = {
    EventType.SPAWN: ("◐", "muted"),
    EventType.READY: ("○", "muted"),
    EventType.STATUS: ("○", "muted"),
    EventType.ATTENTION: ("◆", "needs"),
    EventType.PERMISSION: ("◆", "muted"),
    EventType.HEALTH: ("○", "muted"),
    EventType.CRASH: ("▲", "restarting"),
    EventType.RESTART: ("▲", "restarting"),
    EventType.EXIT: ("■", "muted"),
    EventType.KILL: ("■", "muted"),
    EventType.FAILED: ("×", "failed"),
    EventType.ADOPT: ("○", "muted"),
    EventType.FENCE: ("▲", "restarting"),
    EventType.QUOTA_OPEN: ("◆", "needs"),
    EventType.QUOTA_CLOSED: ("○", "muted"),
    EventType.TASK_START: ("●", "working"),
    EventType.TASK_COMPLETE: ("✓", "done"),
    EventType.TASK_FAIL: ("×", "failed"),
    EventType.TASK_RETRY: ("▲", "restarting"),
    EventType.MISSION_ENQUEUED: ("○", "muted"),
    EventType.MISSION_ASSIGNED: ("◐", "working"),
    EventType.MISSION_UNDELIVERED: ("▲", "restarting"),
    EventType.MISSION_BLOCKED: ("◇", "muted"),
    EventType.MISSION_CANCELLED: ("■", "muted"),
}

EVENT_LOOKS: dict[EventType, Look] = {
    kind: Look(glyph, EVENT_WORDS[kind], token) for kind, (glyph, token) in _MARKS.items()
}


def event_row(event: Event, width: int, agent_names: Mapping[int, str]) -> Spans:
    """One row of the event log after its marker."""
    look = EVENT_LOOKS[event.type]
    return (
        Span(clock_time(event.at) + "  ", "muted"),
        Span(look.glyph + " ", look.token),
        Span(fit(event_sentence(event, agent_names), max(1, width - 15))),
    )
