"""Clock, ids and short cuts for the tests of missions."""

import itertools
from collections.abc import Callable
from pathlib import Path

from orchestrator_tui.core.bus import Subscription
from orchestrator_tui.core.events import Event
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission, ModelTier, Role
from orchestrator_tui.missions.queue import MissionQueue


class FakeClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.wall = 1_000_000
        self.monotonic = 0

    def now_ms(self) -> int:
        return self.wall

    def monotonic_ms(self) -> int:
        return self.monotonic

    def advance(self, milliseconds: int) -> None:
        self.wall += milliseconds
        self.monotonic += milliseconds


def counting_ids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"token-{next(numbers)}"


async def open_queue(path: Path, clock: FakeClock) -> MissionQueue:
    return await MissionQueue.open(path, clock=clock)


async def start(queue: MissionQueue, mission_id: str, agent_id: int = 1) -> Mission:
    """Claims and acknowledges one mission."""
    claimed = await queue.claim(mission_id, agent_id)
    assert claimed is not None
    assert claimed.nonce is not None
    running = await queue.acknowledge(mission_id, claimed.nonce)
    assert running is not None
    return running


async def fail_for_good(queue: MissionQueue, mission_id: str) -> Mission:
    await start(queue, mission_id)
    return await queue.fail(mission_id, code="broke", message="it broke", recoverable=False)


async def events_so_far(queue: MissionQueue, watch: Subscription[Event]) -> list[Event]:
    """Everything published until now; every answer comes after its events."""
    await queue.get_stats()
    watch.close()
    return [event async for event in watch]


def record(agent_id: int, role: Role = Role.GENERALIST) -> AgentRecord:
    return AgentRecord(
        id=agent_id,
        name=f"agent-{agent_id}",
        role=role,
        model=ModelTier.SONNET,
        provider="demo",
        config={"role": role.value, "cwd": None, "env": {"A": "1"}},
        state=AgentState.IDLE,
        created_at=5,
        state_since=6,
        crashes=(1, 2),
    )
