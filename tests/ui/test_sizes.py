"""A widget that grows beyond one sitting's reading is two."""

from pathlib import Path

from orchestrator_tui.ui import widgets

MOST_LINES = 250


def test_every_widget_is_read_in_one_sitting() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in Path(widgets.__path__[0]).glob("*.py")}
    assert lines
    assert {name: count for name, count in lines.items() if count >= MOST_LINES} == {}
