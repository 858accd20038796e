"""Answers given in an agent's pane by keys, each only after the dialog that it answers was seen on the screen."""

import re
from collections.abc import Sequence

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.screen_rules import question_in
from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.errors import NotAllowedNow, UsageError
from orchestrator_tui.core.models import AgentRecord, AgentState, WaitingFor
from orchestrator_tui.core.permission_rules import subject_of
from orchestrator_tui.core.questions import Choice

_ESCAPES = re.compile(rb"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_SEEN_CHARACTERS = 60


class PaneAnswers:
    """Presses the keys of a program's own dialogs."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    async def answer(self, record: AgentRecord, item: AttentionItem, allow: bool, message: str = "") -> None:
        """Allows or denies a request that its program no longer waits for us to answer.

        Raises NotAllowedNow when it is not what the screen asks, UsageError for a message, which no key can carry.
        """
        if message:
            raise UsageError(
                "The request is no longer held by its program, so no message reaches it.",
                remedy="Deny without a message, or attach and write it there.",
                field="message",
            )
        if record.state is not AgentState.WAITING or record.waiting_for is not WaitingFor.PERMISSION:
            raise NotAllowedNow(f"{record.name} does not wait for a permission.", field="id")
        if not await self._shows(record, item):
            raise _not_shown(record, item)
        await self._fleet.manager.send_keys(record.id, *self._fleet.provider_of(record).answer_keys(allow))

    async def choose(self, record: AgentRecord, item: AttentionItem, choices: Sequence[Choice]) -> None:
        """Answers questions."""
        raise _not_shown(record, item)

    async def _shows(self, record: AgentRecord, item: AttentionItem) -> bool:
        """Whether the request is still what the agent's screen asks."""
        manager = self._fleet.manager
        screen = self._fleet.provider_of(record).screen
        if screen is not None:
            return question_in(screen.rules, await manager.capture_text(record.id)) == record.reason
        frame = await manager.capture(record.id)
        return frame is not None and shows_dialog(frame.lines, _subject_of(item))


def shows_dialog(lines: Sequence[bytes], subject: str) -> bool:
    """Whether a screen shows an open permission dialog for this subject, however its lines are wrapped or framed."""
    text = _bare(b"\n".join(_ESCAPES.sub(b"", line) for line in lines).decode("utf-8", "replace"))
    question = text.rfind("Doyouwantto")
    wanted = _bare(subject)[:_SEEN_CHARACTERS]
    return question >= 0 and bool(wanted) and wanted in text


def _bare(text: str) -> str:
    return re.sub(r"[\s\u2500-\u257f⏎]+", "", text)


def _subject_of(item: AttentionItem) -> str:
    if item.tool_input:
        return subject_of(item.tool_input)
    return item.text.partition(": ")[2] or item.text


def _not_shown(record: AgentRecord, item: AttentionItem) -> NotAllowedNow:
    return NotAllowedNow(
        f"{record.name} does not show this request any more: {item.text}.",
        remedy="Look at its pane (enter) and answer there.",
        field="id",
    )
