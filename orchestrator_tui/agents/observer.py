"""Watches what every source says of every agent, and moves an agent where hooks alone would leave it wrong.

The live verdict is read here: ``Supervisor.observer.verdict(agent_id)`` from what is known already, without any I/O,
and ``Supervisor.why(agent_id)`` (the dashboard's ``w``; ``agent status`` with ``agent_id`` and ``why``) after a fresh
look at everything. Hooks, session files and processes are looked at with each tick of the monitor; a screen and a
transcript only in doubt (``core.fusion.doubt``), so that settled agents cost no command to tmux.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orchestrator_tui.agents.background import Background
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.hook_meaning import HookReading, Meaning
from orchestrator_tui.agents.moves import Hold, Move, move_for
from orchestrator_tui.agents.words import (
    word_of_ask,
    word_of_hook,
    word_of_process,
    word_of_record,
    word_of_status,
)
from orchestrator_tui.core.attention import Ask, Problem
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.fusion import doubt, fuse
from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import AgentRecord, AgentState, MissionState
from orchestrator_tui.core.verdict import Observation, Source, Verdict

log = logging.getLogger(__name__)

CONNECTS_WITHIN_MS = 10_000
"""A program that has begun its session asks our MCP server for its prompts much sooner (0.3 s, Claude CLI 2.1.328)."""


@dataclass(slots=True)
class _Memory:
    """The newest words about one process of an agent; ``since`` is when it was first seen."""

    pid: int | None
    since: int
    session_at: int | None = None
    hook: Observation | None = None
    status: Observation | None = None
    process: Observation | None = None
    screen: Observation | None = None
    transcript: Observation | None = None


class Observer:
    """One memory an agent, begun anew with each process.

    ``asks`` are the open requests of all agents; ``end_turn`` ends an agent's turn as one that brought no report,
    with the reason in words; ``answered`` forgets an agent's requests.
    """

    def __init__(
        self,
        fleet: Fleet,
        background: Background,
        asks: Callable[[], Sequence[Ask]],
        answered: Callable[[int], object],
        end_turn: Callable[[int, str], Coroutine[Any, Any, None]],
    ) -> None:
        self._fleet = fleet
        self._background = background
        self._asks = asks
        self._answered = answered
        self._end_turn = end_turn
        self._memories: dict[int, _Memory] = {}
        self._problems: dict[int, Problem] = {}
        self._suspected: dict[int, str] = {}

    def heard(self, record: AgentRecord, reading: HookReading, name: str) -> None:
        """Notes a hook of the recorded conversation; ``name`` is empty for what a screen showed instead."""
        memory = self._memory(record)
        now = self._fleet.clock.now_ms()
        hand = self._fleet.hand(record.id)
        begins = self._fleet.takes_start_argument(record) and any(
            mission.state is MissionState.ASSIGNED and mission.id == hand.underway for mission in hand.claims
        )
        word = word_of_hook(reading, name, now, begins_mission=begins)
        if word is None:
            return
        if word.source is Source.SCREEN:
            memory.screen = word
            return
        is_reminder = name == "Notification" and memory.hook is not None and memory.hook.state is word.state
        if not is_reminder:
            memory.hook = word
        if reading.meaning is Meaning.SESSION and memory.session_at is None:
            memory.session_at = now

    async def tick(self) -> None:
        """Looks at every living agent once, and moves those whose state is not what is seen."""
        now = self._fleet.clock.now_ms()
        asks = _newest_asks(self._asks())
        watched = [record for record in self._fleet.book.records() if self._is_watched(record)]
        unclear: list[AgentRecord] = []
        for record in watched:
            self._look_around(record)
            if doubt(self._words(record, asks.get(record.id)), now) is not None:
                unclear.append(record)
        if unclear:
            await asyncio.gather(*(self._look_closer(record) for record in unclear))
        for record in watched:
            self._apply(record.id, asks)
        gone = self._memories.keys() - {record.id for record in self._fleet.book.records()}
        for agent_id in gone:
            del self._memories[agent_id]

    def verdict(self, agent_id: int) -> Verdict:
        """What is made of the newest words about an agent; asks nobody. Raises UnknownAgent."""
        record = self._fleet.book.get(agent_id)
        ask = _newest_asks(self._asks()).get(agent_id)
        return fuse(self._words(record, ask), self._fleet.clock.now_ms())

    async def why(self, agent_id: int) -> Verdict:
        """The verdict after a look at every source, the screen and the tree of processes too. Raises UnknownAgent."""
        record = self._fleet.book.get(agent_id)
        if record.state in ALIVE_STATES and self._fleet.manager.is_alive(agent_id):
            self._look_around(record)
            await self._look_closer(record)
            memory = self._memory(record)
            if memory.pid is not None:
                below = await self._fleet.manager.descendants(agent_id)
                process = self._fleet.manager.process(agent_id)
                memory.process = word_of_process(process, memory.pid, memory.since, below)
        return self.verdict(agent_id)

    def problems(self) -> Mapping[int, Problem]:
        """What a person should look at besides what agents ask, by agent."""
        return self._problems

    # -- looking -------------------------------------------------------------------------------------------------

    def _is_watched(self, record: AgentRecord) -> bool:
        provider = self._fleet.providers.get(record.provider)
        # One without hooks is followed by its screen elsewhere, four times a second.
        is_ours = provider is not None and provider.screen is None
        return is_ours and record.state in ALIVE_STATES and self._fleet.manager.is_alive(record.id)

    def _memory(self, record: AgentRecord) -> _Memory:
        handle = self._fleet.manager.handle(record.id)
        pid = handle.pid if handle is not None else None
        memory = self._memories.get(record.id)
        if memory is None or (memory.pid != pid and pid is not None):
            memory = self._memories[record.id] = _Memory(pid, self._fleet.clock.now_ms())
        return memory

    def _look_around(self, record: AgentRecord) -> None:
        """What costs next to nothing: the session file and the process."""
        memory = self._memory(record)
        status = self._fleet.own_word(record)
        is_its = status is not None and status.conversation_id in (None, record.conversation_id)
        memory.status = word_of_status(status, memory.since) if status is not None and is_its else None
        if memory.pid is not None:
            process = self._fleet.manager.process(record.id)
            memory.process = word_of_process(process, memory.pid, memory.since)

    async def _look_closer(self, record: AgentRecord) -> None:
        """The screen and the end of the transcript."""
        fleet, memory = self._fleet, self._memory(record)
        provider = fleet.provider_of(record)
        try:
            frame = await fleet.manager.capture(record.id)
            memory.transcript = provider.transcript_end(record, fleet.context_of(record))
        except OrchestratorError as error:
            log.debug("agent %s could not be looked at: %s", record.id, error)
            return
        if frame is None or self._memories.get(record.id) is not memory:
            return
        text = "\n".join(line.decode("utf-8", "replace") for line in frame.lines)
        at = fleet.clock.now_ms()
        seen = provider.read_screen(text, (frame.cursor_x, frame.cursor_y), at)
        memory.screen = seen or Observation(Source.SCREEN, at, word="nothing that is recognised")

    def _words(self, record: AgentRecord, ask: Ask | None) -> list[Observation]:
        memory = self._memory(record)
        hook = word_of_ask(ask) if ask is not None and record.state in ALIVE_STATES else memory.hook
        words = (hook, memory.status, memory.transcript, memory.screen, memory.process)
        return [*(word for word in words if word is not None), word_of_record(record, self._missing(record, memory))]

    def _missing(self, record: AgentRecord, memory: _Memory) -> str:
        """What is known to be wrong with a living agent that it does not know itself."""
        hand = self._fleet.hand(record.id)
        provider = self._fleet.providers.get(record.provider)
        if provider is None or not provider.lists_prompts or record.state not in ALIVE_STATES:
            return ""
        if not hand.has_session or hand.knows_prompts_at is not None or memory.session_at is None:
            return ""
        if self._fleet.clock.now_ms() - memory.session_at < CONNECTS_WITHIN_MS:
            return ""
        return "its MCP server `orchestrator` is not connected, so it cannot report: restart it"

    # -- acting --------------------------------------------------------------------------------------------------

    def _apply(self, agent_id: int, asks: Mapping[int, Ask]) -> None:
        fleet = self._fleet
        record = fleet.book.find(agent_id)
        if record is None or not self._is_watched(record):
            self._problems.pop(agent_id, None)
            return
        now = fleet.clock.now_ms()
        verdict = fuse(self._words(record, asks.get(agent_id)), now)
        self._note_problem(record, verdict.problem, now)
        match move_for(record, verdict, self._hold_on(agent_id), now):
            case Move.SHOW:
                if record.state is AgentState.WAITING and verdict.state is not AgentState.WAITING:
                    self._answered(agent_id)
                fleet.book.transition(
                    agent_id,
                    verdict.state,
                    reason=verdict.reason or None,
                    waiting_for=verdict.waiting_for,
                    data=_grounds(verdict),
                )
            case Move.END_TURN:
                reason = verdict.reason or f"by its {verdict.source.value}: no hook told"
                self._background.start(self._end_turn(agent_id, reason), f"end of turn {agent_id}")
            case Move.NONE:
                pass

    def _note_problem(self, record: AgentRecord, text: str, now: int) -> None:
        """Tells of a new problem once, and shows it as the agent's reason as long as it lasts.

        It has to be there at two ticks in a row: tmux itself lets a stopped process go on at once.
        """
        suspected, self._suspected[record.id] = self._suspected.get(record.id, ""), text
        known = self._problems.pop(record.id, None)
        if text and known is None and suspected != text:
            return
        if text:
            is_new = known is None or known.text != text
            self._problems[record.id] = Problem(text, now) if is_new or known is None else known
            if is_new:
                self._fleet.attention(record.id, None, text)
        before = record.reason or ""
        if text and text not in before and record.state is not AgentState.WAITING:
            self._show_reason(record, text)
        elif not text and known is not None:
            self._show_reason(record, None if known.text in before else record.reason)

    def _show_reason(self, record: AgentRecord, reason: str | None) -> None:
        self._fleet.book.transition(record.id, record.state, reason=reason, waiting_for=record.waiting_for)
        self._fleet.changed(record.id)

    def _hold_on(self, agent_id: int) -> Hold:
        hand = self._fleet.hand(agent_id)
        return Hold(
            is_delivering=hand.is_delivering,
            is_fencing=hand.is_fencing,
            has_claims=any(mission.id == hand.underway for mission in hand.claims),
            runs=any(mission.state is MissionState.RUNNING for mission in hand.claims),
        )


def _newest_asks(asks: Sequence[Ask]) -> Mapping[int, Ask]:
    """The newest open request of each agent; it counts as held while any of the agent's is."""
    newest: dict[int, Ask] = {}
    for ask in asks:
        before = newest.get(ask.agent_id)
        newest[ask.agent_id] = replace(ask, is_held=ask.is_held or (before is not None and before.is_held))
    return newest


def _grounds(verdict: Verdict) -> Mapping[str, object]:
    return {"source": verdict.source.value, "confidence": verdict.confidence.value}
