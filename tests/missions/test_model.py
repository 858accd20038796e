"""The SQLite store against a plain Python model, step by step through random histories."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orchestrator_tui.agents.presenting import mission_view
from orchestrator_tui.core.errors import DependencyCycle, LeaseLost, NotAllowedNow
from orchestrator_tui.core.models import Mission, MissionSpec, MissionState, Priority, Role, TokenUsage
from orchestrator_tui.core.restart import mission_retry_delay_ms
from orchestrator_tui.core.views import MissionView
from orchestrator_tui.core.waits import Waits, kind_of
from orchestrator_tui.missions.changes import FailureReport
from orchestrator_tui.missions.sqlite import SqliteStore
from tests.missions.helpers import FakeClock, counting_ids

S = MissionState
T = TypeVar("T")
DEFAULT_RETRIES = 1
AGENTS = st.integers(1, 3)


@dataclass
class Expected:
    """One mission as the model sees it."""

    id: str
    order: tuple[int, int]
    depends_on: list[str]
    max_retries: int | None
    state: MissionState = S.PENDING
    attempts: int = 0
    forgiven: int = 0
    undelivered: int = 0
    agent_id: int | None = None
    reserved_for: int | None = None
    lease: str | None = None
    nonce: str | None = None
    fence: str | None = None
    not_before: int | None = None
    codes: list[str | None] = field(default_factory=list[str | None])


class QueueMachine(RuleBasedStateMachine):
    """Every rule does the same to store and model; after each step both must look the same."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.store = SqliteStore(None, clock=self.clock, new_id=counting_ids())
        self.model: dict[str, Expected] = {}
        self.followed: dict[str, MissionView] = {}

    @initialize()
    def start(self) -> None:
        assert self.do(lambda store: store.listing(10)) == []
        self.do(lambda store: store.follow())

    def teardown(self) -> None:
        try:
            if self.model:
                self.follow()
            assert self.followed == {one.id: _row(one) for one in self.do(lambda store: store.outline(1_000))}
        finally:
            self.store.close()

    def do(self, operation: Callable[[SqliteStore], T]) -> T:
        self.store.begin()
        self.store.savepoint()
        try:
            value = operation(self.store)
        except Exception:
            self.store.undo()
            self.store.commit()
            raise
        self.store.release()
        self.store.commit()
        return value

    def pick(self, data: st.DataObject, *states: MissionState) -> Expected:
        wanted = [one for one in self.model.values() if not states or one.state in states]
        return data.draw(st.sampled_from(wanted or list(self.model.values())))

    # -- rules -----------------------------------------------------------------------------------------------------

    @rule(data=st.data(), priority=st.sampled_from(Priority), max_retries=st.sampled_from([None, 0, 2]))
    def enqueue(self, data: st.DataObject, priority: Priority, max_retries: int | None) -> None:
        known = list(self.model)
        parents = data.draw(st.lists(st.sampled_from(known), unique=True, max_size=3)) if known else []
        spec = MissionSpec(prompt="x", priority=priority, max_retries=max_retries, depends_on=tuple(parents))
        (mission_id,) = self.do(lambda store: store.enqueue([spec]))
        order = (priority.rank, len(self.model) + 1)
        self.model[mission_id] = new = Expected(mission_id, order, parents, max_retries)
        new.state = self.open_state(new)

    @precondition(lambda self: bool(self.model))
    @rule(data=st.data(), agent_id=AGENTS)
    def claim(self, data: st.DataObject, agent_id: int) -> None:
        one = self.pick(data, S.PENDING, S.RETRYING)
        found = self.do(lambda store: store.claim(one.id, agent_id))
        allowed = (one.state is S.PENDING and one.reserved_for in (None, agent_id)) or (
            one.state is S.RETRYING and one.reserved_for == agent_id
        )
        assert (found is not None) is allowed
        if found is not None:
            self.note_claim(one, found, agent_id)

    @rule(agent_id=AGENTS)
    def dequeue(self, agent_id: int) -> None:
        self.promote_model()
        own = [
            one
            for one in self.model.values()
            if one.reserved_for == agent_id
            and (one.state is S.PENDING or (one.state is S.RETRYING and (one.not_before or 0) <= self.clock.wall))
        ]
        free = [one for one in self.model.values() if one.state is S.PENDING and one.reserved_for is None]
        expected = min(own or free, key=lambda one: one.order, default=None)
        found = self.do(lambda store: store.dequeue(agent_id, None, {}, 0, 10**9, DEFAULT_RETRIES))
        assert (found.id if found else None) == (expected.id if expected else None)
        assert found is None or found == self.do(lambda store: store.get(found.id))
        if found is not None and expected is not None:
            self.note_claim(expected, found, agent_id)
            self.note_start(expected)

    @precondition(lambda self: bool(self.model))
    @rule(data=st.data(), right=st.booleans())
    def acknowledge(self, data: st.DataObject, right: bool) -> None:
        one = self.pick(data, S.ASSIGNED, S.RUNNING)
        nonce = (one.nonce or "none") if right else "wrong"
        found = self.do(lambda store: store.acknowledge(one.id, nonce))
        current = right and one.nonce is not None and one.fence is None
        assert (found is not None) is current
        if current and one.state is S.ASSIGNED:
            self.note_start(one)

    @precondition(lambda self: bool(self.model))
    @rule(data=st.data())
    def undelivered(self, data: st.DataObject) -> None:
        one = self.pick(data, S.ASSIGNED)
        found = self.do(lambda store: store.undelivered(one.id, one.nonce or "none", "why"))
        assert (found is not None) is (one.state is S.ASSIGNED and one.fence is None)
        if found is not None:
            self.note_back(one, one.reserved_for)

    @precondition(lambda self: bool(self.model))
    @rule(data=st.data(), right=st.booleans())
    def complete(self, data: st.DataObject, right: bool) -> None:
        one = self.pick(data, S.RUNNING)
        lease = one.lease if right else "wrong"
        holds = one.state in (S.ASSIGNED, S.RUNNING) and one.fence is None and right
        if not holds:
            with pytest.raises(LeaseLost):
                self.do(lambda store: store.complete(one.id, "o", None, TokenUsage(), lease, override=False))
            return
        done = self.do(lambda store: store.complete(one.id, "o", None, TokenUsage(), lease, override=False))
        assert done == self.do(lambda store: store.get(one.id))
        if one.state is S.ASSIGNED:
            self.note_start(one)
        self.let_go(one, S.COMPLETED, keep_agent=True)
        for child in self.model.values():
            if child.state is S.BLOCKED and one.id in child.depends_on:
                child.state = self.open_state(child)

    @precondition(lambda self: bool(self.model))
    @rule(data=st.data(), recoverable=st.booleans(), reserve_for=st.sampled_from([None, 1, 2]))
    def fail(self, data: st.DataObject, recoverable: bool, reserve_for: int | None) -> None:
        one = self.pick(data, S.RUNNING, S.ASSIGNED)
        report = FailureReport("broke", "", recoverable, DEFAULT_RETRIES, reserve_for=reserve_for)
        if one.state not in (S.RUNNING, S.ASSIGNED) or one.fence is not None:
            with pytest.raises(LeaseLost):
                self.do(lambda store: store.fail(one.id, report, one.lease, override=False))
            return
        self.do(lambda store: store.fail(one.id, report, one.lease, override=False))
        self.note_failure(one, "broke", recoverable, reserve_for)

    @precondition(lambda self: bool(self.model))
    @rule(data=st.data(), code=st.sampled_from(["timeout", "cancelled"]))
    def begin_fence(self, data: st.DataObject, code: str) -> None:
        one = self.pick(data, S.RUNNING, S.ASSIGNED)
        found = self.do(lambda store: store.begin_fence(one.id, code))
        assert (found is not None) is (one.state in (S.RUNNING, S.ASSIGNED))
        if found is not None and one.fence != "cancelled":
            one.fence = code

    @precondition(lambda self: any(one.fence for one in self.model.values()))
    @rule(data=st.data())
    def settle_fence(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from([one for one in self.model.values() if one.fence]))
        self.do(lambda store: store.settle_fence(one.id, None, DEFAULT_RETRIES))
        if one.fence == "timeout":
            self.note_failure(one, "timeout", True, None)
        else:
            self.note_cancel(one)

    @precondition(lambda self: bool(self.model))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        one = self.pick(data)
        if one.state.is_ended:
            with pytest.raises(NotAllowedNow):
                self.do(lambda store: store.cancel(one.id, "cancelled", "", supervised=False))
            return
        self.do(lambda store: store.cancel(one.id, "cancelled", "", supervised=False))
        self.note_cancel(one)

    @rule()
    def cancel_open(self) -> None:
        expected = [
            one for one in self.model.values() if not one.state.is_ended and one.state not in (S.RUNNING, S.ASSIGNED)
        ]
        assert self.do(lambda store: store.cancel_open("over", "")) == [one.id for one in expected]
        for one in expected:
            self.let_go(one, S.CANCELLED, keep_agent=True)

    @precondition(lambda self: bool(self.model))
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        one = self.pick(data, S.FAILED, S.CANCELLED)
        if one.state not in (S.FAILED, S.CANCELLED):
            with pytest.raises(NotAllowedNow):
                self.do(lambda store: store.retry(one.id))
            return
        self.do(lambda store: store.retry(one.id))
        self.let_go(one, S.PENDING, keep_agent=False)
        one.state = self.open_state(one)
        one.forgiven, one.undelivered = one.attempts, 0

    @precondition(lambda self: len(self.model) > 1)
    @rule(data=st.data())
    def add_dependency(self, data: st.DataObject) -> None:
        one, on = self.pick(data, S.PENDING, S.BLOCKED), self.pick(data)
        if one.state not in (S.PENDING, S.BLOCKED, S.RETRYING):
            with pytest.raises(NotAllowedNow):
                self.do(lambda store: store.add_dependency(one.id, on.id))
            return
        if self.waits_for(on.id, one.id):
            with pytest.raises(DependencyCycle):
                self.do(lambda store: store.add_dependency(one.id, on.id))
            return
        self.do(lambda store: store.add_dependency(one.id, on.id))
        if on.id not in one.depends_on:
            one.depends_on.append(on.id)
            if one.state is not S.BLOCKED and on.state is not S.COMPLETED:
                one.state, one.not_before, one.reserved_for = S.BLOCKED, None, None

    @rule(agent_id=AGENTS)
    def release_reservations(self, agent_id: int) -> None:
        self.do(lambda store: store.release_reservations(agent_id))
        for one in self.model.values():
            if one.reserved_for == agent_id:
                one.reserved_for = None
        self.promote_model()

    @rule()
    def follow(self) -> None:
        self.followed |= {one.id: _row(one) for one in self.do(lambda store: store.changed(1_000, ()))}

    @rule(milliseconds=st.sampled_from([1, 1_000, 60_000]))
    def time_passes(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds)
        self.do(lambda store: store.promote_due())
        self.promote_model()

    # -- the model -------------------------------------------------------------------------------------------------

    def open_state(self, one: Expected) -> MissionState:
        met = all(self.model[parent].state is S.COMPLETED for parent in one.depends_on)
        return S.PENDING if met else S.BLOCKED

    def waits_for(self, start: str, target: str) -> bool:
        return start == target or any(self.waits_for(parent, target) for parent in self.model[start].depends_on)

    def roots(self, one: Expected) -> set[str]:
        found: set[str] = set()
        for name in one.depends_on:
            parent = self.model[name]
            if parent.state in (S.FAILED, S.CANCELLED):
                found.add(name)
            elif parent.state is S.BLOCKED:
                found |= self.roots(parent)
        return found

    def promote_model(self) -> None:
        for one in self.model.values():
            due = one.not_before is not None and one.not_before <= self.clock.wall
            if one.state is S.RETRYING and one.reserved_for is None and due:
                one.state, one.not_before = S.PENDING, None

    def note_claim(self, one: Expected, found: Mission, agent_id: int) -> None:
        one.state, one.agent_id, one.not_before, one.fence = S.ASSIGNED, agent_id, None, None
        one.lease, one.nonce = found.lease, found.nonce

    def note_start(self, one: Expected) -> None:
        one.state, one.undelivered, one.reserved_for = S.RUNNING, 0, None
        one.attempts += 1
        one.codes.append("runs")

    def note_back(self, one: Expected, reserved_for: int | None) -> None:
        self.let_go(one, S.PENDING, keep_agent=False)
        one.undelivered += 1
        one.reserved_for = reserved_for

    def note_failure(self, one: Expected, code: str, recoverable: bool, reserve_for: int | None) -> None:
        if one.state is S.ASSIGNED and recoverable:
            self.note_back(one, reserve_for if reserve_for is not None else one.reserved_for)
            return
        budget = DEFAULT_RETRIES if one.max_retries is None else one.max_retries
        used = one.attempts - one.forgiven
        if one.state is S.ASSIGNED or not recoverable or used > budget:
            self.let_go(one, S.FAILED, keep_agent=True, code=code)
        else:
            self.let_go(one, S.RETRYING, keep_agent=False, code=code)
            one.not_before = self.clock.wall + mission_retry_delay_ms(used)
            one.reserved_for = reserve_for

    def note_cancel(self, one: Expected) -> None:
        self.let_go(one, S.CANCELLED, keep_agent=True, code="cancelled")

    def let_go(self, one: Expected, state: MissionState, *, keep_agent: bool, code: str | None = None) -> None:
        if one.state is S.RUNNING:
            one.codes[-1] = code
        one.state, one.lease, one.nonce, one.fence = state, None, None, None
        one.not_before = one.reserved_for = None
        if not keep_agent:
            one.agent_id = None

    # -- invariants ------------------------------------------------------------------------------------------------

    @invariant()
    def every_mission_is_as_expected(self) -> None:
        missions = {mission.id: mission for mission in self.do(lambda store: store.listing(1_000))}
        assert missions.keys() == self.model.keys()
        for one in self.model.values():
            mission = missions[one.id]
            roots = self.roots(one) if one.state is S.BLOCKED else set[str]()
            unmet = [name for name in one.depends_on if self.model[name].state is not S.COMPLETED]
            waits = set(unmet) if one.state is S.BLOCKED else set[str]()
            assert mission.state is one.state
            assert set(mission.blocked_by) == (roots or waits)
            assert (mission.blocked_reason == "dependency_failed") is bool(roots)
            assert mission.depends_on == tuple(one.depends_on)
            assert (mission.attempts, mission.undelivered) == (one.attempts, one.undelivered)
            assert (mission.agent_id, mission.reserved_for) == (one.agent_id, one.reserved_for)
            assert (mission.lease, mission.nonce, mission.fence) == (one.lease, one.nonce, one.fence)
            assert mission.not_before == one.not_before
            assert [attempt.ended_at is None for attempt in mission.attempt_log] == [
                code == "runs" for code in one.codes
            ]
            assert [attempt.code for attempt in mission.attempt_log] == [
                None if code == "runs" else code for code in one.codes
            ]

    @invariant()
    def queue_and_counts_agree(self) -> None:
        pending = sorted((one for one in self.model.values() if one.state is S.PENDING), key=lambda one: one.order)
        assert [mission.id for mission in self.do(lambda store: store.pending(1_000))] == [one.id for one in pending]
        stats = self.do(lambda store: store.stats())
        for state in MissionState:
            assert getattr(stats, state.value) == sum(one.state is state for one in self.model.values())

    @invariant()
    def what_stands_behind_a_mission_is_the_rest_of_the_queue(self) -> None:
        pending = self.do(lambda store: store.pending(1_000))
        if not pending:
            return
        roles, without = {Role.CODER}, {kind_of(pending[-1])}
        wanted = [
            one.id
            for one in pending[1:]
            if one.reserved_for is not None or (one.role in {None, *roles} and kind_of(one) not in without)
        ]
        for limit in (2, 1_000):
            behind = self.do(lambda store, limit=limit: store.pending_behind(pending[0], roles, without, limit))
            assert [one.id for one in behind] == wanted[:limit]


def _row(mission: Mission) -> MissionView:
    return mission_view(mission, {}, Waits())


TestQueueAgainstItsModel = QueueMachine.TestCase
TestQueueAgainstItsModel.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
