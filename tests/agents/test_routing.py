"""Which agent gets which mission."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from orchestrator_tui.agents import routing
from orchestrator_tui.agents.routing import Candidate, Placement
from orchestrator_tui.core.models import AgentState, Mission, MissionState, ModelTier, Priority, Role, TaskType


def mission(name: str, **changes: object) -> Mission:
    base = Mission(
        id=name,
        seq=1,
        prompt=name,
        context=None,
        type=TaskType.GENERAL,
        priority=Priority.NORMAL,
        state=MissionState.PENDING,
        created_at=0,
    )
    return replace(base, **changes)  # pyright: ignore[reportArgumentType]


def agent(
    number: int,
    role: Role = Role.GENERALIST,
    model: ModelTier = ModelTier.SONNET,
    state: AgentState = AgentState.IDLE,
    free: int = 1,
    success: float = 1.0,
    idle_since: int = 0,
    unavailable: str | None = None,
) -> Candidate:
    return Candidate(number, f"agent-{number}", role, model, state, free, success, idle_since, unavailable)


def place(missions: list[Mission], agents: Sequence[Candidate]) -> Placement:
    placement = Placement(agents)
    placement.take(missions)
    return placement


def why(one: Mission, agents: Sequence[Candidate]) -> str | None:
    return place([one], agents).waits.of(one)


def who(missions: list[Mission], agents: list[Candidate]) -> dict[str, int]:
    return {item.mission_id: item.agent_id for item in place(missions, agents).assignments}


def test_the_role_of_a_mission_is_a_hard_filter() -> None:
    agents = [agent(1), agent(2, Role.TESTER)]
    assert who([mission("m", role=Role.CODER)], agents) == {}
    assert why(mission("m", role=Role.CODER), agents) == "no coder agent"


def test_what_cannot_be_placed_does_not_block_what_follows() -> None:
    assert who([mission("a", role=Role.CODER), mission("b")], [agent(1)]) == {"b": 1}


def test_the_tier_is_a_floor_while_such_an_agent_lives() -> None:
    critical = mission("m", priority=Priority.CRITICAL)
    busy_opus = agent(2, model=ModelTier.OPUS, state=AgentState.BUSY, free=0)
    assert who([critical], [agent(1), busy_opus]) == {}


def test_without_a_living_agent_of_the_tier_the_next_lower_takes_it_and_says_so() -> None:
    critical = mission("m", priority=Priority.CRITICAL)
    gone = agent(2, model=ModelTier.OPUS, state=AgentState.FAILED, free=0)
    placement = place([critical], [agent(1, model=ModelTier.HAIKU), agent(3, model=ModelTier.SONNET), gone])
    assert [(item.agent_id, item.wanted_tier) for item in placement.assignments] == [(3, ModelTier.OPUS)]


def test_role_fit_comes_before_the_exact_tier() -> None:
    review = mission("m", type=TaskType.REVIEW)
    assert who([review], [agent(1), agent(2, Role.REVIEWER, ModelTier.OPUS)]) == {"m": 2}


def test_the_exact_tier_comes_before_the_success_rate() -> None:
    plain = mission("m")
    exact = agent(1, model=ModelTier.HAIKU, success=0.5)
    assert who([plain], [agent(2, model=ModelTier.OPUS), exact]) == {"m": 1}


def test_the_success_rate_comes_before_idle_time() -> None:
    assert who([mission("m")], [agent(1, success=0.5, idle_since=0), agent(2, success=0.9, idle_since=50)]) == {"m": 2}


def test_the_longest_idle_is_taken_among_equals() -> None:
    assert who([mission("m")], [agent(1, idle_since=20), agent(2, idle_since=10)]) == {"m": 2}


def test_one_agent_gets_one_mission() -> None:
    assert who([mission("a"), mission("b")], [agent(1)]) == {"a": 1}


def test_further_claims_wait_at_an_agent_that_takes_several() -> None:
    assert who([mission("a"), mission("b")], [agent(1, free=2)]) == {"a": 1, "b": 1}


def test_an_idle_agent_comes_before_one_that_works() -> None:
    busy = agent(1, state=AgentState.BUSY, free=1, success=1.0)
    assert who([mission("a")], [busy, agent(2, success=0.1)]) == {"a": 2}


def test_a_reserved_mission_waits_for_its_agent_only() -> None:
    reserved = mission("m", reserved_for=7)
    placement = place([reserved, mission("n")], [agent(1), agent(7, state=AgentState.RESTARTING, free=0)])
    assert {item.mission_id for item in placement.assignments} == {"n"}
    assert placement.waits.of(reserved) == "waits for agent-7 to come back"


def test_without_any_agent_a_mission_says_so() -> None:
    assert why(mission("m"), []) == "no agent"


def test_a_held_agent_is_named_as_the_reason() -> None:
    assert why(mission("m"), [agent(1, free=0, unavailable="held")]) == "agent-1: held"


def test_a_mission_that_only_a_budget_holds_back_says_so() -> None:
    day, own = "waits for budget of the day: $5.00 of $5.00", "waits for budget of the agent: $2.00 of $2.00"

    def with_agents(*reasons: str | None) -> str | None:
        agents = [agent(number, free=0, unavailable=reason) for number, reason in enumerate(reasons, 1)]
        return why(mission("m"), agents)

    assert with_agents(day, day) == with_agents(day) == day
    assert with_agents(day, own) == "waits for budget of these agents"
    assert with_agents(day, None) == "next free agent"
    assert why(mission("m", reserved_for=1), [agent(1, free=0, unavailable=own)]) == f"agent-1: {own}"


def test_the_limit_of_an_account_is_why_its_missions_wait() -> None:
    until = "waits for quota until 15:04"
    limited = [replace(agent(1), quota=until, free=0), replace(agent(2, state=AgentState.BUSY), quota=until, free=0)]
    assert why(mission("m"), limited) == until
    assert why(mission("m", reserved_for=1), limited) == until
    other = agent(3, state=AgentState.BUSY, free=0)
    assert why(mission("m"), [*limited, other]) == "next free agent"
    assert who([mission("m")], [*limited, agent(4)]) == {"m": 4}
    spent = agent(5, free=0, unavailable="waits for budget of the agent: $2.00 of $2.00")
    assert why(mission("m"), [*limited, spent]) == until


def test_what_is_taken_later_gets_what_the_earlier_left() -> None:
    agents = [agent(1), agent(2, Role.CODER)]
    once, page_by_page = Placement(agents), Placement(agents)
    missions = [mission("a", role=Role.ORACLE), mission("b"), mission("c", role=Role.CODER), mission("d")]
    once.take(missions)
    for one in missions:
        page_by_page.take([one])
    assert page_by_page.assignments == once.assignments
    assert page_by_page.waits == once.waits
    assert page_by_page.free_roles == frozenset()


def test_what_else_holds_a_mission_back_is_its_own_reason_and_not_its_kinds() -> None:
    costly, cheap = mission("costly"), mission("cheap")
    placement = Placement([agent(1)])
    placement.take([costly, cheap], lambda one: "waits for budget" if one.id == "costly" else None)
    assert [item.mission_id for item in placement.assignments] == ["cheap"]
    assert placement.waits.of(costly) == "waits for budget"
    assert placement.waits.of(mission("another")) is None


def test_of_a_role_that_nobody_has_it_is_known_without_a_look_at_its_missions() -> None:
    placement = Placement([agent(1, Role.CODER), agent(2, Role.ORACLE, state=AgentState.FAILED)])
    assert placement.waits.of(mission("m", role=Role.ORACLE)) == "no oracle agent"
    assert placement.waits.of(mission("m", role=Role.CODER)) is None
    assert placement.waits.of(mission("m")) is None
    assert Placement().waits.of(mission("m")) == "no agent"


class TestManyThatWait:
    KINDS = tuple(
        {"role": role, "type": kind, "priority": priority, "reserved_for": owner}
        for role in (None, Role.CODER, Role.ORACLE)
        for kind in (TaskType.GENERAL, TaskType.SYNTHESIS)
        for priority in (Priority.CRITICAL, Priority.LOW)
        for owner in (None, 2, 3)
    )
    AGENTS = (
        agent(1, Role.CODER, free=2),
        agent(2, Role.CODER, state=AgentState.BUSY, free=0, unavailable="is being stopped"),
        agent(4, model=ModelTier.OPUS, free=3),
    )

    def test_each_waits_for_what_it_would_wait_for_alone_once_the_others_are_placed(self) -> None:
        missions = [mission(f"m-{number}", **self.KINDS[number % len(self.KINDS)]) for number in range(200)]
        placement = place(missions, self.AGENTS)
        given = [item.agent_id for item in placement.assignments]
        left = [replace(one, free=one.free - given.count(one.id)) for one in self.AGENTS]
        assert sum(one.free for one in left) == 0
        started = {item.mission_id for item in placement.assignments}
        for one in missions:
            if one.id not in started:
                assert why(one, left) == placement.waits.of(one) is not None

    def test_agents_are_looked_through_once_for_each_kind_and_not_for_each_mission(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked: list[object] = []
        choose = routing._choose  # pyright: ignore[reportPrivateUsage]

        def counting(
            one: Mission, candidates: Sequence[Candidate], free: Mapping[int, int]
        ) -> routing.Assignment | str:
            looked.append(one)
            return choose(one, candidates, free)

        monkeypatch.setattr(routing, "_choose", counting)
        place([mission(f"m-{number}", role=Role.ORACLE) for number in range(1_000)], self.AGENTS)
        assert len(looked) == 1
