"""Follows the transcripts of conversations that are spoken in, each byte once, beside the event loop."""

import asyncio
import logging
import os
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.providers.base import AgentContext, Provider
from orchestrator_tui.agents.providers.usage_lines import Reading, read_lines
from orchestrator_tui.agents.usage import PRICED_WITHIN_MS, UsageIntake
from orchestrator_tui.core.errors import OrchestratorError, StoreUnavailable
from orchestrator_tui.core.models import AgentRecord, AgentState
from orchestrator_tui.core.usage import ApiRequest, ConversationCost, MissionTurn, TranscriptMark

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
COOL_MS = 10_000
"""How long a conversation is followed after its agent became idle or began another: last lines are written late."""

_BLOCK_BYTES = 4 << 20
_LONGEST_LINE_BYTES = 64 << 20
_SPEAKING = frozenset({AgentState.STARTING, AgentState.BUSY, AgentState.WAITING})


@dataclass(frozen=True, slots=True)
class _Conversation:
    """A conversation to look at: its agent's record with that conversation."""

    record: AgentRecord
    provider: Provider
    context: AgentContext


class TranscriptReader:
    """Only conversations of agents that work, or did a moment ago, cost anything."""

    def __init__(self, fleet: Fleet, intake: UsageIntake) -> None:
        self._fleet = fleet
        self._intake = intake
        self._marks: dict[str, TranscriptMark] = {}
        self._followed: dict[tuple[int, str], int] = {}
        self._current: dict[int, str] = {}
        self._contexts: dict[tuple[int, str], AgentContext] = {}
        self._costs: dict[str, tuple[ConversationCost, int]] = {}
        self._looking = asyncio.Lock()

    async def run(self, marks: Iterable[TranscriptMark]) -> None:
        """Catches up from ``marks`` on, then looks every second, until cancelled."""
        await self._or_later(self._catch_up(list(marks)))
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self._or_later(self.look())

    async def look(self) -> None:
        """Counts what was written since the last look. Raises StoreUnavailable."""
        async with self._looking:
            conversations = self._followed_now()
            if conversations or self._costs:
                await self._take(await asyncio.to_thread(self._read, conversations))

    async def _or_later(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except StoreUnavailable as error:
            # Nothing is noted as read: the next look finds it again.
            log.warning("what was spent could not be stored: %s", error)

    async def _catch_up(self, marks: Sequence[TranscriptMark]) -> None:
        """Reads what was written while no supervisor lived."""
        self._marks = {mark.path: mark for mark in marks}
        now = self._fleet.clock.monotonic_ms()
        for record in self._fleet.book.records():
            if record.conversation_id is not None:
                self._followed[record.id, record.conversation_id] = now
                self._current[record.id] = record.conversation_id
        async with self._looking:
            await self._take(await asyncio.to_thread(_read_all, marks))
        await self.look()

    def _followed_now(self) -> list[_Conversation]:
        fleet, clock = self._fleet, self._fleet.clock
        now = clock.monotonic_ms()
        for record in fleet.book.records():
            conversation = record.conversation_id
            if conversation is None:
                continue
            if self._current.get(record.id, conversation) != conversation:
                fleet.usage.contexts.pop(record.id, None)
                fleet.changed(record.id)
            self._current[record.id] = conversation
            if record.state in _SPEAKING or clock.now_ms() - record.state_since < COOL_MS:
                self._followed[record.id, conversation] = now
        self._followed = {key: since for key, since in self._followed.items() if now - since < COOL_MS}
        self._contexts = {key: context for key, context in self._contexts.items() if key in self._followed}
        return [found for key in self._followed if (found := self._conversation(*key)) is not None]

    def _conversation(self, agent_id: int, conversation_id: str) -> _Conversation | None:
        record = self._fleet.book.find(agent_id)
        if record is None:
            return None
        try:
            provider = self._fleet.provider_of(record)
        except OrchestratorError:
            return None
        key = agent_id, conversation_id
        context = self._contexts.get(key)
        if context is None:
            context = self._contexts[key] = self._fleet.context_of(record)
        return _Conversation(replace(record, conversation_id=conversation_id), provider, context)

    def _read(self, conversations: Sequence[_Conversation]) -> list[Reading]:
        marks: list[TranscriptMark] = []
        for one in conversations:
            paths = one.provider.transcripts(one.record, one.context)
            marks += [self._marks.get(str(path)) or TranscriptMark(str(path), one.record.id) for path in paths]
        return _read_all(marks)

    async def _take(self, read: Sequence[Reading]) -> None:
        now = self._fleet.clock.monotonic_ms()
        for one in read:
            self._costs |= {cost.conversation: (cost, now) for cost in one.costs}
        # What telemetry tells of each request goes before the sum, and may come a moment later.
        due = [cost for cost, seen in self._costs.values() if now - seen >= PRICED_WITHIN_MS]
        marks = [one.mark for one in read]
        requests = [request for one in read for request in one.requests]
        await self._intake.take(requests, marks, due, [turn for one in read for turn in one.turns])
        for cost in due:
            del self._costs[cost.conversation]
        self._marks.update((mark.path, mark) for mark in marks)
        fleet = self._fleet
        spoken = [mark for mark in marks if Path(mark.path).stem == self._current.get(mark.agent_id)]
        for agent_id in fleet.usage.note_contexts(spoken):
            fleet.changed(agent_id)


def _read_all(marks: Iterable[TranscriptMark]) -> list[Reading]:
    return [found for mark in marks if (found := _read_on(mark)) is not None]


def _lines_at(file: IO[bytes], offset: int) -> bytes:
    """Whole lines from ``offset`` on: a block of them, or one that is longer than a block; empty for half a line."""
    file.seek(offset)
    data = file.read(_BLOCK_BYTES)
    while (end := data.rfind(b"\n")) < 0 and len(data) < _LONGEST_LINE_BYTES:
        more = file.read(_BLOCK_BYTES)
        if not more:
            return b""
        data += more
    # A line without end is passed over in pieces: none of them is a line that counts.
    return data[: end + 1] if end >= 0 else data


def _read_on(mark: TranscriptMark) -> Reading | None:
    """What stands in whole lines behind the mark; None when nothing does, or the file cannot be read."""
    requests: list[ApiRequest] = []
    costs: list[ConversationCost] = []
    turns: list[MissionTurn] = []
    reached = mark
    try:
        with Path(mark.path).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size < mark.offset:
                # Another file under this name: requests that were counted are known by their ids.
                reached = TranscriptMark(mark.path, mark.agent_id)
            while reached.offset < size and (lines := _lines_at(file, reached.offset)):
                reading = read_lines(lines, reached)
                requests += reading.requests
                costs += reading.costs
                turns += reading.turns
                reached = reading.mark
    except OSError:
        return None
    return Reading(tuple(requests), tuple(costs), tuple(turns), reached) if reached != mark else None
