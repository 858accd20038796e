"""A plan file before its import: what would be queued, and what is wrong with it, by line."""

from collections.abc import Coroutine
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.plans import PlanImported, PlanPreview
from orchestrator_tui.core.views import SupervisorClient
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.plan_rows import plan_summary, planned_header, planned_row, problem_rows, will_queue
from orchestrator_tui.ui.widgets.choosing import LIST_MOVES, Picked
from orchestrator_tui.ui.widgets.frame import content_of
from orchestrator_tui.ui.widgets.rows import Rows


class PlannedRows(Rows[int]):
    """The plan's missions, by their place in it."""

    panel = Panel.MISSIONS
    has_header = True

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._preview: PlanPreview | None = None

    def take(self, preview: PlanPreview, selected: int) -> None:
        """Shows the missions of this plan."""
        self._preview = preview
        count = len(preview.missions)
        empty = ((Span("  No mission could be read.", "muted"),),)
        self.show(range(count), min(selected, count - 1) if count else None, empty=empty)
        self.refresh()
        facts = f"{count} mission{'s' * (count != 1)}"
        self.frame((Span("Missions", "strong"),), (Span(facts, "muted"),), (Span(self.position, "muted"),))

    def header_spans(self, width: int) -> Spans:
        """The column names."""
        return planned_header(width) if self._preview is not None and self._preview.missions else ()

    def row_spans(self, key: int, width: int) -> Spans:
        """One mission's row."""
        return () if self._preview is None else planned_row(self._preview.missions[key], width)


class ProblemRows(Rows[int]):
    """The plan's mistakes, line by line."""

    panel = Panel.EVENTS

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: tuple[Spans, ...] = ()

    def take(self, preview: PlanPreview, selected: int) -> None:
        """Shows the mistakes of this plan."""
        width = self.scrollable_content_region.width or self.screen.size.width
        self._lines = tuple(line for problem in preview.problems for line in problem_rows(problem, width))
        count = len(self._lines)
        self.show(range(count), min(selected, count - 1) if count else None)
        self.refresh()
        facts = (Span(f"× {len(preview.problems)}", "failed"),)
        self.frame((Span("Problems", "strong"),), facts, (Span(self.position, "muted"),))

    def row_spans(self, key: int, width: int) -> Spans:
        """One line of a mistake."""
        del width
        return self._lines[key]


class PlanScreen(Screen[PlanImported | None]):
    """Answers with what was imported, or None. ``y`` alone imports."""

    CSS_PATH = "plan.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,n", "leave", "Back"),
        ("y", "import", "Import"),
        ("r", "read", "Read again"),
        *LIST_MOVES,
    ]

    def __init__(self, client: SupervisorClient, preview: PlanPreview) -> None:
        super().__init__()
        self._client = client
        self._preview = preview
        self._places = {"plan-missions": 0, "plan-problems": 0}
        self._is_busy = False

    @property
    def preview(self) -> PlanPreview:
        """The plan as it was read last."""
        return self._preview

    def compose(self) -> ComposeResult:
        """The plan."""
        yield Static("", id="plan-title")
        yield ProblemRows(id="plan-problems")
        yield PlannedRows(id="plan-missions")
        yield Static("", id="plan-keys")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self._show()
        self.query_one(ProblemRows if self._preview.problems else PlannedRows).focus()

    def on_resize(self) -> None:
        """Fits the new size."""
        self.call_after_refresh(self._show)

    def action_leave(self) -> None:
        """Back to the dashboard; nothing is queued."""
        self.dismiss(None)

    def action_import(self) -> None:
        """Queues the missions, all or none."""
        if self._preview.problems:
            self.notify("The plan has problems: nothing is imported. r reads it again.", severity="warning")
        elif not will_queue(self._preview):
            self.notify("All of its missions are here already.", timeout=3)
        else:
            self._work(self._import())

    def action_read(self) -> None:
        """Reads the file again."""
        self._work(self._read())

    def action_move(self, rows: int) -> None:
        """Moves the cursor of the list that has the keyboard."""
        widget = self.focused
        if isinstance(widget, (PlannedRows, ProblemRows)):
            key = widget.neighbour(rows)
            if key is not None:
                self._places[str(widget.id)] = key
                self._show()

    def on_picked(self, event: Picked) -> None:
        """Puts the cursor on the clicked row."""
        event.stop()
        if isinstance(event.key, int):
            name = "plan-problems" if event.panel is Panel.EVENTS else "plan-missions"
            self._places[name] = event.key
            self._show()

    def _show(self) -> None:
        preview, problems = self._preview, self.query_one(ProblemRows)
        problems.display = bool(preview.problems)
        problems.take(preview, self._places["plan-problems"])
        self.query_one(PlannedRows).take(preview, self._places["plan-missions"])
        title = (Span(f" {preview.path}  ", "accent"), *plan_summary(preview))
        self.query_one("#plan-title", Static).update(content_of(title))
        self.query_one("#plan-keys", Static).update(content_of(self._hints()))

    def _hints(self) -> Spans:
        if self._is_busy:
            return (Span("Reading…", "muted"),)
        count = will_queue(self._preview)
        mission = "mission" if count == 1 else "missions"
        go_on = (("y", f"queue {count} {mission}"),) if count else ()
        both = (("tab", "other list"),) if self._preview.problems else ()
        return key_hints(*go_on, ("j/k", "move"), *both, ("r", "read again"), ("esc", "leave it"))

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        if self._is_busy:
            work.close()
            return
        self._is_busy = True
        self._show()
        self.run_worker(self._guarded(work), name="plan", group="plan", exit_on_error=False)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except OrchestratorError as problem:
            self.notify(str(problem), severity="error", markup=False)
        finally:
            self._is_busy = False
            if self.is_mounted:
                self._show()

    async def _read(self) -> None:
        self._preview = await self._client.preview_plan(self._preview.path)

    async def _import(self) -> None:
        self.dismiss(await self._client.import_plan(self._preview.path, self._preview.digest))
