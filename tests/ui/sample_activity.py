"""An hour of the sample fleet, and the fleet with what its agents use."""

from dataclasses import replace

from orchestrator_tui.core.activity import RATES_KEPT, Activity, AgentActivity, LightHistory, StateSpan
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.usage import Spent
from tests.ui.fake_client import FLEET, HOUR, MINUTE, NOW_MS, SECOND

_BUSY, _WAIT, _IDLE, _START = AgentState.BUSY, AgentState.WAITING, AgentState.IDLE, AgentState.STARTING
_CRASH, _BACK, _FAIL, _STOP = AgentState.CRASHED, AgentState.RESTARTING, AgentState.FAILED, AgentState.STOPPED


def hour(*changes: tuple[int, AgentState]) -> tuple[StateSpan, ...]:
    """States that begin so many milliseconds before now."""
    ends = [NOW_MS - ago for ago, _ in changes[1:]]
    return tuple(StateSpan(state, NOW_MS - ago, end) for (ago, state), end in zip(changes, [*ends, None], strict=True))


def wave(seed: int, top: float) -> tuple[float, ...]:
    """Samples that go up and down."""
    return tuple(round(top * ((seed * 7 + step * step * 3 + step * 5) % 17) / 16, 1) for step in range(RATES_KEPT))


HOURS = {
    1: hour(
        (52 * MINUTE, _START),
        (51 * MINUTE, _IDLE),
        (47 * MINUTE, _BUSY),
        (26 * MINUTE, _WAIT),
        (23 * MINUTE, _BUSY),
        (12 * MINUTE, _WAIT),
    ),
    2: hour((HOUR, _IDLE), (41 * MINUTE, _BUSY), (20 * MINUTE, _IDLE), (15 * MINUTE, _BUSY), (4 * MINUTE, _WAIT)),
    3: hour((HOUR, _IDLE), (31 * MINUTE, _BUSY)),
    4: hour(
        (HOUR, _BUSY),
        (44 * MINUTE, _CRASH),
        (44 * MINUTE - 2 * SECOND, _START),
        (43 * MINUTE, _BUSY),
        (9 * MINUTE, _IDLE),
        (2 * MINUTE, _BUSY),
    ),
    5: hour((HOUR, _IDLE), (48 * MINUTE, _BUSY)),
    6: hour(
        (35 * MINUTE, _BUSY),
        (7 * MINUTE, _CRASH),
        (7 * MINUTE - 3 * SECOND, _BACK),
        (6 * MINUTE, _BUSY),
        (20 * SECOND, _CRASH),
        (9 * SECOND, _BACK),
    ),
    7: hour((HOUR, _FAIL)),
    8: hour((HOUR, _IDLE)),
    9: hour((HOUR, _STOP)),
}
ACTIVITY = Activity(
    NOW_MS,
    tuple(
        AgentActivity(
            number,
            spans,
            cpu=wave(number, 90.0) if number < 7 else (0.5,) * RATES_KEPT,
            memory=tuple(int((300 + 60 * number + step) * 2**20) for step in range(RATES_KEPT)) if number < 9 else (),
            tokens=tuple(int(value) for value in wave(number + 3, 24_000)) if number < 6 else (),
        )
        for number, spans in HOURS.items()
    ),
    cpu=wave(4, 310.0),
    memory=tuple(int((3_100 + 4 * step) * 2**20) for step in range(RATES_KEPT)),
    tokens=tuple(int(value) for value in wave(9, 61_000)),
    lights=(LightHistory("endpoint", "port 8765 is taken", NOW_MS - 37 * MINUTE, NOW_MS - 36 * MINUTE),),
)
BUSY_FLEET = replace(
    FLEET,
    machine=replace(
        FLEET.machine, token_rates=ACTIVITY.tokens, spent_today=Spent(900_000, 340_000, 0, 0, 4.21), day_budget=20.0
    ),
    agents=tuple(
        replace(
            one,
            memory_bytes=None if number == 9 else (300 + 60 * number + 59) * 2**20,
            cpu_percent=None if number > 6 else wave(number, 90.0)[-1],
            context_percent=(71.0, 33.0, 42.0, 18.0, 64.0, None, 93.0, 12.0, None)[number - 1],
            spent=Spent(10_000 * number, 2_000 * number, 0, 0, 0.37 * number) if number < 9 else one.spent,
            crashes=(NOW_MS - 4 * MINUTE, NOW_MS - 20 * SECOND) if number == 6 else (),
        )
        for number, one in ((one.id, one) for one in FLEET.agents)
    ),
)
