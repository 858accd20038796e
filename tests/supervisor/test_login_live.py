"""An agent whose login is refused waits for a person: it is given nothing that would fail the same way."""

import pytest

from orchestrator_tui.core.models import AgentState, MissionState, WaitingFor
from tests.supervisor.conftest import Live

pytestmark = pytest.mark.tmux


async def test_a_turn_that_failed_for_want_of_a_login_waits_for_it(live: Live) -> None:
    (agent_id,) = await live.spawn()
    failed = await live.add("Long [[sleep 60]]", max_retries=0)
    await live.until_mission(failed, MissionState.RUNNING)
    next_one = await live.add("Next [[sleep 60]]")
    refused = {
        "hook_event_name": "StopFailure",
        "error": "authentication_failed",
        "last_assistant_message": "Please run /login · API Error: 401",
    }
    await live.supervisor.turns.hook(agent_id, refused)
    view = live.agent(agent_id)
    assert (view.state, view.waiting_for) == (AgentState.WAITING, WaitingFor.LOGIN)
    assert "Please run /login" in (view.reason or "")
    assert (await live.supervisor.mission(failed)).error_code == "api_authentication_failed"
    assert (await live.supervisor.mission(next_one)).state is MissionState.PENDING
    (item,) = [item for item in await live.supervisor.inbox() if item.agent_id == agent_id]
    assert item.kind == "login"
