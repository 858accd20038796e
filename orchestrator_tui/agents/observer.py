"""Watches what every source says of every agent, and moves an agent where hooks alone would leave it wrong.

The live verdict is read here: ``Supervisor.observer.verdict(agent_id)`` from what is known already, without any I/O,
and ``Supervisor.why(agent_id)`` (the dashboard's ``w``; ``agent status`` with ``agent_id`` and ``why``) after a fresh
look at everything. Hooks, session files and processes are looked at with each tick of the monitor; a screen and a
transcript only in doubt (``core.fusion.doubt``), so that settled agents cost no command to tmux.
"""

import asyncio
import zlib
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator_tui.agents.background import Background
from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.hook_meaning import HookReading
from orchestrator_tui.agents.memories import Memories
from orchestrator_tui.agents.moves import Hold, Move, move_for
from orchestrator_tui.core.attention import Ask, AttentionItem, AttentionKind
from orchestrator_tui.core.fusion import doubt, fuse
from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import AgentRecord, AgentState, MissionState
from orchestrator_tui.core.verdict import Confidence, Observation, Verdict


class Observer:
    """Ticks with the monitor.

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
        self._memories = Memories(fleet)
        self._ending: set[int] = set()
        self._problems: dict[int, AttentionItem] = {}
        self._suspected: dict[int, str] = {}

    def heard(self, record: AgentRecord, reading: HookReading, name: str) -> None:
        """Notes a hook of the recorded conversation; ``name`` is empty for what a screen showed instead."""
        self._memories.heard(record, reading, name)

    async def tick(self) -> None:
        """Looks at every living agent that is not settled, and moves those whose state is not what is seen."""
        memories, asks = self._memories, _newest_asks(self._asks())
        records = self._fleet.book.records()
        memories.keep([record.id for record in records])
        now = self._fleet.clock.now_ms()
        watched: list[AgentRecord] = []
        unclear: list[AgentRecord] = []
        for record in records:
            if not self._is_watched(record) or (record.id not in asks and memories.is_settled(record)):
                continue
            watched.append(record)
            memories.look_around(record)
            if doubt(memories.words(record, asks.get(record.id)), now) is not None:
                unclear.append(record)
        if unclear:
            await asyncio.gather(*(memories.look_closer(record) for record in unclear))
            asks = _newest_asks(self._asks())
        for record in watched:
            self._apply(record.id, asks.get(record.id))

    def own_word(self, record: AgentRecord) -> Observation | None:
        """What the agent's program said of its state in its session file at the last tick."""
        return self._memories.of(record).status if self._is_watched(record) else None

    def verdict(self, agent_id: int) -> Verdict:
        """What is made of the newest words about an agent; asks nobody. Raises UnknownAgent."""
        record = self._fleet.book.get(agent_id)
        ask = _newest_asks(self._asks()).get(agent_id)
        return fuse(self._memories.words(record, ask), self._fleet.clock.now_ms())

    async def why(self, agent_id: int) -> Verdict:
        """The verdict after a look at every source, the screen and the tree of processes too. Raises UnknownAgent."""
        record = self._fleet.book.get(agent_id)
        if record.state in ALIVE_STATES and self._fleet.manager.is_alive(agent_id):
            self._memories.look_around(record)
            await self._memories.look_closer(record)
            await self._memories.count_processes(record)
        return self.verdict(agent_id)

    def problems(self) -> Iterable[AttentionItem]:
        """What a person should look at though no agent asks for it."""
        return self._problems.values()

    def _is_watched(self, record: AgentRecord) -> bool:
        provider = self._fleet.providers.get(record.provider)
        # One without hooks is followed by its screen elsewhere, four times a second.
        is_ours = provider is not None and provider.screen is None
        return is_ours and record.state in ALIVE_STATES and self._fleet.manager.is_alive(record.id)

    # -- acting --------------------------------------------------------------------------------------------------

    def _apply(self, agent_id: int, ask: Ask | None) -> None:
        fleet = self._fleet
        record = fleet.book.find(agent_id)
        if record is None or not self._is_watched(record):
            self._problems.pop(agent_id, None)
            return
        now = fleet.clock.now_ms()
        verdict = fuse(self._memories.words(record, ask), now)
        self._note_problem(record, verdict.problem, now)
        hold = self._hold_on(agent_id)
        match move_for(record, verdict, hold, now):
            case Move.SHOW:
                if record.state is AgentState.WAITING and verdict.state is not AgentState.WAITING:
                    self._answered(agent_id)
                fleet.book.transition(
                    agent_id,
                    verdict.state,
                    reason=verdict.reason or None,
                    waiting_for=verdict.waiting_for,
                    data={"source": verdict.source.value, "confidence": verdict.confidence.value},
                )
            case Move.END_TURN if agent_id not in self._ending:
                reason = verdict.reason or f"by its {verdict.source.value}: no hook told"
                self._ending.add(agent_id)
                self._background.start(self._ends(agent_id, reason), f"end of turn {agent_id}")
            case _:
                self._explain(record, verdict)
                is_idle = verdict.state is record.state is AgentState.IDLE
                is_sure = verdict.confidence is not Confidence.LOW and not verdict.problem
                self._memories.settle(record, is_calm=is_idle and is_sure and not hold.has_claims)

    async def _ends(self, agent_id: int, reason: str) -> None:
        try:
            await self._end_turn(agent_id, reason)
        finally:
            self._ending.discard(agent_id)

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
            self._problems[record.id] = _problem(record, text, now) if is_new or known is None else known
            if is_new:
                self._fleet.attention(record.id, None, text)
        before = record.reason or ""
        if text and text not in before and record.state is not AgentState.WAITING:
            self._show_reason(record, text)
        elif not text and known is not None:
            self._show_reason(record, None if known.text in before else record.reason)

    def _explain(self, record: AgentRecord, verdict: Verdict) -> None:
        """How the last turn failed is told as the reason of being idle."""
        is_idle = verdict.state is record.state is AgentState.IDLE
        if is_idle and verdict.reason and record.reason is None:
            self._show_reason(record, verdict.reason)

    def _show_reason(self, record: AgentRecord, reason: str | None) -> None:
        self._fleet.book.transition(record.id, record.state, reason=reason, waiting_for=record.waiting_for)
        self._fleet.changed(record.id)

    def _hold_on(self, agent_id: int) -> Hold:
        hand = self._fleet.hand(agent_id)
        runs = any(mission.state is MissionState.RUNNING for mission in hand.claims)
        return Hold(
            is_delivering=hand.is_delivering,
            is_fencing=hand.is_fencing,
            has_claims=runs or any(mission.id == hand.underway for mission in hand.claims),
            runs=runs,
        )


def _newest_asks(asks: Sequence[Ask]) -> Mapping[int, Ask]:
    """The newest open request of each agent; it counts as held while any of the agent's is."""
    newest: dict[int, Ask] = {}
    for ask in asks:
        before = newest.get(ask.agent_id)
        newest[ask.agent_id] = replace(ask, is_held=ask.is_held or (before is not None and before.is_held))
    return newest


def _problem(record: AgentRecord, text: str, now: int) -> AttentionItem:
    mark = zlib.crc32(f"{now} {text}".encode()) & 0xFFFFFF
    name = f"problem-{record.id}-{mark:06x}"
    return AttentionItem(name, AttentionKind.PROBLEM, now, text, agent_id=record.id, agent_name=record.name)
