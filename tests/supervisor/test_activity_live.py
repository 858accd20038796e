"""What the health screen is told, by a real supervisor and by the next one."""

from orchestrator_tui.core.activity import Activity, AgentActivity
from orchestrator_tui.core.models import AgentState, MissionState
from tests.supervisor.conftest import Live, eventually


def states(activity: Activity) -> list[AgentState]:
    (agent,) = activity.agents
    return [span.state for span in agent.spans]


def of(activity: Activity) -> AgentActivity:
    (agent,) = activity.agents
    return agent


async def test_states_and_tokens_of_the_last_hour_outlive_the_supervisor(live: Live) -> None:
    await live.spawn()
    await live.add("x [[tokens 1000 500]]", id="a")
    await live.until_mission("a", MissionState.COMPLETED)

    async def is_idle_and_counted() -> Activity | None:
        now = await live.supervisor.activity()
        return now if states(now)[-1] is AgentState.IDLE and sum(of(now).tokens) else None

    before: Activity = await eventually(is_idle_and_counted, "the turn ended and was counted")
    told = states(before)
    assert told[0] is AgentState.STARTING
    assert AgentState.BUSY in told
    assert of(before).spans[-1].until is None
    assert all(one.until == two.since for one, two in zip(of(before).spans, of(before).spans[1:], strict=False))
    await live.let_go()
    await live.start()

    async def is_restored() -> Activity | None:
        now = await live.supervisor.activity()
        return now if len(states(now)) >= len(told) and max(now.tokens) >= 1500 else None

    after: Activity = await eventually(is_restored, "the next supervisor knows the hour")
    assert of(after).spans[: len(told) - 1] == of(before).spans[:-1]
    assert max(of(after).tokens) == max(of(before).tokens) == 1500
