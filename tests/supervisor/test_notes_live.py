"""A person's note on an agent."""

import pytest

from orchestrator_tui.core.errors import UsageError
from tests.supervisor.conftest import Live

pytestmark = pytest.mark.tmux


async def test_it_outlives_the_supervisor_and_an_empty_one_takes_it_away(live: Live) -> None:
    (agent_id,) = await live.spawn()
    await live.supervisor.note(agent_id, "  ask Ada\nfirst ")
    await live.let_go()
    await live.start()
    assert live.agent(agent_id).note == "ask Ada first"
    with pytest.raises(UsageError, match="501 characters"):
        await live.supervisor.note(agent_id, "x" * 501)
    await live.supervisor.note(agent_id, " ")
    assert live.agent(agent_id).note is None
