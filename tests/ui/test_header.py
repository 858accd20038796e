"""The header's lights."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.views import ConnectionChanged
from orchestrator_tui.ui.model import Model
from orchestrator_tui.ui.widgets.header import header_spans
from tests.ui.fake_client import FLEET


def header(width: int, quota: str | None) -> str:
    model = Model()
    model.load(replace(FLEET, machine=replace(FLEET.machine, quota=quota)))
    return "".join(span.text for span in header_spans(model, 0, width, wide=width >= 100))


@pytest.mark.parametrize("width", [80, 100, 140])
def test_a_limit_is_shown_with_its_time(width: int) -> None:
    assert "◆ quota 15:04" in header(width, "quota 15:04")
    assert "quota" not in header(width, None)


@pytest.mark.parametrize("width", range(40, 160, 7))
def test_the_line_is_exactly_as_wide_as_the_screen(width: int) -> None:
    assert len(header(width, "quota Nov 30 15:04")) == width


def viewer(width: int, problem: str | None) -> str:
    model = Model()
    model.load(replace(FLEET, viewer_of=4711))
    model.apply([ConnectionChanged(problem)])
    return "".join(span.text for span in header_spans(model, 0, width, wide=width >= 100))


@pytest.mark.parametrize(("width", "whose"), [(80, "viewer"), (120, "viewer of pid 4711")])
def test_a_viewer_says_whose_supervisor_it_shows_and_when_it_lost_it(width: int, whose: str) -> None:
    assert whose in viewer(width, None)
    assert "× connection lost, trying again" in viewer(width, "connection lost, trying again")
    assert "viewer" not in header(width, None)


@pytest.mark.parametrize("width", range(40, 160, 7))
@pytest.mark.parametrize("problem", [None, "the session has ended, its agents are stopped; q leaves"])
def test_a_viewers_line_is_exactly_as_wide_as_the_screen(width: int, problem: str | None) -> None:
    assert len(viewer(width, problem)) == width
