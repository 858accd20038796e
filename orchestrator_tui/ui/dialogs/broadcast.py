"""One line to several agents; names everybody who gets it."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.views import AgentView
from orchestrator_tui.ui.dialogs.base import Form, row
from orchestrator_tui.ui.format import Span, Spans, agent_look
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of


class BroadcastDialog(Form[str]):
    """``whence`` says why it is these agents: they are marked, or they pass the filter."""

    heading = "Send to"
    hints = key_hints(("enter", "send"), ("esc", "cancel"))
    rows_above = 3

    def __init__(self, submit: Callable[[str], Awaitable[None]], agents: Sequence[AgentView], *, whence: str) -> None:
        super().__init__(submit)
        self._agents = agents
        self._whence = whence
        self.heading = f"Send to {len(agents)} agent{'s' * (len(agents) != 1)}"

    def body(self) -> Iterable[Widget]:
        """Who gets it, and the line."""
        yield Label(content_of((Span(self._whence, "muted"),)), id="question")
        with VerticalScroll(id="losses", can_focus=False):
            yield Static(content_of(_recipients(self._agents)), id="recipients")
        yield row("Line", Input(compact=True, id="field-text"))

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.query_one(Input).focus()

    def collect(self) -> str:
        """The text; raises UsageError when it is empty."""
        text = self.query_one(Input).value.strip()
        if not text:
            raise UsageError("The line is empty.", remedy="Write something, or esc.", field="text")
        return text


def _recipients(agents: Sequence[AgentView]) -> Spans:
    spans: list[Span] = []
    for agent in agents:
        look = agent_look(agent)
        spans += [Span(f"{look.glyph} ", look.token), Span(agent.name, "strong"), Span(f" {look.word}   ", "muted")]
    return tuple(spans)
