"""The dashboard on a supervisor in another process."""

from dataclasses import replace

from orchestrator_tui.core.views import AgentChanged, ConnectionChanged, Resynced
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.bridge import Pending
from tests.ui.fake_client import AGENTS, FLEET, FakeClient
from tests.ui.steps import WIDE, ready, until


async def test_q_only_leaves(app: OrchestratorApp, client: FakeClient) -> None:
    client.snapshot = replace(FLEET, viewer_of=4711)
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("q")
        await until(pilot, lambda: app.return_value is not None, "it did not leave")
    assert app.return_value == "keep"
    assert client.calls == []


async def test_a_new_supervisor_replaces_all_that_was_shown(app: OrchestratorApp, client: FakeClient) -> None:
    client.snapshot = replace(FLEET, viewer_of=4711)
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        client.feeds[0].push(ConnectionChanged("lost"))
        await until(pilot, lambda: app.model.connection_problem == "lost", "the loss is not shown")
        client.feeds[0].push(Resynced(replace(FLEET, agents=AGENTS[:1], viewer_of=5822)))
        client.feeds[0].push(ConnectionChanged(None))
        await until(pilot, lambda: app.model.connection_problem is None, "the loss is still shown")
    assert list(app.model.agents) == [1]
    assert app.model.viewer_of == 5822


def test_what_was_told_before_everything_anew_is_not_applied_after_it() -> None:
    pending = Pending()
    pending.add(AgentChanged(AGENTS[3]))
    anew = Resynced(replace(FLEET, agents=()))
    pending.add(anew)
    pending.add(AgentChanged(AGENTS[0]))
    assert pending.take() == [anew, AgentChanged(AGENTS[0])]
