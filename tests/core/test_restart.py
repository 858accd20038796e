"""How long a crashed agent waits."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.restart import RestartPolicy, mission_retry_delay_ms, recent_crashes, restart_delay_ms

POLICY = RestartPolicy()


def test_the_first_restart_waits_exactly_two_seconds() -> None:
    assert restart_delay_ms([1_000], 1_000, POLICY, random_unit=0.9) == 2_000


def test_delays_double_with_each_recent_crash() -> None:
    crashes = [0, 1_000, 2_000, 3_000, 4_000]
    delays = [restart_delay_ms(crashes[: n + 1], 4_000, POLICY, random_unit=0.0) for n in range(5)]
    assert delays == [2_000, 4_000, 8_000, 16_000, 32_000]


def test_the_sixth_crash_in_the_period_spends_the_budget() -> None:
    assert restart_delay_ms(list(range(6)), 10, POLICY, random_unit=0.0) is None


def test_crashes_older_than_the_period_do_not_count() -> None:
    old = [0, 1, 2, 3, 4]
    assert restart_delay_ms([*old, 400_000], 400_000, POLICY, random_unit=0.0) == 2_000


def test_crashes_from_far_in_the_future_do_not_count():
    # The clock was set back by an hour since.
    future = [3_600_000 + n for n in range(6)]
    assert recent_crashes([*future, 900], 1_000, POLICY) == (900,)
    assert restart_delay_ms([*future, 1_000], 1_000, POLICY, random_unit=0.0) == 2_000


def test_jitter_begins_with_the_second_restart() -> None:
    assert restart_delay_ms([0, 1], 1, POLICY, random_unit=0.5) == 4_200


@given(st.lists(st.integers(0, 10**6)), st.integers(0, 10**6), st.floats(0, 0.999))
def test_the_delay_never_falls_below_the_base(crashes: list[int], now: int, unit: float) -> None:
    delay = restart_delay_ms(crashes, now, POLICY, unit)
    assert delay is None or delay >= POLICY.base_ms
    assert (delay is None) == (len(recent_crashes(crashes, now, POLICY)) > POLICY.intensity)


def test_missions_back_off_from_one_second_to_a_minute() -> None:
    assert [mission_retry_delay_ms(n) for n in (1, 2, 3, 6, 7, 50)] == [1_000, 2_000, 4_000, 32_000, 60_000, 60_000]
