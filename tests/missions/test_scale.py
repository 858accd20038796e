"""What an operation costs does not depend on how many missions there are."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator_tui.core.models import MissionSpec, Priority, Role, TokenUsage
from orchestrator_tui.missions.sqlite import SqliteStore
from orchestrator_tui.missions.validation import checked_spec
from tests.missions.helpers import FakeClock, counting_ids

FEW, MANY = 100, 60_000


@dataclass(frozen=True)
class Costs:
    """The fastest of several runs of each operation, in seconds."""

    turn: float
    stats: float
    listing: float
    idle: float


def fastest(action: Callable[[], object], times: int = 7) -> float:
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - started)
    return best


def measure(count: int) -> Costs:
    store = SqliteStore(None, clock=FakeClock(), new_id=counting_ids())
    priorities, roles = list(Priority), [None, Role.CODER]
    specs = [
        checked_spec(MissionSpec(prompt="x" * 200, priority=priorities[at % 4], role=roles[at % 2]))
        for at in range(count)
    ]
    store.begin()
    store.enqueue(specs)

    def turn() -> None:
        mission = store.dequeue(1, None, {}, 0, 10**9, 3)
        assert mission is not None
        store.complete(mission.id, "o", None, TokenUsage(), mission.lease, override=False)

    costs = Costs(
        turn=fastest(turn, 20),
        stats=fastest(store.stats),
        listing=fastest(lambda: store.listing(50)),
        idle=fastest(lambda: (store.promote_due(), store.next_due(), store.claimed(), store.held_by(1))),
    )
    store.rollback()
    store.close()
    return costs


def test_six_hundred_times_the_missions_cost_the_same():
    few, many = measure(FEW), measure(MANY)
    # A walk over all missions would cost many times as much.
    assert many.turn < few.turn * 4
    assert many.stats < few.stats * 5
    assert many.listing < few.listing * 5
    assert many.idle < few.idle * 5


def test_failing_a_root_with_a_long_tail_is_one_pass():
    store = SqliteStore(None, clock=FakeClock(), new_id=counting_ids())
    store.begin()
    count = 3_000
    store.enqueue(
        [
            checked_spec(MissionSpec(prompt="x", id=f"m{at}", depends_on=(f"m{at - 1}",) if at else ()))
            for at in range(count)
        ]
    )
    store.cancel("m0", "cancelled", "", supervised=False)
    assert store.get(f"m{count - 1}").blocked_by == ("m0",)
    assert len(store.cancel_open("over", "")) == count - 1
    store.rollback()
    store.close()
