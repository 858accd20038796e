"""A mouse that finds texts on the screen, as a person does."""

from rich.cells import cell_len
from textual.events import Click, MouseEvent, MouseScrollDown, MouseScrollUp

from orchestrator_tui.ui.app import OrchestratorApp
from tests.ui.steps import DashboardPilot


def place_of(app: OrchestratorApp, text: str) -> tuple[int, int]:
    """The column and row at which the text begins on the screen; fails with all that is seen."""
    lines = ["".join(segment.text for segment in strip) for strip in _strips(app)]
    for y, line in enumerate(lines):
        x = line.find(text)
        if x >= 0:
            return cell_len(line[:x]), y
    raise AssertionError(f"{text!r} is not on the screen:\n" + "\n".join(lines))


async def click(pilot: DashboardPilot, app: OrchestratorApp, text: str, *, into: int = 0, times: int = 1) -> None:
    """Clicks the text's cell ``into``."""
    x, y = place_of(app, text)
    await pilot.click(offset=(x + into, y), times=times)


async def second_click(pilot: DashboardPilot, app: OrchestratorApp, text: str) -> None:
    """The second click of a double one whose first went to what stood there before."""
    x, y = place_of(app, text)
    event = Click(app.get_widget_at(x, y)[0], x, y, 0, 0, 1, False, False, False, x, y, chain=2)
    app.screen._forward_event(event)  # pyright: ignore[reportPrivateUsage] - as Pilot does
    await pilot.pause()


async def wheel(pilot: DashboardPilot, app: OrchestratorApp, text: str, notches: int) -> None:
    """Turns the wheel over the text, down by so many notches, or up."""
    kind: type[MouseEvent] = MouseScrollDown if notches > 0 else MouseScrollUp
    place = place_of(app, text)
    for _ in range(abs(notches)):
        # Pilot turns no wheel; this is what it clicks with.
        await pilot._post_mouse_events([kind], offset=place)  # pyright: ignore[reportPrivateUsage]


def _strips(app: OrchestratorApp):
    # There is no public way to read the screen as it is painted.
    return app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]
