"""A mission that a person gives to one agent."""

import pytest

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.models import MissionState, Role
from tests.supervisor.conftest import Live

pytestmark = pytest.mark.tmux


async def test_only_that_agent_takes_it_and_in_every_attempt(live: Live) -> None:
    (chosen,) = await live.spawn()
    first = await live.add("Take a moment [[sleep 0.7]]")
    await live.until_mission(first, MissionState.RUNNING)
    await live.spawn(2)
    given = await live.add("Fail [[fail broke twice]]", depends_on=(first,), max_retries=1)
    await live.supervisor.assign_mission(given, chosen)
    ended = await live.until_mission(given, MissionState.FAILED)
    assert [attempt.agent_id for attempt in ended.attempt_log] == [chosen, chosen]


async def test_role_and_state_may_forbid_it_and_say_so(live: Live) -> None:
    (agent_id,) = await live.spawn(role=Role.CODER)
    await live.supervisor.hold(agent_id, True)
    review = await live.add("Review it", role=Role.REVIEWER)
    with pytest.raises(NotAllowedNow, match="is held"):
        await live.supervisor.assign_mission(review, agent_id)
    await live.supervisor.hold(agent_id, False)
    with pytest.raises(NotAllowedNow, match="for the role reviewer"):
        await live.supervisor.assign_mission(review, agent_id)
    await live.supervisor.kill(agent_id)
    with pytest.raises(NotAllowedNow, match="is stopped"):
        await live.supervisor.assign_mission(review, agent_id)
