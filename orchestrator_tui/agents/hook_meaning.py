"""What a hook of an agent's program means: a pure reading of its payload."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from orchestrator_tui.core.models import WaitingFor


class Meaning(StrEnum):
    """What happened."""

    SESSION = "session"
    PROMPT = "prompt"
    ASKS = "asks"
    WORKS = "works"
    TURN_ENDED = "turn_ended"
    TURN_FAILED = "turn_failed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class HookReading:
    """A hook in our words; fields that do not belong to the meaning are empty.

    ``delivery`` is the (mission id, nonce) that a prompt carries; ``fetches`` the mission that it makes the program
    fetch. ``works_on`` says that background work goes on after the turn.
    """

    meaning: Meaning
    conversation_id: str | None = None
    prompt: str = ""
    delivery: tuple[str, str] | None = None
    fetches: str | None = None
    waiting_for: WaitingFor | None = None
    detail: str = ""
    last_message: str = ""
    works_on: bool = False
    was_reminded: bool = False


_DELIVERY = re.compile(r"^Mission (\S+) \(delivery ([0-9A-Za-z_-]+)\)$", re.MULTILINE)
_FETCH = re.compile(r"^/mcp__orchestrator__mission (\S+)\s*$")
_QUESTION_TOOLS = frozenset({"AskUserQuestion", "ExitPlanMode"})


def read_hook(payload: Mapping[str, object]) -> HookReading:
    """Reads the JSON that Claude Code (2.1.328, measured) sends to its hooks; the demo agent sends the same."""
    name = _text(payload, "hook_event_name")
    conversation = _text(payload, "session_id") or None
    match name:
        case "SessionStart":
            return HookReading(Meaning.SESSION, conversation, detail=_text(payload, "source"))
        case "UserPromptSubmit":
            prompt = _text(payload, "prompt")
            delivery, fetch = _DELIVERY.search(prompt), _FETCH.match(prompt)
            return HookReading(
                Meaning.PROMPT,
                conversation,
                prompt=prompt,
                delivery=(delivery[1], delivery[2]) if delivery else None,
                fetches=fetch[1] if fetch else None,
            )
        case "PermissionRequest":
            tool = _text(payload, "tool_name")
            waiting = WaitingFor.QUESTION if tool in _QUESTION_TOOLS else WaitingFor.PERMISSION
            return HookReading(Meaning.ASKS, conversation, waiting_for=waiting, detail=_request(tool, payload))
        case "Notification" if _text(payload, "notification_type") == "permission_prompt":
            detail = _text(payload, "message")
            return HookReading(Meaning.ASKS, conversation, waiting_for=WaitingFor.PERMISSION, detail=detail)
        case "PreToolUse" | "PostToolUse" | "PostToolUseFailure" | "PostToolBatch":
            return HookReading(Meaning.WORKS, conversation)
        case "Stop":
            return HookReading(
                Meaning.TURN_ENDED,
                conversation,
                last_message=_text(payload, "last_assistant_message"),
                works_on=_has_running(payload.get("background_tasks")),
                was_reminded=payload.get("stop_hook_active") is True,
            )
        case "StopFailure":
            error = _text(payload, "error") or "unknown"
            return HookReading(
                Meaning.TURN_FAILED,
                conversation,
                # No turn can succeed before a person has logged in.
                waiting_for=WaitingFor.LOGIN if error == "authentication_failed" else None,
                detail=error,
                last_message=_text(payload, "last_assistant_message"),
            )
        case _:
            return HookReading(Meaning.OTHER, conversation, detail=name)


def _text(payload: Mapping[str, object], key: str) -> str:
    value = payload.get(key)
    return value if isinstance(value, str) else ""


def _request(tool: str, payload: Mapping[str, object]) -> str:
    given = payload.get("tool_input")
    fields = cast("dict[str, object]", given) if isinstance(given, dict) else {}
    subject = next((str(fields[key]) for key in ("command", "file_path", "url", "question") if key in fields), "")
    return f"{tool}: {subject}"[:300] if subject else tool


def _has_running(tasks: object) -> bool:
    if not isinstance(tasks, list):
        return False
    items = cast("list[object]", tasks)
    return any(isinstance(task, dict) and cast("dict[str, object]", task).get("status") == "running" for task in items)
