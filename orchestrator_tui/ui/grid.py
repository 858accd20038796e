"""Several live panes at once, those that need a person most; only what is seen here is looked at."""

import asyncio
import logging
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Grid
from textual.screen import Screen
from textual.widgets import Static

from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.views import AgentView, PaneFrame, SupervisorClient
from orchestrator_tui.ui.format import Span, Spans, agent_look, fit
from orchestrator_tui.ui.grid_places import SIZES, first_size, next_size, places, shape
from orchestrator_tui.ui.hints import key_hints, key_span
from orchestrator_tui.ui.model import Model
from orchestrator_tui.ui.widgets.frame import content_of
from orchestrator_tui.ui.widgets.live_pane import LivePane

FRAME_S, MANY_FRAMES_S = 0.1, 0.2
"""Between two looks at two panes, and at more: each look paints all that changed in any of them."""
REFRESH_S = 0.5

_log = logging.getLogger(__name__)


class Tile(LivePane):
    """One agent's live pane; its frame says its name and state."""

    DEFAULT_CSS = """
    Tile {
        width: 1fr;
        height: 1fr;
        border: round $line;
        background: $background;
        color: $foreground;
        &:focus { border: round $accent; }
    }
    """

    def title_start(self) -> Spans:
        """Its state's glyph."""
        if self.agent is None:
            return ()
        look = agent_look(self.agent)
        return (Span(f"{look.glyph} ", look.token),)

    def facts(self) -> Spans:
        """Its state in words."""
        if self.agent is None:
            return ()
        look = agent_look(self.agent)
        return (Span(look.word, look.token),)

    def below(self, agent: AgentView) -> Spans:
        """What it waits for, else what it works on; how full its context is where there is room for both."""
        return tile_words(agent, max(0, self.outer_size.width - 8))


def tile_words(agent: AgentView, width: int) -> Spans:
    """What stands below an agent's tile, in at most ``width`` cells."""
    waits = agent.waiting_for is not None
    what = f"waits for {agent.waiting_for}" if waits else agent.task_title or agent.current_task or ""
    context = "" if agent.context_percent is None else f"ctx {agent.context_percent:.0f}%"
    gap = "  " if what and context else ""
    if cell_len(context + gap + what) > width:
        context = gap = ""
    spans = (Span(context + gap, "muted"), Span(fit(what, min(width, cell_len(what))), "needs" if waits else "muted"))
    return tuple(span for span in spans if span.text)


