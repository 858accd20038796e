"""The bounded histories behind the health screen."""

from orchestrator_tui.core.activity import (
    BUCKET_MS,
    HOUR_MS,
    RATES_KEPT,
    SPANS_KEPT,
    LightHistory,
    LightLog,
    LoadMeter,
    StateChange,
    StateHistory,
    StateSpan,
    TokenMeter,
    state_change,
)
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentState

BUSY, IDLE, STARTING, CRASHED = AgentState.BUSY, AgentState.IDLE, AgentState.STARTING, AgentState.CRASHED
NOW = 10 * HOUR_MS


def change(seq: int, ago: int, state: AgentState, was: AgentState) -> StateChange:
    return StateChange(seq, 1, NOW - ago, state, was)


class TestStates:
    def test_a_history_begins_at_birth_and_ends_now(self) -> None:
        history = StateHistory()
        history.note(change(1, 900, IDLE, STARTING))
        history.note(change(2, 500, BUSY, IDLE))
        assert history.spans(1, NOW, state=BUSY, since=NOW - 500, born=NOW - 1_000) == (
            StateSpan(STARTING, NOW - 1_000, NOW - 900),
            StateSpan(IDLE, NOW - 900, NOW - 500),
            StateSpan(BUSY, NOW - 500),
        )

    def test_an_agent_that_changed_nothing_was_as_it_is_now(self) -> None:
        spans = StateHistory().spans(1, NOW, state=IDLE, since=NOW - 2 * HOUR_MS, born=NOW - 3 * HOUR_MS)
        assert spans == (StateSpan(IDLE, NOW - HOUR_MS),)

    def test_a_state_that_no_event_told_of_is_known_from_the_record(self) -> None:
        history = StateHistory()
        history.note(change(1, 900, BUSY, IDLE))
        spans = history.spans(1, NOW, state=CRASHED, since=NOW - 100, born=NOW - 1_000)
        assert spans[-2:] == (StateSpan(BUSY, NOW - 900, NOW - 100), StateSpan(CRASHED, NOW - 100))

    def test_what_is_older_than_the_hour_is_only_the_state_at_its_beginning(self) -> None:
        history = StateHistory()
        for number, ago in enumerate((3 * HOUR_MS, 2 * HOUR_MS, 60_000)):
            state, was = (BUSY, IDLE) if number % 2 else (IDLE, BUSY)
            history.note(change(number, ago, state, was))
        assert history.spans(1, NOW, state=IDLE, since=NOW - 60_000, born=0) == (
            StateSpan(BUSY, NOW - HOUR_MS, NOW - 60_000),
            StateSpan(IDLE, NOW - 60_000),
        )

    def test_a_flapping_agent_costs_a_bounded_amount(self) -> None:
        history = StateHistory()
        for number in range(3 * SPANS_KEPT):
            state, was = (BUSY, IDLE) if number % 2 else (IDLE, BUSY)
            history.note(change(number, 3 * SPANS_KEPT - number, state, was))
        assert len(history.spans(1, NOW, state=BUSY, since=NOW - 1, born=0)) == SPANS_KEPT + 1

    def test_what_an_earlier_supervisor_wrote_down_goes_before_and_counts_once(self) -> None:
        history, live = StateHistory(), change(3, 100, IDLE, BUSY)
        history.note(live)
        history.restore([change(1, 900, IDLE, STARTING), change(2, 500, BUSY, IDLE), live])
        assert [span.state for span in history.spans(1, NOW, state=IDLE, since=NOW - 100, born=NOW - 1_000)] == [
            STARTING,
            IDLE,
            BUSY,
            IDLE,
        ]

    def test_agents_that_are_gone_are_forgotten(self) -> None:
        history = StateHistory()
        history.note(change(1, 900, BUSY, IDLE))
        history.forget_others({2})
        assert len(history.spans(1, NOW, state=IDLE, since=0, born=0)) == 1

    def test_only_events_that_name_a_new_state_are_changes(self) -> None:
        told = Event(EventType.STATUS, 5, agent_id=1, data={"state": "busy", "was": "idle"}, seq=7)
        assert state_change(told) == StateChange(7, 1, 5, BUSY, IDLE)
        for data in ({"state": "busy", "was": "busy"}, {"state": "asleep", "was": "idle"}, {}):
            assert state_change(Event(EventType.STATUS, 5, agent_id=1, data=data)) is None
        assert state_change(Event(EventType.CRASH, 5, agent_id=1)) is None


class TestTokens:
    def test_a_rate_is_what_the_last_minute_brought(self) -> None:
        meter = TokenMeter()
        meter.add(1, NOW - 30_000, 600)
        meter.add(2, NOW, 400)
        assert meter.rates(NOW)[-1] == 1_000
        assert meter.rates(NOW, 1)[-1] == 600
        assert meter.rates(NOW + 40_000)[-1] == 400
        assert meter.rates(NOW + 70_000)[-1] == 0

    def test_there_is_one_rate_for_each_ten_seconds(self) -> None:
        meter = TokenMeter()
        meter.add(1, NOW - 5 * BUCKET_MS, 60)
        rates = meter.rates(NOW)
        assert len(rates) == RATES_KEPT
        assert rates[-7:] == (0, 60, 60, 60, 60, 60, 60)

    def test_it_holds_no_more_than_it_tells(self) -> None:
        meter = TokenMeter()
        for number in range(10 * RATES_KEPT):
            meter.add(number, NOW + number * BUCKET_MS, 1)
        meter.add(999, NOW, 1)
        assert len(meter.spenders()) <= RATES_KEPT + 7
        assert 999 not in meter.spenders()


class TestLoads:
    def test_the_newest_look_of_each_ten_seconds_counts(self) -> None:
        meter = LoadMeter()
        for at, cpu in ((0, 1.0), (5_000, 2.0), (10_000, 3.0)):
            meter.note(at, cpu, int(cpu))
        assert (meter.cpu(), meter.memory()) == ((2.0, 3.0), (2, 3))


class TestLights:
    def test_the_newest_failure_is_kept_after_it_ended(self) -> None:
        log = LightLog()
        for at, error in ((1, None), (2, "gone"), (3, "gone"), (4, None), (5, None)):
            log.note("tmux", error, at)
        assert log.lights() == (LightHistory("tmux", "gone", 2, 4),)
        log.note("tmux", "gone again", 9)
        assert log.lights() == (LightHistory("tmux", "gone again", 9),)
