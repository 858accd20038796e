"""How values are written: short, aligned, never by colour alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from orchestrator_tui.core.event_words import event_sentence
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.ui.event_text import EVENT_LOOKS
from orchestrator_tui.ui.format import (
    AGENT_LOOKS,
    MISSION_LOOKS,
    Spans,
    agent_counts,
    agent_header,
    agent_look,
    agent_row,
    duration,
    fit,
    gibibytes,
    mission_header,
    mission_row,
    sparkline,
)
from tests.ui.fake_client import AGENTS, HOUR, MINUTE, MISSIONS, NOW_MS, SECOND, agent


def width_of(spans: Spans) -> int:
    return sum(cell_len(span.text) for span in spans)


class TestDuration:
    @pytest.mark.parametrize(
        ("ms", "text"),
        [
            (-5, "0s"),
            (0, "0s"),
            (9 * SECOND, "9s"),
            (59_999, "59s"),
            (MINUTE, "1m"),
            (59 * MINUTE, "59m"),
            (HOUR, "1h"),
            (23 * HOUR, "23h"),
            (48 * HOUR, "2d"),
            (99 * 24 * HOUR, "99d"),
            (400 * 24 * HOUR, "1y"),
        ],
    )
    def test_it_reads(self, ms: int, text: str) -> None:
        assert duration(ms) == text

    @given(st.integers(min_value=-(10**15), max_value=10**15))
    def test_it_never_needs_more_than_three_characters(self, ms: int) -> None:
        assert 2 <= len(duration(ms)) <= 3


class TestFit:
    @given(st.text(), st.integers(min_value=0, max_value=40))
    def test_it_fills_exactly_the_width(self, text: str, width: int) -> None:
        # Controls have no width of their own; they never reach a cell.
        printable = "".join(character for character in text if character.isprintable())
        assert cell_len(fit(printable, width)) == width

    def test_a_cut_is_shown(self) -> None:
        assert fit("abcdef", 4) == "abc…"

    def test_numbers_stand_on_the_right(self) -> None:
        assert fit("7", 3, right=True) == "  7"


class TestLooks:
    def test_every_state_has_its_glyph_and_word(self) -> None:
        assert set(AGENT_LOOKS) == set(AgentState)
        assert set(MISSION_LOOKS) == set(MissionState)
        assert set(EVENT_LOOKS) == set(EventType)

    def test_all_glyphs_are_one_cell(self) -> None:
        looks = [*AGENT_LOOKS.values(), *MISSION_LOOKS.values(), *EVENT_LOOKS.values()]
        assert all(cell_len(look.glyph) == 1 for look in looks)

    def test_restarts_are_counted(self) -> None:
        assert agent_look(agent(1, "a", AgentState.RESTARTING, 0, restarts=1)).word == "restart 2"

    def test_a_held_idle_agent_says_so(self) -> None:
        assert agent_look(replace(agent(1, "a", AgentState.IDLE, 0), held=True)).word == "held"

    def test_a_silent_working_agent_says_so(self) -> None:
        assert agent_look(replace(agent(1, "a", AgentState.BUSY, 0), responsive=False)).word == "no answer"

    def test_counts_begin_with_who_needs_a_person(self) -> None:
        assert [(look.word, count) for look, count in agent_counts(AGENTS)][:2] == [("needs you", 2), ("failed", 1)]


class TestRows:
    @pytest.mark.parametrize("width", [38, 44, 58, 78, 118])
    @pytest.mark.parametrize("number", range(len(AGENTS)))
    @pytest.mark.parametrize("costs", [False, True])
    def test_agent_rows_are_aligned_with_their_header(self, number: int, width: int, costs: bool) -> None:
        row = agent_row(AGENTS[number], width, NOW_MS, costs=costs)
        assert 2 + width_of(row) <= width
        assert 2 + width_of(row) == width_of(agent_header(width, costs=costs))

    @pytest.mark.parametrize("width", [58, 78, 118, 198])
    @pytest.mark.parametrize("number", range(len(MISSIONS)))
    @pytest.mark.parametrize("costs", [False, True])
    def test_mission_rows_are_aligned_with_their_header(self, number: int, width: int, costs: bool) -> None:
        row = mission_row(MISSIONS[number], width, NOW_MS, costs=costs)
        assert 2 + width_of(row) <= width
        assert 2 + width_of(row) == width_of(mission_header(width, costs=costs))

    def test_the_title_is_shown_where_there_is_room(self) -> None:
        narrow = "".join(span.text for span in agent_row(AGENTS[0], 44, NOW_MS))
        wide = "".join(span.text for span in agent_row(AGENTS[0], 78, NOW_MS))
        assert "Refresh-token rotation" not in narrow
        assert "Refresh-token rotation" in wide

    def test_the_pulse_dims_only_the_working_glyph(self) -> None:
        bright, dim = (agent_row(AGENTS[2], 44, NOW_MS, dimmed=dimmed) for dimmed in (False, True))
        assert bright[1:] == dim[1:]
        assert (bright[0].token, dim[0].token) == ("working", "muted")
        assert agent_row(AGENTS[0], 44, NOW_MS, dimmed=True) == agent_row(AGENTS[0], 44, NOW_MS)


class TestEvents:
    @pytest.mark.parametrize(
        ("event", "sentence"),
        [
            (
                Event(EventType.CRASH, 0, agent_id=6, data={"reason": "killed by SIGKILL"}),
                "x crashed: killed by SIGKILL",
            ),
            (Event(EventType.RESTART, 0, agent_id=6, data={"delay_ms": 2000}), "x restarts: in 2 s"),
            (Event(EventType.TASK_START, 0, agent_id=6, mission_id="m-1"), "x began m-1"),
            (Event(EventType.MISSION_ENQUEUED, 0, mission_id="m-1"), "m-1 queued"),
            (Event(EventType.MISSION_ASSIGNED, 0, agent_id=6, mission_id="m-1"), "m-1 was given to x"),
            (Event(EventType.SPAWN, 0, agent_id=99), "agent 99 started"),
        ],
    )
    def test_they_are_sentences(self, event: Event, sentence: str) -> None:
        assert event_sentence(event, {6: "x"}) == sentence


class TestGauges:
    def test_a_sparkline_is_as_wide_as_asked(self) -> None:
        assert sparkline((0.0, 50.0, 100.0), 5) == "  ▁▅█"
        assert len(sparkline(tuple(float(n) for n in range(100)), 4)) == 4

    def test_memory(self) -> None:
        assert gibibytes(int(9.8 * 2**30)) == "9.8 GiB"
        assert gibibytes(300 * 2**20) == "300 MiB"
