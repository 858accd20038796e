"""Reads ``sessions/<pid>.json``, in which an agent's program says what it is doing right now.

The Claude CLI keeps it in its config dir, the demo agent in its own folder. It is the only word on an interrupted
turn, for which no hook is sent. A killed program leaves a stale file behind, so pid and start time are checked.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

from orchestrator_tui.agents.providers.base import SessionStatus
from orchestrator_tui.core.foreign import LARGEST, read_json
from orchestrator_tui.core.models import AgentState, WaitingFor

_STATES = {
    "idle": AgentState.IDLE,
    "busy": AgentState.BUSY,
    "waiting": AgentState.WAITING,
    # The turn is over, but a background shell will wake the program again.
    "shell": AgentState.BUSY,
}
_WAITING_FOR = {
    "permission prompt": WaitingFor.PERMISSION,
    "sandbox request": WaitingFor.PERMISSION,
    "input needed": WaitingFor.QUESTION,
    "dialog open": WaitingFor.QUESTION,
}


def process_start(pid: int) -> str | None:
    """When a process started, in clock ticks since boot (field 22 of its stat); None if unknown or gone."""
    fields = _stat(pid)
    return fields[19].decode("ascii") if len(fields) > 19 else None


def is_running(pid: int) -> bool:
    """Whether a process lives and is not merely waiting to be reaped, as far as this user can see."""
    return is_alive(pid) and _stat(pid)[:1] not in ([b"Z"], [b"X"])


def _stat(pid: int) -> list[bytes]:
    """The fields of a process's stat from the third on; empty where there are none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return []
    # The name (field 2) may hold blanks and brackets: count from its closing bracket.
    return stat[stat.rfind(b")") + 2 :].split()


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists, as far as this user can see."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def read_session_status(
    folder: Path,
    pid: int,
    *,
    alive: Callable[[int], bool] = is_alive,
    started: Callable[[int], str | None] = process_start,
) -> SessionStatus | None:
    """The state written in ``folder/<pid>.json``, times in milliseconds since the epoch.

    None without a file, with one that cannot be understood, or with one that another process left behind.
    """
    path = f"{folder}/{pid}.json"
    try:
        # Asked before it is read: a change in between then shows as one.
        changed_ns = os.stat(path).st_mtime_ns  # noqa: PTH116 - read for every agent, every second
        data: object = read_json(Path(path).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or not alive(pid):
        return None
    fields = cast("dict[str, object]", data)
    state = _STATES.get(str(fields.get("status")))
    if state is None:
        return None
    if not _is_same(fields.get("procStart"), started(pid)):
        return None
    waiting = fields.get("waitingFor")
    word = str(fields["status"]) + (f": {waiting}" if state is AgentState.WAITING and waiting else "")
    conversation, updated = fields.get("sessionId"), fields.get("statusUpdatedAt")
    return SessionStatus(
        state=state,
        waiting_for=_waiting_for(fields.get("waitingFor")) if state is AgentState.WAITING else None,
        conversation_id=conversation if isinstance(conversation, str) else None,
        updated_at=_time(updated),
        word=word,
        file=(path, changed_ns),
    )


def sessions_of(
    folder: Path,
    conversation_id: str,
    *,
    alive: Callable[[int], bool] = is_running,
    started: Callable[[int], str | None] = process_start,
) -> list[int]:
    """The ids of the living processes whose files in ``folder`` name this conversation."""
    found: list[int] = []
    needle = conversation_id.encode()
    for file in folder.glob("[0-9]*.json"):
        try:
            content = file.read_bytes()
            if needle not in content:
                continue
            data: object = read_json(content)
            pid = int(file.stem)
        except (OSError, ValueError):
            continue
        fields = cast("dict[str, object]", data) if isinstance(data, dict) else {}
        if (
            fields.get("sessionId") == conversation_id
            and alive(pid)
            and _is_same(fields.get("procStart"), started(pid))
        ):
            found.append(pid)
    return found


def _time(value: object) -> int | None:
    if not isinstance(value, int | float) or not abs(value) < LARGEST:
        return None
    return int(value)


def _is_same(recorded: object, actual: str | None) -> bool:
    """Whether the process that wrote its start is the one that has its id now; unknown counts as the same."""
    return not recorded or not actual or str(recorded) == actual


def _waiting_for(text: object) -> WaitingFor:
    """A question is the careful guess for words of a newer CLI: nobody answers it with a key for permissions."""
    return _WAITING_FOR.get(text, WaitingFor.QUESTION) if isinstance(text, str) else WaitingFor.QUESTION
