"""Any terminal size at any moment: nothing fails, and afterwards it looks as after a fresh start at that size."""

import random

import pytest

from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.dialogs.base import Dialog
from tests.ui.conftest import RecordingAttacher
from tests.ui.fake_client import FakeClient, FrozenClock
from tests.ui.steps import DashboardPilot, ready, until

SCREENS = {
    "dashboard": (),
    "pane": ("3",),
    "missions": ("4",),
    "events": ("5",),
    "health": ("2",),
    "zoomed": ("plus",),
    "grid": ("v",),
    "graph": ("d",),
    "mission page": ("4", "enter"),
    "inbox": ("exclamation_mark",),
    "help": ("question_mark",),
    "spawn": ("n",),
    "mission": ("m",),
    "kill": ("D",),
    "approve": ("a",),
    "why": ("w",),
    "quit": ("q",),
}
RESIZES = 6
"""For each screen, about a hundred in all; the real program gets two hundred in its walk."""
FINAL = ((120, 36), (80, 24), (59, 15), (45, 12))


def size_of(chance: random.Random) -> tuple[int, int]:
    return chance.randint(20, 200), chance.randint(5, 60)


def made() -> OrchestratorApp:
    app = OrchestratorApp(FakeClient(), clock=FrozenClock(), attacher=RecordingAttacher())
    app.animation_level = "none"
    return app


async def opened(pilot: DashboardPilot, app: OrchestratorApp, keys: tuple[str, ...]) -> None:
    await ready(pilot, app)
    pane = app.dashboard.pane
    await until(pilot, lambda: pane.pane_frame is not None or not app.dashboard.is_pane_seen, "no frame")
    for key in keys:
        await pilot.press(key)
    await pilot.pause()


def frame(app: OrchestratorApp) -> list[str]:
    # There is no public way to what is composed; a picture of it would compare fonts as well.
    strips = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
    if not isinstance(app.screen, Dialog):
        return [strip.text.rstrip() for strip in strips]
    # What a dialog dims is compared once it is gone.
    box = app.screen.query_one("#box").region
    return [strip.crop(box.x, box.right).text for strip in strips[box.y : box.bottom]]


async def frames(pilot: DashboardPilot, app: OrchestratorApp) -> list[list[str]]:
    """What is seen, and what is seen after esc."""
    await pilot.pause()
    seen = [frame(app)]
    if app.screen is not app.dashboard:
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.dashboard, "esc does not lead back")
        await pilot.pause()
        seen.append(frame(app))
    return seen


@pytest.mark.parametrize("name", SCREENS)
async def test_a_storm_of_sizes_leaves_what_a_fresh_start_shows(name: str) -> None:
    chance = random.Random(name)
    final = FINAL[list(SCREENS).index(name) % len(FINAL)]
    app = made()
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, app, SCREENS[name])
        kind = type(app.screen)
        for _ in range(RESIZES):
            await pilot.resize_terminal(*size_of(chance))
        assert type(app.screen) is kind
        await pilot.resize_terminal(*final)
        stormed = await frames(pilot, app)
    fresh = made()
    async with fresh.run_test(size=final) as pilot:
        await opened(pilot, fresh, SCREENS[name])
        assert stormed == await frames(pilot, fresh)
