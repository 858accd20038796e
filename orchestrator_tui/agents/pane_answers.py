"""Answers given in an agent's pane by keys, each only after the dialog that it answers was seen on the screen."""

import asyncio
import re
from collections.abc import Callable, Sequence

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.providers.base import Dialogs, Step
from orchestrator_tui.agents.screen_rules import question_in
from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.errors import NotAllowedNow, UsageError
from orchestrator_tui.core.models import AgentRecord, AgentState, WaitingFor
from orchestrator_tui.core.permission_rules import subject_of
from orchestrator_tui.core.questions import PLAN_TOOL, Choice

_ESCAPES = re.compile(rb"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_SEEN_CHARACTERS = 60
_LOOK_EVERY_S = 0.15
_LOOKS_AFTER = 3
"""Looks after the last key until a dialog that is not seen any more counts as answered: it may be drawing itself."""
_PATIENCE_S = 5.0

DENIED = "The person who runs this session denied it."


class PaneAnswers:
    """Presses the keys of a program's own dialogs."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    async def answer(self, record: AgentRecord, item: AttentionItem, allow: bool, message: str = "") -> None:
        """Allows or denies a request that its program no longer waits for us to answer.

        Raises NotAllowedNow when it is not what the screen asks, UsageError for a message, which no key can carry.
        """
        if item.tool == PLAN_TOOL:
            words = message or DENIED
            await self._press(record, item, lambda of, screen: of.plan_step(screen, item.tool_input, allow, words))
            return
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
        """Answers the questions of an item that its program no longer waits for us to answer.

        Raises NotAllowedNow when they are not what the screen asks, or the keys have no effect.
        """
        await self._press(record, item, lambda of, screen: of.question_step(screen, item.questions, choices))

    async def _press(
        self, record: AgentRecord, item: AttentionItem, next_step: Callable[[Dialogs, str], Step | None]
    ) -> None:
        """Goes through a dialog, each step decided by what the screen shows after the one before."""
        dialogs = self._fleet.provider_of(record).dialogs
        if dialogs is None or record.state is not AgentState.WAITING:
            raise _not_shown(record, item)
        manager = self._fleet.manager
        pressed: Step | None = None
        looks = 0
        while True:
            step = next_step(dialogs, await self._screen(record))
            if step is None and pressed is None:
                raise _not_shown(record, item)
            if pressed is not None and pressed.is_last and step != pressed:
                return
            if step is not None and (step.keys or step.text) and step != pressed:
                # Each key once: a second one could land in whatever comes behind a slow dialog.
                if step.text:
                    await manager.paste(record.id, step.text)
                else:
                    await manager.send_keys(record.id, *step.keys)
                pressed, looks = step, 0
            elif step is None and looks >= _LOOKS_AFTER:
                return
            elif looks * _LOOK_EVERY_S >= _PATIENCE_S:
                raise NotAllowedNow(
                    f"{record.name} does not take the answer's keys.",
                    remedy="Look at its pane (enter) and answer there.",
                    field="id",
                )
            looks += 1
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _screen(self, record: AgentRecord) -> str:
        frame = await self._fleet.manager.capture(record.id)
        return "" if frame is None else b"\n".join(frame.lines).decode("utf-8", "replace")

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
