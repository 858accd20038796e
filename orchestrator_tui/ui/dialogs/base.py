"""The common shape of all dialogs: a framed box, an error line, a line of keys."""

from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Label, Static

from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.progress import current_job, goes_on
from orchestrator_tui.ui.widgets.frame import content_of

Result = TypeVar("Result")
Value = TypeVar("Value")


class Dialog(ModalScreen[Result | None], Generic[Result]):
    """A box in the middle of the dimmed dashboard; esc answers None."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "Cancel")]
    heading: str = ""
    rows_above: int = 0
    hints: Spans = key_hints(("esc", "cancel"))

    def __init__(self) -> None:
        super().__init__()
        # A key in the dialog is handled in the app's own task; the work that asks is known only here.
        self.job = current_job()

    def body(self) -> Iterable[Widget]:
        """The dialog's own widgets."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The box with heading, body, error line and keys."""
        with Vertical(id="box") as box:
            box.border_title = content_of((Span(self.heading, "strong"),))
            yield from self.body()
            yield Static("", id="error")
            yield Static(content_of(self.hints), id="hints")

    def on_resize(self) -> None:
        """Keeps the frame and the line of keys in sight where the middle is long."""
        for part in self.query(VerticalScroll):
            part.styles.max_height = max(3, self.size.height - 8 - self.rows_above)

    def action_cancel(self) -> None:
        """Leaves without an answer."""
        self.dismiss(None)

    def say(self, problem: OrchestratorError | None) -> None:
        """Shows what is wrong and how to right it, or nothing."""
        line = self.query_one("#error", Static)
        line.update(content_of((Span(str(problem), "failed"),)) if problem else "")
        line.display = problem is not None


def row(label: str, field: Widget) -> Horizontal:
    """A form row: its label and its field."""
    return Horizontal(Label(label, classes="label"), field, classes="row")


class Form(Dialog[None], Generic[Value]):
    """A dialog that builds a value and hands it to ``submit``; it stays open while the value is refused."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("ctrl+s,enter", "submit", "Submit"),
        ("down", "app.focus_next", "Next field"),
        ("up", "app.focus_previous", "Previous field"),
    ]

    def __init__(self, submit: Callable[[Value], Awaitable[None]]) -> None:
        super().__init__()
        self._submit = submit
        self._is_submitting = False

    def collect(self) -> Value:
        """The value from the fields; raises UsageError naming the field."""
        raise NotImplementedError

    def action_submit(self) -> None:
        """Hands the value over, once at a time."""
        if not self._is_submitting:
            self._is_submitting = True
            self.run_worker(self._hand_over(), group="submit", name="submit", exit_on_error=False)

    def on_input_submitted(self) -> None:
        """Enter in a field means what it means in the form."""
        self.action_submit()

    async def _hand_over(self) -> None:
        try:
            with goes_on(self.job):
                await self._submit(self.collect())
        except OrchestratorError as problem:
            self.say(problem)
            fields = self.query(f"#field-{problem.field}") if problem.field else ()
            for field in fields:
                field.focus()
        else:
            self.dismiss(None)
        finally:
            self._is_submitting = False
