"""``make screenshots``: the pictures and the README's key table, from the real app over the sample fleet."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import resvg_py

from orchestrator_tui.core.views import Snapshot
from orchestrator_tui.ui.actions import key_table_markdown
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.diff_screen import DiffScreen
from orchestrator_tui.ui.grid import GridScreen, Tile
from orchestrator_tui.ui.health_screen import HealthScreen
from orchestrator_tui.ui.log_screen import LogScreen
from orchestrator_tui.ui.theme import ThemeChoice
from tests.ui.fake_client import EMPTY
from tests.ui.showcase import SHOWCASE, showcase_client
from tests.ui.steps import NARROW, WIDE, DashboardPilot, dialog, ready, until
from tests.ui.test_pictures import made

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "screenshots"
README = ROOT / "README.md"
SCALE = 2
_KEYS = re.compile(r"(<!-- keys: [^\n]* -->\n).*?(<!-- /keys -->)", re.DOTALL)
_REMOTE_FONT = re.compile(r"@font-face \{[^}]*\}\s*")


@dataclass(frozen=True, slots=True)
class Picture:
    """One screen: what is shown, at which size, after which keys."""

    name: str
    size: tuple[int, int] = WIDE
    snapshot: Snapshot = SHOWCASE
    theme: ThemeChoice = "dark"
    keys: Sequence[str] = ()
    heading: str | None = None


PICTURES = (
    Picture("overview"),
    Picture("narrow", size=NARROW),
    Picture("light", theme="light"),
    Picture("spawn", keys=("n",), heading="New agent"),
    Picture("mission", keys=("m",), heading="New mission"),
    Picture("approve", keys=("a",), heading="asks"),
    Picture("inbox", keys=("exclamation_mark",), heading="Waits for you"),
    Picture("events", keys=("5",)),
    Picture("help", keys=("question_mark",), heading="Keys"),
    Picture("empty", snapshot=EMPTY),
    Picture("why", keys=("G", "k", "w"), heading="Why"),
    Picture("grid", keys=("v",)),
    Picture("graph", keys=("d",)),
    Picture("health", keys=("2", "enter")),
    Picture("mission-page", keys=("4", "G", "enter")),
    Picture("changes", keys=("equals_sign",)),
    Picture("log", keys=("at",)),
)


async def settled(pilot: DashboardPilot, app: OrchestratorApp) -> None:
    """The grid's panes are live, the changes are read, the health screen knows the hour, whichever is open."""
    screen = app.screen
    if isinstance(screen, DiffScreen):
        await until(pilot, lambda: screen.diff is not None, "no changes")
    if isinstance(app.screen, GridScreen):
        tiles = [tile for tile in app.screen.query(Tile) if tile.display]
        await until(pilot, lambda: all(tile.pane_frame is not None for tile in tiles), "a pane is not live")
    if isinstance(screen, HealthScreen):
        await until(pilot, lambda: bool(screen.ids), "the health screen is empty")
    if isinstance(screen, LogScreen):
        await until(pilot, lambda: not screen.events.history.has_older, "older events were not read")


async def draw(picture: Picture) -> str:
    """The picture as SVG that names no font of another host."""
    app = made(picture.snapshot, picture.theme, client=showcase_client(picture.snapshot))
    async with app.run_test(size=picture.size) as pilot:
        await ready(pilot, app)
        if app.model.agent() is not None:
            await until(pilot, lambda: app.dashboard.pane.pane_frame is not None, "no frame")
        await pilot.press(*picture.keys)
        if picture.heading is not None:
            await dialog(pilot, app, picture.heading)
        elif picture.keys:
            await settled(pilot, app)
        await pilot.pause()
        svg = app.export_screenshot(title="")
    return _REMOTE_FONT.sub("", svg).replace("Fira Code", "Fira Code, DejaVu Sans Mono")


def with_keys(readme: str) -> str:
    """The README with the key table of the registry."""
    return _KEYS.sub(lambda match: f"{match[1]}{key_table_markdown()}{match[2]}", readme)


def main() -> None:
    """Writes every picture as SVG and PNG, and the key table."""
    FOLDER.mkdir(exist_ok=True)
    for picture in PICTURES:
        svg = asyncio.run(draw(picture))
        (FOLDER / f"{picture.name}.svg").write_text(svg)
        png = resvg_py.svg_to_bytes(svg_string=svg, zoom=SCALE, font_family="DejaVu Sans Mono")
        (FOLDER / f"{picture.name}.png").write_bytes(bytes(png))
    README.write_text(with_keys(README.read_text()))


if __name__ == "__main__":
    main()
