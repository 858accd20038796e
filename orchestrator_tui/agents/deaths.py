"""What follows when an agent's program ends: its missions first, then its state."""

import asyncio

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.patience import until_stored
from orchestrator_tui.agents.refusals import Refusals
from orchestrator_tui.agents.settling import Settling
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentState


class Deaths:
    """Takes pane events in order; ``settled`` lets a restart wait until the death before it is dealt with."""

    def __init__(self, fleet: Fleet, settling: Settling, refusals: Refusals) -> None:
        self._fleet = fleet
        self._settling = settling
        self._refusals = refusals
        self._dealt_with = asyncio.Condition()

    async def take(self, event: Event) -> None:
        """Applies one pane event; the end of a program that another one has replaced meanwhile changes nothing."""
        agent_id = event.agent_id
        if agent_id is None or self._fleet.book.find(agent_id) is None:
            return
        if self._is_stale(event, agent_id):
            if event.type is EventType.CRASH:
                await self._note_crash(agent_id)
            return
        reason = str(event.data.get("reason", event.type.value))
        match event.type:
            case EventType.CRASH:
                refusal = await self._refusals.note(event)
                await self._crashed(agent_id, refusal.words if refusal is not None else reason)
            case EventType.EXIT:
                self._fleet.book.transition(agent_id, AgentState.STOPPED, reason=reason)
                await self._gone(agent_id, "agent_exited", reason, comes_back=False)
            case EventType.FAILED:
                self._fleet.book.transition(agent_id, AgentState.FAILED, reason=reason)
                await self._gone(agent_id, "agent_crashed", reason, comes_back=False)
                self._fleet.attention(agent_id, None, f"failed: {reason}")
            case _:
                pass

    async def settled(self, agent_id: int) -> None:
        """Returns when the newest death that the panes know of has been dealt with here."""
        async with self._dealt_with:
            await self._dealt_with.wait_for(lambda: self._is_settled(agent_id))

    def _is_settled(self, agent_id: int) -> bool:
        manager = self._fleet.manager
        crashes = manager.crashes(agent_id) if manager.knows(agent_id) else ()
        record = self._fleet.book.find(agent_id)
        return record is None or not crashes or crashes[-1] in record.crashes

    async def _gone(self, agent_id: int, code: str, reason: str, *, comes_back: bool) -> None:
        await until_stored(
            lambda: self._settling.agent_gone(agent_id, code, reason, comes_back=comes_back),
            f"the death of agent {agent_id}",
        )

    async def _crashed(self, agent_id: int, reason: str) -> None:
        fleet = self._fleet
        try:
            comes_back = fleet.book.get(agent_id).config.get("auto_restart") is not False
            fleet.hand(agent_id).has_session = False
            fleet.book.transition(agent_id, AgentState.CRASHED, reason=reason)
            await self._gone(agent_id, "agent_crashed", reason, comes_back=comes_back)
            if not comes_back:
                fleet.book.transition(agent_id, AgentState.FAILED, reason=f"{reason}; it does not restart by itself")
                fleet.attention(agent_id, None, f"crashed: {reason}")
            elif fleet.book.get(agent_id).state is AgentState.CRASHED:
                fleet.book.transition(agent_id, AgentState.RESTARTING, reason=reason)
        finally:
            await self._note_crash(agent_id)

    async def _note_crash(self, agent_id: int) -> None:
        manager = self._fleet.manager
        if self._fleet.book.find(agent_id) is not None and manager.knows(agent_id):
            self._fleet.book.update(agent_id, crashes=manager.crashes(agent_id))
        async with self._dealt_with:
            self._dealt_with.notify_all()

    def _is_stale(self, event: Event, agent_id: int) -> bool:
        ended, current = event.data.get("pid"), self._fleet.manager.newest_pid(agent_id)
        return ended is not None and current is not None and ended != current
