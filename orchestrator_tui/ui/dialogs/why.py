"""Why an agent's state is believed: who says so, since when, how surely, and what every source says."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.verdict import Verdict
from orchestrator_tui.core.views import SupervisorClient
from orchestrator_tui.ui.dialogs.base import Dialog
from orchestrator_tui.ui.format import AGENT_LOOKS, Span, Spans, duration
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of

REFRESH_S = 1.0


def why_spans(verdict: Verdict) -> Spans:
    """The verdict: its state and grounds above, the words of every source below."""
    look = AGENT_LOOKS[verdict.state]
    waits = f" for {verdict.waiting_for}" if verdict.state is AgentState.WAITING and verdict.waiting_for else ""
    spans = [
        Span(f"{look.glyph} {verdict.state}{waits}\n", look.token),
        Span("\nsaid by     ", "muted"),
        Span(f"{verdict.source}\n"),
        Span("age         ", "muted"),
        Span(f"{duration(verdict.age_ms)}\n"),
        Span("confidence  ", "muted"),
        Span(f"{verdict.confidence}\n"),
    ]
    if verdict.reason:
        spans += [Span("reason      ", "muted"), Span(f"{_printable(verdict.reason)}\n")]
    *words, conclusion = verdict.reasoning or ("",)
    spans.append(Span("\n"))
    spans += [Span(f"· {_printable(line)}\n", "muted") for line in words]
    spans.append(Span(f"→ {_printable(conclusion)}", "strong"))
    return tuple(spans)


def _printable(text: str) -> str:
    """Text of agents and screens without anything that a terminal would obey."""
    return "".join(one if one.isprintable() else " " for one in text)


class WhyDialog(Dialog[None]):
    """One agent's verdict, looked at anew every second while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [("w,q", "cancel", "Close")]
    hints = key_hints(("↑↓", "scroll"), ("esc", "close"))

    def __init__(self, client: SupervisorClient, agent_id: int, agent_name: str) -> None:
        super().__init__()
        self.heading = f"Why {agent_name} is what it is"
        self._client = client
        self._agent_id = agent_id
        self._shown: Spans = ()

    def body(self) -> Iterable[Widget]:
        """The verdict."""
        with VerticalScroll(id="why"):
            yield Static("", id="why-text")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_focus(self.query_one(VerticalScroll))
        self.set_interval(REFRESH_S, self.refresh_verdict)
        self.refresh_verdict()

    def refresh_verdict(self) -> None:
        """Looks anew; a look that is still under way is not doubled."""
        if not any(worker.group == "why" and worker.is_running for worker in self.workers):
            self.run_worker(self._look(), group="why", exit_on_error=False)

    async def _look(self) -> None:
        try:
            verdict = await self._client.why(self._agent_id)
        except OrchestratorError as problem:
            self.say(problem)
            return
        self.say(None)
        spans = why_spans(verdict)
        if spans != self._shown:
            self._shown = spans
            self.query_one("#why-text", Static).update(content_of(spans))
