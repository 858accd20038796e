"""The durable list of a session's agents, written by the same thread as the missions."""

from collections.abc import Sequence

from orchestrator_tui.core.models import AgentRecord
from orchestrator_tui.missions.store import MissionStore
from orchestrator_tui.missions.writer import GroupWriter


class AgentRegistry:
    """Every method returns after the commit; writes keep the order of their calls. Raises StoreUnavailable."""

    def __init__(self, writer: GroupWriter[MissionStore]) -> None:
        self._writer = writer

    async def put(self, record: AgentRecord) -> None:
        """Writes a new or changed agent."""
        await self._writer.run(lambda store: store.put_agent(record))

    async def put_all(self, records: Sequence[AgentRecord]) -> None:
        """Writes several agents, all or none."""

        def write(store: MissionStore) -> None:
            for record in records:
                store.put_agent(record)

        await self._writer.run(write)

    async def all(self) -> list[AgentRecord]:
        """Every agent, in order of id."""
        return await self._writer.run(lambda store: store.all_agents())

    async def get(self, agent_id: int) -> AgentRecord | None:
        """One agent, or None."""
        return await self._writer.run(lambda store: store.get_agent(agent_id))

    async def delete(self, agent_id: int) -> None:
        """Forgets an agent; an unknown one is no error."""
        await self._writer.run(lambda store: store.delete_agent(agent_id))

    async def next_ids(self, count: int) -> list[int]:
        """Numbers, from 1 and rising, that no agent of this session ever had."""
        return await self._writer.run(lambda store: [store.next_agent_id() for _ in range(count)])
