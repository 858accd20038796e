"""Tokens, cost and context of demo agents, from their telemetry and their transcripts."""

from datetime import UTC, datetime
from math import isclose

from orchestrator_tui.agents.providers.demo_agent.telemetry import DOLLARS_IN, DOLLARS_OUT
from orchestrator_tui.core.attention import AttentionKind
from orchestrator_tui.core.budget import Budgets
from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.core.usage import Spent
from tests.supervisor.conftest import Live, eventually

PRICE = 1000 * DOLLARS_IN + 500 * DOLLARS_OUT


async def spent_on(live: Live, mission_id: str) -> Spent:
    return (await live.supervisor.mission(mission_id)).spent


async def until_priced(live: Live, mission_id: str) -> Spent:
    async def look() -> Spent | None:
        spent = await spent_on(live, mission_id)
        return spent if spent.tokens and not spent.unpriced else None

    found: Spent = await eventually(look, f"{mission_id} has its price")
    return found


async def test_a_missions_tokens_and_cost_are_its_own_its_agents_and_the_days(live: Live) -> None:
    (agent_id,) = await live.spawn()
    for name in ("a", "b"):
        await live.add("x [[tokens 1000 500]]", id=name)
        await live.until_mission(name, MissionState.COMPLETED)
        spent = await until_priced(live, name)
        assert (spent.input, spent.output) == (1000, 500)
        assert isclose(spent.cost_usd, PRICE)
    await live.supervisor.transcripts.look()
    view = live.agent(agent_id)
    assert (view.spent.input, view.spent.output, view.spent.unpriced) == (2000, 1000, 0)
    assert isclose(view.spent.cost_usd, 2 * PRICE)
    assert view.context_percent == 0.5
    answer = await live.supervisor.usage(None)
    assert [entry["mission_id"] for entry in answer["missions"]] == ["a", "b"]  # pyright: ignore
    assert isclose(answer["total"]["cost_usd"], 2 * PRICE)  # pyright: ignore


async def test_nothing_counts_again_for_a_new_supervisor_and_what_it_missed_is_counted(live: Live) -> None:
    (agent_id,) = await live.spawn()
    await live.add("x [[tokens 1000 500]]", id="before")
    await live.until_mission("before", MissionState.COMPLETED)
    await until_priced(live, "before")
    await live.add("x [[sleep 2]] [[tokens 30 20]]", id="meanwhile")
    await live.until_mission("meanwhile", MissionState.RUNNING)
    await live.let_go()
    await live.start()
    await live.until_agent(agent_id, AgentState.IDLE)
    spent = await until_priced(live, "meanwhile")
    assert (spent.input, spent.output) == (30, 20)
    await live.supervisor.usage_settled()
    view = live.agent(agent_id)
    assert (view.spent.input, view.spent.output) == (1030, 520)
    assert (await spent_on(live, "before")).tokens == 1500


async def test_a_transcript_alone_gives_the_tokens_without_a_price(live: Live) -> None:
    (agent_id,) = await live.spawn()
    path = live.supervisor.fleet.agent_files(agent_id) / "transcripts"
    record = live.supervisor.fleet.book.get(agent_id)
    await live.add("x [[sleep 0.5]]", id="a")
    await live.until_mission("a", MissionState.RUNNING)
    line = (
        '{"type": "assistant", "requestId": "req_quiet", "timestamp": "%s", "message": {"model": "demo-x", "usage":'
        ' {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 20000}}}\n'
    )
    with (path / f"{record.conversation_id}.jsonl").open("a") as file:
        file.write(line % datetime.now(UTC).isoformat())
    await live.until_mission("a", MissionState.COMPLETED)

    async def look() -> bool:
        return (await spent_on(live, "a")) == Spent(3, 4, 20_000, 0, 0.0, 1)

    await eventually(look, "the transcript's request is counted once")
    assert live.agent(agent_id).context_percent == 10.0


async def test_a_used_up_agent_gets_no_mission_until_its_budget_is_raised(live: Live) -> None:
    (agent_id,) = await live.spawn()
    limits = Budgets(agent=1.2 * PRICE)
    live.supervisor.budgeting.limits = lambda: limits
    await live.add("x [[tokens 1000 500]]", id="a")
    await live.until_mission("a", MissionState.COMPLETED)
    await until_priced(live, "a")
    (item,) = await live.supervisor.inbox()
    assert (item.kind, item.id, item.agent_id) == (AttentionKind.BUDGET, f"budget-agent-{agent_id}-low", agent_id)
    await live.add("x [[tokens 1000 500]]", id="b")
    await live.until_mission("b", MissionState.COMPLETED)
    await until_priced(live, "b")
    await live.add("x", id="c")

    async def waits() -> bool:
        feed = await live.supervisor.open_feed()
        feed.close()
        return any("waits for budget of the agent" in row.next for row in feed.snapshot.missions if row.id == "c")

    await eventually(waits, "c says that it waits for a budget")
    assert [item.id for item in await live.supervisor.inbox()] == [f"budget-agent-{agent_id}-used-up"]
    told = [event["reason"] for event in live.events("attention") if "budget" in event["reason"]]
    assert len(told) == 2, told
    limits = Budgets(agent=10 * PRICE)
    await live.until_mission("c", MissionState.COMPLETED)
    assert await live.supervisor.inbox() == ()


async def test_a_used_up_mission_is_not_tried_again_while_others_go_on(live: Live) -> None:
    await live.spawn()
    limits = Budgets(mission=PRICE)
    live.supervisor.budgeting.limits = lambda: limits
    await live.add("x [[tokens 1000 500]] [[fail no no]]", id="dear", max_retries=1)

    async def waits() -> bool:
        return str(await live.why("dear")).startswith("waits for budget of the mission")

    await eventually(waits, "the second attempt waits")
    await live.add("x", id="cheap")
    await live.until_mission("cheap", MissionState.COMPLETED)
    assert (await live.supervisor.mission("dear")).attempts == 1
    limits = Budgets(mission=100 * PRICE)
    dear = await live.until_mission("dear", MissionState.FAILED)
    assert dear.attempts == 2


async def test_what_runs_when_the_days_budget_is_used_up_is_left_alone(live: Live) -> None:
    await live.spawn(2)
    live.supervisor.budgeting.limits = lambda: Budgets(day=PRICE)
    await live.add("x [[sleep 2]]", id="runs")
    await live.until_mission("runs", MissionState.RUNNING)
    await live.add("x [[tokens 1000 500]]", id="spends")
    await live.until_mission("spends", MissionState.COMPLETED)
    await until_priced(live, "spends")
    await live.add("x", id="next")
    await live.until_mission("runs", MissionState.COMPLETED)
    assert (await live.supervisor.mission("next")).state is MissionState.PENDING
    live.supervisor.budgeting.limits = lambda: Budgets(day=2 * PRICE)
    await live.until_mission("next", MissionState.COMPLETED)
