"""Git is asked about the agent that stays chosen, and about nobody when the dashboard has ended."""

import asyncio

import pytest

from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.code_work import LOOK_AFTER_S
from tests.ui.fake_client import FakeClient
from tests.ui.steps import WIDE, ready, until


async def test_only_the_agent_that_stays_chosen_is_looked_at(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: bool(client.looked_at_work), "the first was not looked at")
        await pilot.press("j", "j", "j")
        chosen = app.model.selected_agent
        await until(pilot, lambda: len(client.looked_at_work) > 1, "the chosen one was not looked at")
        assert client.looked_at_work[1:] == [chosen]


async def test_nothing_is_begun_behind_the_end_of_the_dashboard(
    app: OrchestratorApp, client: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that begins while the event loop is being closed never runs, and Python complains of it."""
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: bool(client.looked_at_work), "the first was not looked at")
        await pilot.press("j")
    begun: list[str] = []

    def run_worker(_work: object, *, name: str, **_options: object) -> None:
        begun.append(name)

    monkeypatch.setattr(app, "run_worker", run_worker)
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(LOOK_AFTER_S, later.set)
    await later.wait()
    assert begun == []
