"""Events as sentences: pure."""

import json
from collections.abc import Mapping

from orchestrator_tui.core.events import Event, EventType

EVENT_WORDS: dict[EventType, str] = {
    EventType.SPAWN: "started",
    EventType.READY: "is ready",
    EventType.STATUS: "is",
    EventType.ATTENTION: "needs you",
    EventType.PERMISSION: "permission",
    EventType.HEALTH: "checked",
    EventType.CRASH: "crashed",
    EventType.RESTART: "restarts",
    EventType.EXIT: "exited",
    EventType.KILL: "was killed",
    EventType.FAILED: "failed for good",
    EventType.ADOPT: "was adopted",
    EventType.FENCE: "was interrupted",
    EventType.QUOTA_OPEN: "waits for quota",
    EventType.QUOTA_CLOSED: "has quota again",
    EventType.TASK_START: "began",
    EventType.TASK_COMPLETE: "completed",
    EventType.TASK_FAIL: "failed",
    EventType.TASK_RETRY: "tries again",
    EventType.MISSION_ENQUEUED: "queued",
    EventType.MISSION_ASSIGNED: "was given",
    EventType.MISSION_UNDELIVERED: "was not delivered",
    EventType.MISSION_BLOCKED: "is blocked",
    EventType.MISSION_CANCELLED: "was cancelled",
}
"""What stands between who and which mission, one an event type."""

_DETAIL_KEYS = ("reason", "message", "waiting_for", "state", "to", "status", "code", "error_code", "delay_ms", "title")


def agent_word(event: Event, agent_names: Mapping[int, str]) -> str | None:
    """The event's agent by name, or by number when it has none any more."""
    return None if event.agent_id is None else agent_names.get(event.agent_id, f"agent {event.agent_id}")


def event_sentence(event: Event, agent_names: Mapping[int, str]) -> str:
    """The event in words: who, what, which mission, and the first detail that it carries."""
    word, agent = EVENT_WORDS[event.type], agent_word(event, agent_names)
    if event.type is EventType.STATUS and event.data.get("state"):
        # The state is what happened; why, or what for, is the detail.
        word = f"{word} {event.data['state']}"
    if event.type.startswith("mission_"):
        words = [event.mission_id or "mission", word, "to " + agent if agent else ""]
    else:
        about = "" if event.type.startswith("task_") else "on "
        words = [
            agent or event.mission_id or "supervisor",
            word,
            about + event.mission_id if agent and event.mission_id else "",
        ]
    sentence = " ".join(word for word in words if word)
    detail = _detail(event)
    return printable(f"{sentence}: {detail}" if detail else sentence)


def printable(text: str) -> str:
    """The text, which may be an agent's, without anything that a terminal would obey."""
    return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)


def event_haystack(event: Event, agent_names: Mapping[int, str]) -> str:
    """All that words can be found in: the sentence, the type, and what the event carries; lower case."""
    carried = json.dumps(dict(event.data), ensure_ascii=False, default=str) if event.data else ""
    return f"{event_sentence(event, agent_names)} {event.type} {carried}".casefold()


def _detail(event: Event) -> str:
    for key in _DETAIL_KEYS:
        if key == "state" and event.type is EventType.STATUS:
            continue
        value = event.data.get(key)
        if value is None or value == "":
            continue
        if key == "delay_ms" and isinstance(value, int | float):
            return f"in {value / 1000:g} s"
        return " ".join(str(value).split())
    return ""
