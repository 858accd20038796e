"""Whatever text is drawn anywhere is readable where it is drawn: measured on the composed screens, not on a list."""

import pytest
from rich.segment import Segment

from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.dialogs.base import Dialog
from orchestrator_tui.ui.format import AGENT_LOOKS, MISSION_LOOKS, Look
from orchestrator_tui.ui.theme import ThemeChoice
from tests.ui.conftest import RecordingAttacher
from tests.ui.fake_client import FakeClient, FrozenClock
from tests.ui.steps import closed, ready
from tests.ui.test_resizing import SCREENS
from tests.ui.test_theme import LEAST_CONTRAST, contrast

DRAWING = frozenset("─│╭╮╰╯├┤┬┴┼┌┐└┘▌▏▎▍▋▊▉▁▂▃▄▅▆▇█▔▕━┃ ")
"""Lines and bars, which carry no text."""


def segments(app: OrchestratorApp) -> list[Segment]:
    """What is composed; of a dialog only its box, since what is behind it is dimmed on purpose."""
    strips = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
    if isinstance(app.screen, Dialog):
        box = app.screen.query_one("#box").region
        strips = [strip.crop(box.x, box.right) for strip in strips[box.y : box.bottom]]
    return [segment for strip in strips for segment in strip]


def unreadable(app: OrchestratorApp) -> set[tuple[str, str, str]]:
    """Text and its two colours, where they are too near to each other."""
    found: set[tuple[str, str, str]] = set()
    for segment in segments(app):
        style = segment.style
        if style is None or style.color is None or style.bgcolor is None or not set(segment.text) - DRAWING:
            continue
        pair = style.color.get_truecolor().hex, style.bgcolor.get_truecolor(foreground=False).hex
        if contrast(*pair) < LEAST_CONTRAST:
            found.add((segment.text.strip(), *pair))
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_all_text_is_readable(theme: ThemeChoice) -> None:
    # An agent's own colours are its own affair: its screen is empty here.
    app = OrchestratorApp(FakeClient(screen=()), clock=FrozenClock(), theme=theme, attacher=RecordingAttacher())
    app.animation_level = "none"
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot, app)
        for name, keys in SCREENS.items():
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            assert (name, unreadable(app)) == (name, set())
            if app.screen is not app.dashboard:
                await pilot.press("escape")
                await closed(pilot, app)
            await pilot.press("underscore", "1")


@pytest.mark.parametrize("looks", [AGENT_LOOKS, MISSION_LOOKS], ids=["agents", "missions"])
def test_no_two_states_look_alike_without_colour(
    looks: dict[AgentState, Look] | dict[MissionState, Look],
) -> None:
    # A crashed agent is one that restarts: both say so, with the count.
    shown = [(look.glyph, look.word) for state, look in looks.items() if state is not AgentState.CRASHED]
    assert len({word for _, word in shown}) == len({glyph for glyph, _ in shown}) == len(shown)
    assert all(glyph.strip() and word.strip() for glyph, word in shown)


@pytest.mark.parametrize(("theme", "no_color"), [("ansi", False), ("dark", True)], ids=["ansi", "NO_COLOR"])
async def test_every_state_is_written_out_without_our_colours(
    theme: ThemeChoice, no_color: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    app = OrchestratorApp(FakeClient(), clock=FrozenClock(), theme=theme, attacher=RecordingAttacher())
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot, app)
        await pilot.pause()
        text = "".join(segment.text for segment in segments(app))
        for state in {agent.state for agent in app.model.agents.values()}:
            look = AGENT_LOOKS[state]
            assert f"{look.glyph} " in text
            assert look.word in text
        for state in {mission.state for mission in list(app.model.missions.values())[:3]}:
            assert f"{MISSION_LOOKS[state].glyph} {MISSION_LOOKS[state].word}" in text
