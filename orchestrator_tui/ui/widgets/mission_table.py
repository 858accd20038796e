"""Panel 4: the missions, those at work first."""

from orchestrator_tui.ui.format import Span, Spans, mission_header, mission_row
from orchestrator_tui.ui.hints import key_span
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.widgets.choosing import marked_count
from orchestrator_tui.ui.widgets.rows import Rows


class MissionTable(Rows[str]):
    """The missions' rows."""

    panel = Panel.MISSIONS
    has_header = True

    def __init__(self, model: Model, *, id: str) -> None:
        super().__init__(id=id)
        self._model = model
        self._now_ms = 0
        self._costs = False

    def update(self, now_ms: int) -> None:
        """Shows the model's missions at this time."""
        self._now_ms = now_ms
        self._costs = self._model.mission_list.has_costs
        marks = frozenset(self._model.marks.missions)
        shown = self._model.shown_mission_ids()
        self.show(shown, self._model.selected_mission, marked=marks, empty=self._empty_lines())
        query = self._model.filters.get(Panel.MISSIONS, "")
        below: Spans = ()
        if query:
            total = len(self._model.missions)
            below = (Span(f"/ {query}", "accent"), Span(f"  {len(shown)} of {total} shown", "muted"))
        elif self.position:
            below = (Span(self.position, "muted"),)
        self.frame((Span("4 ", "muted"), Span("Missions", "strong"), *marked_count(marks)), self._facts_now(), below)

    def header_spans(self, width: int) -> Spans:
        """The column names."""
        return mission_header(width, costs=self._costs)

    def row_spans(self, key: str, width: int) -> Spans:
        """One mission's row."""
        mission = self._model.missions.get(key)
        return () if mission is None else mission_row(mission, width, self._now_ms, costs=self._costs)

    def _facts_now(self) -> Spans:
        stats = self._model.stats
        parts: list[Span] = [Span(f"{stats.pending + stats.retrying} queued", "muted")]
        parts.append(Span(f"  {stats.running + stats.assigned} running", "muted"))
        if stats.blocked:
            parts.append(Span(f"  {stats.blocked} blocked", "muted"))
        if stats.failed:
            parts.append(Span(f"  {stats.failed} failed", "failed"))
        if stats.completed:
            parts.append(Span(f"  {stats.completed} done", "muted"))
        return tuple(parts)

    def _empty_lines(self) -> tuple[Spans, ...]:
        if self._model.missions:
            return ((Span("  No mission matches. "), key_span("esc"), Span(" clears the filter.")),)
        return ((Span("  No missions yet. "), key_span("m"), Span(" queues one.")),)
