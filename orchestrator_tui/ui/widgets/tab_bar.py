"""The line of panel names that a narrow terminal shows instead of all panels."""

from textual.widgets import Static

from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.widgets.frame import content_of
from orchestrator_tui.ui.widgets.health import health_problems


class TabBar(Static):
    """Names the panels and says which one is shown."""

    def __init__(self, model: Model, *, id: str) -> None:
        super().__init__(id=id)
        self._model = model
        self._shown: Spans = ()

    def refresh_model(self, active: Panel) -> None:
        """Shows the names, the active one marked."""
        spans = tab_spans(self._model, active)
        if spans != self._shown:
            self._shown = spans
            self.update(content_of(spans), layout=False)


def tab_spans(model: Model, active: Panel) -> Spans:
    """The panel names; the pane is beside the agents and has no name of its own."""
    current = Panel.AGENTS if active is Panel.PANE else active
    queued = model.stats.pending + model.stats.retrying + model.stats.blocked
    problems = health_problems(model)
    names = (
        (Panel.AGENTS, "1 Agents"),
        (Panel.HEALTH, "2 Health" + (" ×" if problems else "")),
        (Panel.MISSIONS, "4 Missions" + (f" {queued}" if queued else "")),
        (Panel.EVENTS, "5 Events"),
    )
    spans: list[Span] = [Span(" ")]
    for panel, name in names:
        is_current = panel is current
        text, click = f"[{name}]" if is_current else f" {name} ", f"app.run('panel.{panel.name.lower()}')"
        spans.append(Span(text, "accent" if is_current else "muted", click))
        spans.append(Span(" "))
    return tuple(spans)
