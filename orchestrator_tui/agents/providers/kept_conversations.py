"""Conversations that a program keeps on disk: who has one open, and what it says when it refuses one."""

import fcntl
import re
from collections.abc import Callable
from pathlib import Path

from orchestrator_tui.agents.providers.base import AgentContext, Refusal, RefusalKind
from orchestrator_tui.agents.providers.session_file import is_running, process_start, sessions_of
from orchestrator_tui.core.models import AgentRecord

# The words of Claude Code 2.1.328, measured, of our launcher and of the demo agent.
_WORDS: tuple[tuple[RefusalKind, re.Pattern[str]], ...] = (
    (RefusalKind.UNKNOWN_CONVERSATION, re.compile(r"^No conversation found with session ID: \S+", re.MULTILINE)),
    (RefusalKind.ID_IN_USE, re.compile(r"^(?:Error: )?Session ID \S+ is already in use", re.MULTILINE)),
    (RefusalKind.HELD, re.compile(r"^Conversation \S+ is open in process \d+", re.MULTILINE)),
    (
        RefusalKind.ARGUMENTS,
        re.compile(
            r"^(?:error: (?:unknown|option|missing|too many) .+|Error: Invalid .+|Error: .+ not found: .+"
            r"|.+ cannot be used with root/sudo privileges)",
            re.MULTILINE,
        ),
    ),
)


def read_refusal(screen: str) -> Refusal | None:
    """Why the program refused to start, by the screen that it left; None when it says nothing of the kind."""
    for kind, words in _WORDS:
        found = words.search(screen)
        if found is not None:
            return Refusal(kind, found[0].strip())
    return None


class KeptConversations:
    """Looks into the program's session files, ``sessions``, and at our own claims, ``claims``, if it makes any."""

    def __init__(
        self,
        sessions: Callable[[AgentRecord, AgentContext], Path],
        claims: Callable[[AgentContext], Path] | None = None,
    ) -> None:
        self._sessions = sessions
        self._claims = claims

    def refusal(self, screen: str) -> Refusal | None:
        """Why the program refused to start."""
        return read_refusal(screen)

    def holder(self, record: AgentRecord, context: AgentContext, *, but: int | None) -> int | None:
        """A living process other than ``but`` that has the recorded conversation open; a person may have started it."""
        conversation = record.conversation_id
        if conversation is None:
            return None
        if self._claims is not None:
            claimed = claim_holder(self._claims(context) / conversation)
            if claimed not in (None, but):
                return claimed
        pids = sessions_of(self._sessions(record, context), conversation)
        return next((pid for pid in pids if pid != but), None)


def claim_holder(file: Path) -> int | None:
    """The living process that claimed a conversation, by the launcher's file ``PID START``."""
    try:
        pid, start = file.read_text("ascii").split()
        holder = int(pid)
    except (OSError, ValueError):
        return None
    return holder if is_running(holder) and process_start(holder) == start else None


def forget_dead_claims(folder: Path) -> None:
    """Removes the claims of processes that are gone, unless a launcher is just making one: then at the next start."""
    lock_file = folder / LOCK_NAME
    lock_file.touch(mode=0o600)
    with lock_file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        for file in folder.iterdir():
            if file.name != LOCK_NAME and claim_holder(file) is None:
                file.unlink(missing_ok=True)


LOCK_NAME = "lock"
"""The file in the folder of claims that a launcher locks while it looks and claims."""
