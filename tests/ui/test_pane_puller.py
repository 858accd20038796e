"""How often the chosen agent's screen is looked at."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from orchestrator_tui.core.views import PaneFrame, SupervisorClient
from orchestrator_tui.ui import pane_puller
from orchestrator_tui.ui.pane_puller import STILL_AFTER, PanePuller

NEVER_S = 3_600.0


class Panes:
    """Screens by agent; ``looks`` are the agents that were looked at, and ``looked`` is set by each."""

    def __init__(self) -> None:
        self.lines: dict[int, bytes] = {}
        self.looks: list[int] = []
        self.shown: list[PaneFrame | None] = []
        self.puller = PanePuller(cast(SupervisorClient, self), self.shown.append, self._report)

    async def pane_frame(self, agent_id: int) -> PaneFrame:
        self.looks.append(agent_id)
        line = self.lines.get(agent_id, b"")
        return PaneFrame(agent_id, f"%{agent_id}", 80, 1, (line,), 0, 0, True, False)

    async def until(self, looks: int) -> None:
        async with asyncio.timeout(10):
            while len(self.looks) < looks:
                await asyncio.sleep(0)

    async def rests(self) -> bool:
        """Whether nothing more is looked at while everything else goes on."""
        before = len(self.looks)
        for _ in range(1_000):
            await asyncio.sleep(0)
        return len(self.looks) == before

    def _report(self, error: BaseException) -> None:
        raise error


@pytest.fixture
async def panes(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Panes]:
    monkeypatch.setattr(pane_puller, "INTERVAL_S", 0.0)
    monkeypatch.setattr(pane_puller, "STILL_INTERVAL_S", NEVER_S)
    monkeypatch.setattr(pane_puller, "ECHO_LOOKS_S", (0.0, 0.0, 0.0))
    made = Panes()
    task = asyncio.create_task(made.puller.run())
    yield made
    task.cancel()


async def test_a_screen_that_stays_the_same_is_looked_at_less_often(panes: Panes) -> None:
    panes.puller.want(1)
    await panes.until(STILL_AFTER + 1)
    assert await panes.rests()


async def test_another_agent_is_looked_at_at_once(panes: Panes) -> None:
    panes.puller.want(1)
    await panes.until(STILL_AFTER + 1)
    assert await panes.rests()
    panes.puller.want(2)
    await panes.until(len(panes.looks) + 1)
    assert panes.looks[-1] == 2
    assert panes.shown[-1] == await panes.pane_frame(2)


async def test_a_key_hurries_the_look_and_what_it_changes_is_followed(panes: Panes) -> None:
    panes.puller.want(1)
    await panes.until(STILL_AFTER + 1)
    assert await panes.rests()
    looks = len(panes.looks)
    panes.lines[1] = b"echo"
    panes.puller.hurry()
    await panes.until(looks + STILL_AFTER)
    assert panes.shown[-1] is not None
    assert panes.shown[-1].lines == (b"echo",)
    async with asyncio.timeout(10):
        while not await panes.rests():
            pass
