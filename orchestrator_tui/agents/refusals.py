"""Starts that a program refused: noticed when it died, so that the next start is another one."""

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.providers.base import Refusal, RefusalKind
from orchestrator_tui.core.errors import OrchestratorError, ProviderUnavailable
from orchestrator_tui.core.events import Event

TRIES = 2
"""Starts with arguments that are refused, before a person has to look: the cause may be gone by the second."""


class Refusals:
    """Keeps for each agent the refusal of its newest start, until the next start takes it."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._newest: dict[int, Refusal] = {}
        self._in_a_row: dict[int, int] = {}

    async def note(self, event: Event) -> Refusal | None:
        """Takes a crash before anything else is done about it; the refusal, if it was one."""
        agent_id = event.agent_id
        assert agent_id is not None
        refusal = await self._read(agent_id, event)
        if refusal is None:
            self._newest.pop(agent_id, None)
            self._in_a_row.pop(agent_id, None)
        else:
            self._newest[agent_id] = refusal
            self._in_a_row[agent_id] = self._in_a_row.get(agent_id, 0) + 1
        return refusal

    def take(self, agent_id: int) -> Refusal | None:
        """What the next start has to avoid; only told once."""
        return self._newest.pop(agent_id, None)

    def check(self, agent_id: int) -> None:
        """Raises ProviderUnavailable when another start would only be refused again."""
        refusal = self._newest.get(agent_id)
        if refusal is None or refusal.kind is not RefusalKind.ARGUMENTS or self._in_a_row[agent_id] < TRIES:
            return
        del self._newest[agent_id], self._in_a_row[agent_id]
        raise ProviderUnavailable(
            f"The program refuses to start: {refusal.words.rstrip('.')}.", remedy="Correct that, then restart it."
        )

    async def _read(self, agent_id: int, event: Event) -> Refusal | None:
        fleet = self._fleet
        record = fleet.book.find(agent_id)
        status = event.data.get("exit_status")
        if record is None or not status or fleet.hand(agent_id).has_session:
            return None
        provider = fleet.providers.get(record.provider)
        if provider is None or provider.conversations is None:
            return None
        try:
            seen = await fleet.manager.look(agent_id)
        except OrchestratorError:
            return None
        refusal = provider.conversations.refusal(seen.text) if seen is not None else None
        if refusal is None or refusal.kind is RefusalKind.ARGUMENTS:
            return refusal
        # Words about another conversation are not the program's own: its work may have shown them.
        return refusal if (record.conversation_id or "") in refusal.words else None