class GridScreen(Screen[int | None]):
    """Answers with the agent to go to, or None."""

    CSS_PATH = "grid.tcss"
    AUTO_FOCUS = "#tile-0"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q", "leave", "Back"),
        ("v", "larger", "More or fewer"),
        ("enter,o", "choose", "Zoom"),
        ("left,h", "go(-1,0)", "Left"),
        ("right,l", "go(1,0)", "Right"),
        ("up,k", "go(0,-1)", "Up"),
        ("down,j", "go(0,1)", "Down"),
        ("tab", "step(1)", "Next"),
        ("shift+tab", "step(-1)", "Previous"),
    ]
    hints = key_hints(("arrows", "move"), ("enter", "zoom"), ("v", "more or fewer panes"), ("esc", "back"))

    def __init__(self, client: SupervisorClient, model: Model) -> None:
        super().__init__()
        self._client = client
        self._model = model
        self._count = first_size(len(self._by_need()))
        self._places: tuple[int, ...] = ()
        self._shape = (1, 1)
        self._titled: Spans | None = None

    def compose(self) -> ComposeResult:
        """Every tile, once; which of them are seen is decided at each change."""
        yield Static("", id="grid-title")
        with Grid(id="tiles"):
            for number in range(SIZES[-1]):
                yield Tile(id=f"tile-{number}")
        yield Static(content_of(self.hints), id="grid-keys")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.refresh_tiles()
        self.set_interval(REFRESH_S, self.refresh_tiles)
        self.run_worker(self._pull(), name="grid", group="grid", exit_on_error=False)

    def on_resize(self) -> None:
        """Fits the new size."""
        self.refresh_tiles()

    @property
    def shown(self) -> tuple[int, ...]:
        """The agents that are seen."""
        return self._places

    def refresh_tiles(self) -> None:
        """Shows those that need a person most; who is seen already stays in place."""
        by_need = self._by_need()
        self._count = min(self._count, first_size(len(by_need)))
        columns, rows = self._shape = shape(self._count, self.size.width, self.size.height - 2)
        self._places = places(self._places, by_need, min(columns * rows, self._count))
        grid = self.query_one("#tiles", Grid)
        if (grid.styles.grid_size_columns, grid.styles.grid_size_rows) != (columns, rows):
            # Setting them lays the screen out and paints all of it, even to what they are.
            grid.styles.grid_size_columns, grid.styles.grid_size_rows = columns, rows
        for number, tile in enumerate(self.query(Tile)):
            if tile.display != (is_seen := number < len(self._places)):
                tile.display = is_seen
            tile.show_agent(self._model.agents.get(self._places[number]) if tile.display else None)
        title = self._title(len(by_need))
        if title != self._titled:
            self._titled = title
            self.query_one("#grid-title", Static).update(content_of(title))

    def _title(self, agents: int) -> Spans:
        if not agents:
            return (Span(" No agent has a pane. ", "muted"), key_span("n"), Span(" in the dashboard starts one."))
        hidden = agents - len(self._places)
        more = f"{hidden} more not seen" if hidden else ""
        return (Span(f" {len(self._places)} panes  ", "strong"), Span(more, "muted"))

    def action_leave(self) -> None:
        """Back to the dashboard."""
        self.dismiss(None)

    def action_larger(self) -> None:
        """The next larger grid."""
        most = first_size(len(self._by_need()))
        self._count = SIZES[0] if self._count >= most else next_size(self._count)
        self.refresh_tiles()

    def action_choose(self) -> None:
        """Goes to the agent of the tile that has the keyboard."""
        tile = self.focused
        if isinstance(tile, Tile) and tile.agent is not None:
            self.dismiss(tile.agent.id)

    def on_click(self, event: events.Click) -> None:
        """Zooms the double-clicked tile."""
        tile, _ = self.get_widget_at(event.screen_x, event.screen_y)
        if event.chain == 2 and isinstance(tile, Tile) and tile.agent is not None:
            self.dismiss(tile.agent.id)

    def action_go(self, right: int, down: int) -> None:
        """Moves the keyboard by tiles; at an edge it stays."""
        columns, rows = self._shape
        at = self._at()
        column, row = at % columns + right, at // columns + down
        if 0 <= column < columns and 0 <= row < rows:
            self._focus_tile(row * columns + column)

    def action_step(self, by: int) -> None:
        """Moves the keyboard to the next or previous tile, round the end."""
        self._focus_tile((self._at() + by) % max(1, len(self._places)))

    def _at(self) -> int:
        tiles = list(self.query(Tile))
        return tiles.index(self.focused) if isinstance(self.focused, Tile) else 0

    def _focus_tile(self, number: int) -> None:
        tiles = list(self.query(Tile))
        if number < len(tiles) and tiles[number].display:
            self.set_focus(tiles[number])

    def _by_need(self) -> list[int]:
        return [agent.id for agent in self._model.shown_agents() if agent.pane_id is not None]

    async def _pull(self) -> None:
        while True:
            seen = [(tile, tile.agent.id) for tile in self.query(Tile) if tile.display and tile.agent is not None]
            # Shown all at once: a picture for each of them would cost nearly as much as one for all.
            frames = await asyncio.gather(*(self._frame(agent_id) for _, agent_id in seen))
            for (tile, agent_id), frame in zip(seen, frames, strict=True):
                if tile.agent is not None and tile.agent.id == agent_id:
                    tile.show_frame(frame)
            await asyncio.sleep(FRAME_S if len(seen) <= 2 else MANY_FRAMES_S)

    async def _frame(self, agent_id: int) -> PaneFrame | None:
        try:
            return await self._client.pane_frame(agent_id)
        except OrchestratorError as error:
            # An agent may go while its screen is asked for; its row says so.
            _log.info("pane of agent %s: %s", agent_id, error)
            return None
