"""The preview has a page for everything that is drawn, and every page can be drawn."""

import importlib
import pkgutil
from types import ModuleType

import pytest
from textual.screen import Screen
from textual.widget import Widget

from orchestrator_tui.ui import dialogs, widgets
from orchestrator_tui.ui.dialogs.base import Dialog
from tests.ui.preview.app import SAMPLES, PreviewApp, samples_of
from tests.ui.preview.check import draw, one_of_each
from tests.ui.steps import NARROW


def defined_in(package: ModuleType) -> set[type[Widget]]:
    """The widgets that the package's modules define, without those that only others are made of."""
    found: set[type[Widget]] = set()
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        mine = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
        found |= {one for one in mine if issubclass(one, Widget)}
    bases = {base for one in found for base in one.__mro__[1:]}
    return found - bases


@pytest.mark.timeout(180)
async def test_everything_has_a_page_and_every_page_is_drawn_at_both_sizes() -> None:
    drawn = await draw(one_of_each(SAMPLES))
    missing = {one.__qualname__ for package in (widgets, dialogs) for one in defined_in(package) - drawn}
    assert not missing, f"no page in tests/ui/preview shows {sorted(missing)}"


async def test_the_list_shows_a_widget_at_its_side_and_opens_a_screen() -> None:
    samples = (*samples_of("guidance"), *samples_of("quit"))
    app = PreviewApp(samples, "light")
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        assert app.query("#side Guidance")
        await pilot.press("f2")
        assert app.theme != PreviewApp(samples, "light").theme
        await pilot.press("down", "enter")
        await pilot.pause()
        assert isinstance(app.screen, Dialog)
        await pilot.press("ctrl+q")
        assert isinstance(app.screen, Screen)
        assert len(app.screen_stack) == 1


def test_an_unknown_page_names_those_that_there_are() -> None:
    with pytest.raises(LookupError, match="agent_list"):
        samples_of("agentlist")
