"""Panel 1: the agents, those that need a person first."""

from orchestrator_tui.ui.format import Span, Spans, agent_counts, agent_header, agent_row
from orchestrator_tui.ui.hints import key_span
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.undo import countdown, open_offer
from orchestrator_tui.ui.widgets.choosing import marked_count
from orchestrator_tui.ui.widgets.rows import Rows


class AgentList(Rows[int]):
    """The agents' rows; shows nothing that the model does not hold."""

    panel = Panel.AGENTS
    has_header = True

    def __init__(self, model: Model, *, id: str) -> None:
        super().__init__(id=id)
        self._model = model
        self._now_ms = 0
        self._dimmed = False
        self._notice: str | None = None
        self._costs = self._works = False

    def update(self, now_ms: int, *, dimmed: bool, notice: str | None) -> None:
        """Shows the model's agents at this time; ``notice`` stands above an empty list."""
        self._now_ms, self._dimmed, self._notice = now_ms, dimmed, notice
        self._costs = any(agent.spent.tokens for agent in self._model.agents.values())
        self._works = any(agent.work for agent in self._model.agents.values())
        shown = self._model.shown_agents()
        marks = frozenset(self._model.marks.agents)
        self.show([agent.id for agent in shown], self._model.selected_agent, marked=marks, empty=self._empty_lines())
        counts = tuple(
            part
            for look, count in agent_counts(tuple(self._model.agents.values()))
            if look.word in ("needs you", "working", "failed", "restart")
            for part in (Span(f"{count} {look.glyph}", look.token), Span("  "))
        )
        query = self._model.filters.get(Panel.AGENTS, "")
        below: Spans = ()
        if query:
            total = len(self._model.agents)
            below = (Span(f"/ {query}", "accent"), Span(f"  {len(shown)} of {total} shown", "muted"))
        elif self.position:
            below = (Span(self.position, "muted"),)
        offer = open_offer(self._model.undos, now_ms)
        if offer is not None:
            below = countdown(offer, now_ms)
        self.frame((Span("1 ", "muted"), Span("Agents", "strong"), *marked_count(marks)), counts[:-1], below)

    def header_spans(self, width: int) -> Spans:
        """The column names."""
        return agent_header(width, costs=self._costs, works=self._works)

    def row_spans(self, key: int, width: int) -> Spans:
        """One agent's row."""
        agent = self._model.agents.get(key)
        if agent is None:
            return ()
        return agent_row(agent, width, self._now_ms, dimmed=self._dimmed, costs=self._costs, works=self._works)

    def _empty_lines(self) -> tuple[Spans, ...]:
        if not self._model.loaded:
            return ((), (Span("  Waiting for the supervisor.", "muted"),))
        if self._model.agents:
            return ((), (Span("  No agent matches. "), key_span("esc"), Span(" clears the filter.")))
        lines: list[Spans] = [()]
        if self._notice:
            width = max(10, self.scrollable_content_region.width - 4)
            lines += [(Span("  " + part, "needs"),) for part in wrap(self._notice, width)]
            lines.append(())
        lines.append((Span("  No agents yet. "), key_span("n"), Span(" starts one.")))
        lines.append((Span("  "), key_span("N"), Span(" starts one with a first mission.", "muted")))
        return tuple(lines)


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` characters, broken at blanks."""
    lines: list[str] = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
