"""Control characters never reach the terminal, whichever widget shows them."""

from dataclasses import replace

from rich.segment import ControlType, Segment
from textual.color import Color

from orchestrator_tui.core.views import Resynced
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.terminal_guard import TerminalGuard
from tests.ui.fake_client import AGENTS, FLEET, FakeClient
from tests.ui.steps import WIDE, ready, until

BLACK = Color(0, 0, 0)
NASTY = "x\x1b]52;c;YQ==\x07\x9b31m\u202ey"


def test_only_texts_with_control_characters_are_changed() -> None:
    guard = TerminalGuard()
    clean = [Segment("plain é 👩\u200d👧"), Segment("\x1b[1m", None, [(ControlType.BELL,)])]
    assert guard.apply(clean, BLACK) is clean
    assert guard.apply([*clean, Segment(NASTY)], BLACK) == [*clean, Segment("x]52;c;YQ==31my")]


async def test_every_text_of_the_dashboard_passes_it(app: OrchestratorApp, client: FakeClient) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        missions = tuple(replace(one, title=f"{NASTY}{one.title}") for one in FLEET.missions)
        agents = tuple(replace(one, note=NASTY, task_title=NASTY) for one in AGENTS)
        client.feeds[0].push(Resynced(replace(FLEET, missions=missions, agents=agents)))

        def lines() -> list[str]:
            return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]  # pyright: ignore[reportPrivateUsage]

        await until(pilot, lambda: any("x]52;c;YQ==31my" in line for line in lines()), "it is not shown")
        assert not [line for line in lines() if not line.replace("\u200d", "").isprintable()]
