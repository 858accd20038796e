"""Reads the demo agent's screen: what stands below its last rule is its prompt or its dialog."""

import re

from orchestrator_tui.agents.screen_rules import plain
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.verdict import Observation, Source

_DIALOG = re.compile(r"^ Bash command\n   (?P<command>.*)\n Do you want to proceed\?", re.MULTILINE)
_WORKING = "✳ Working…"
_PROMPT = re.compile(r"^> ?(?P<draft>.*)\n─+\n", re.MULTILINE)


def read(screen: str, at: int) -> Observation | None:
    """What a screen says that was looked at ``at``; None when it is not recognised."""
    text = plain(screen) + "\n"
    dialog = _last(_DIALOG, text)
    prompt = _last(_PROMPT, text)
    if dialog is not None and (prompt is None or dialog.start() > prompt.start()):
        detail = f"Bash: {dialog['command'].strip()}"
        return Observation(
            Source.SCREEN, at, AgentState.WAITING, WaitingFor.PERMISSION, word="permission", detail=detail
        )
    if prompt is None:
        return None
    if _WORKING in text[: prompt.start()][-200:]:
        return Observation(Source.SCREEN, at, AgentState.BUSY, word="working")
    return Observation(Source.SCREEN, at, AgentState.IDLE, word="draft" if prompt["draft"] else "prompt")


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return found[-1] if found else None
