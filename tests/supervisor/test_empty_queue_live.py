"""What the placement does while there is nothing to place."""

import pytest

from orchestrator_tui.agents import dispatcher as dispatcher_module
from orchestrator_tui.agents.routing import Candidate
from orchestrator_tui.core.models import MissionState
from tests.supervisor.conftest import Live

pytestmark = pytest.mark.tmux


async def test_an_empty_queue_looks_at_no_agent(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    await live.spawn(2)
    manager = live.supervisor.fleet.manager
    ask_tmux, make = manager.typed_at, dispatcher_module.candidate
    asked: list[str] = []

    async def typed_at() -> dict[int, int]:
        asked.append("tmux")
        return await ask_tmux()

    def candidate(*facts: object) -> Candidate:
        asked.append("candidate")
        return make(*facts)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(manager, "typed_at", typed_at)
    monkeypatch.setattr(dispatcher_module, "candidate", candidate)
    await live.supervisor.dispatcher.place_once()
    assert asked == []
    await live.until_mission(await live.add("echo something to do"), MissionState.COMPLETED)
    assert set(asked) == {"tmux", "candidate"}
