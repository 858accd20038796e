"""The header's lights."""

from dataclasses import replace

import pytest

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
