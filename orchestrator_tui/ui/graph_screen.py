"""The dependency graph of the missions; what the chosen one waits for and what waits for it stand out."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from orchestrator_tui.core.views import MissionView
from orchestrator_tui.ui.format import MISSION_LOOKS, Span, Spans, fit
from orchestrator_tui.ui.graph import Node, downstream, tree, upstream
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.widgets.choosing import LIST_MOVES, Picked
from orchestrator_tui.ui.widgets.frame import content_of
from orchestrator_tui.ui.widgets.rows import Rows

REFRESH_S = 0.5


class GraphRows(Rows[str]):
    """One mission a row, below the one that it waits for last."""

    panel = Panel.MISSIONS

    def __init__(self, model: Model, *, id: str) -> None:
        super().__init__(id=id)
        self._model = model
        self._tree_of: Mapping[str, tuple[str, ...]] | None = None
        self._tree: Sequence[Node] = ()
        self._placed: dict[str, Node] = {}
        self._above: frozenset[str] = frozenset()
        self._below: frozenset[str] = frozenset()

    def update(self, chosen: str | None, *, related_only: bool) -> str | None:
        """Shows the graph with the cursor on ``chosen``, or on the first row when that is gone; returns which."""
        parents = {one.id: one.depends_on for one in sorted(self._model.missions.values(), key=_seq)}
        if chosen not in parents:
            chosen = next(iter(parents), None)
        self._above = upstream(parents, chosen) if chosen else frozenset()
        self._below = downstream(parents, chosen) if chosen else frozenset()
        if related_only and chosen is not None:
            seen = self._above | self._below | {chosen}
            parents = {one: above for one, above in parents.items() if one in seen}
        if parents != self._tree_of:
            # With 10,000 missions a tree takes a tenth of a second; a cursor that moves needs no other one.
            self._tree_of, self._tree = parents, tree(parents)
            self._placed = {node.id: node for node in self._tree}
        nodes = self._tree
        self.show([node.id for node in nodes], chosen, empty=((Span("  No missions yet."),),))
        layers = 1 + max((node.layer for node in nodes), default=-1)
        title = (Span("Dependencies", "strong"), Span("  of the chosen mission" if related_only else "", "muted"))
        facts = (Span(f"{len(nodes)} missions in {layers} layers", "muted"),)
        below = (Span(f"▲ waits for {len(self._above)}  ▼ {len(self._below)} wait for it", "muted"),)
        self.frame(title, facts, below if chosen else ())
        return chosen

    def row_spans(self, key: str, width: int) -> Spans:
        """One mission's row."""
        mission, node = self._model.missions.get(key), self._placed.get(key)
        if mission is None or node is None:
            return ()
        look = MISSION_LOOKS[mission.state]
        mark = "▲ " if key in self._above else "▼ " if key in self._below else "  "
        near = key == self.selected or key in self._above or key in self._below
        head = f"{node.stem}{look.glyph} "
        also = f"  also after {', '.join(node.others)}" if node.others else ""
        names = 16 if width >= 100 else 10
        room = max(8, width - len(head) - 20 - names)
        return (
            Span(mark, "accent"),
            Span(node.stem, "muted"),
            Span(f"{look.glyph} ", look.token),
            Span(f"{key}  ", "accent" if near else "muted"),
            Span(fit(mission.title + also, room - len(key)), "text" if near else "muted"),
            Span(f"  {fit(look.word, 9)}", look.token),
            Span(f"  {fit(mission.agent_name or '', names)}", "muted"),
        )


class GraphScreen(Screen[str | None]):
    """Answers with the mission to open, or None."""

    CSS_PATH = "graph.tcss"
    AUTO_FOCUS = "#graph"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,d", "leave", "Back"),
        ("enter", "open", "Open"),
        ("r", "related", "Related only"),
        *LIST_MOVES,
    ]
    hints = key_hints(("j/k", "move"), ("enter", "open"), ("r", "only what is related"), ("esc", "back"))

    def __init__(self, model: Model) -> None:
        super().__init__()
        self._model = model
        self._chosen = model.selected_mission
        self._related_only = False

    def compose(self) -> ComposeResult:
        """The tree and its keys."""
        yield GraphRows(self._model, id="graph")
        yield Static(content_of(self.hints), id="graph-keys")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.refresh_graph()
        self.set_interval(REFRESH_S, self.refresh_graph)

    @property
    def chosen(self) -> str | None:
        """The mission under the cursor."""
        return self._chosen

    def refresh_graph(self) -> None:
        """Shows the missions as they are now."""
        rows = self.query_one(GraphRows)
        self._chosen = rows.update(self._chosen, related_only=self._related_only)
        # What is related to the cursor is written in other rows than the cursor's too.
        rows.refresh_changed()

    def action_leave(self) -> None:
        """Back to the dashboard."""
        self.dismiss(None)

    def action_open(self) -> None:
        """Opens the chosen mission."""
        if self._chosen is not None:
            self.dismiss(self._chosen)

    def action_related(self) -> None:
        """Shows only what is related to the chosen mission, or all again."""
        self._related_only = not self._related_only
        self.refresh_graph()

    def action_move(self, rows: int) -> None:
        """Moves the cursor."""
        key = self.query_one(GraphRows).neighbour(rows)
        if key is not None:
            self._chosen = key
            self.refresh_graph()

    def on_picked(self, event: Picked) -> None:
        """Puts the cursor on the clicked row."""
        event.stop()
        if isinstance(event.key, str):
            self._chosen = event.key
            self.refresh_graph()
        if event.opened:
            self.action_open()


def _seq(mission: MissionView) -> int:
    return mission.seq
