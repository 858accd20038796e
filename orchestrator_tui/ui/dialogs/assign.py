"""Asks which agent gets a mission."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from orchestrator_tui.core.models import Role
from orchestrator_tui.core.views import AgentView
from orchestrator_tui.ui.dialogs.base import Dialog
from orchestrator_tui.ui.format import Span, agent_look, fit
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of

ANYBODY = 0
"""The answer that lets every agent have it again; agents' ids begin with 1."""


class AssignDialog(Dialog[int]):
    """The living agents, those whose role fits first; ``chosen`` is where the cursor begins.

    An agent that may not have it can be chosen too: the refusal says why.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("j", "step(1)", "Next"), ("k", "step(-1)", "Previous")]
    hints = key_hints(("enter", "give"), ("↑↓", "choose"), ("esc", "cancel"))

    def __init__(
        self, what: str, agents: Sequence[AgentView], roles: frozenset[Role], *, chosen: int | None = None
    ) -> None:
        super().__init__()
        self.heading = f"Give {what} to"
        self._roles = roles
        self._agents = sorted(agents, key=lambda agent: bool(roles) and not roles <= {agent.role})
        self._chosen = chosen

    def body(self) -> Iterable[Widget]:
        """The list."""
        options = [Option(_line(agent, self._roles), id=str(agent.id)) for agent in self._agents]
        options.append(Option(content_of((Span("  anybody", "strong"), Span("  as it was", "muted"))), id=str(ANYBODY)))
        yield OptionList(*options, id="choices", compact=True)

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        choices = self.query_one(OptionList)
        ids = [agent.id for agent in self._agents]
        choices.highlighted = ids.index(self._chosen) if self._chosen in ids else 0
        choices.focus()

    def on_resize(self) -> None:
        """Keeps frame and keys in sight where there are many agents."""
        self.query_one(OptionList).styles.max_height = max(3, self.size.height - 8)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answers with the agent's id."""
        assert event.option_id is not None
        self.dismiss(int(event.option_id))

    def action_step(self, by: int) -> None:
        """Moves the cursor as in the lists."""
        choices = self.query_one(OptionList)
        choices.action_cursor_down() if by > 0 else choices.action_cursor_up()


def _line(agent: AgentView, roles: frozenset[Role]) -> Content:
    look = agent_look(agent)
    fits = roles <= {agent.role}
    return content_of(
        (
            Span(f"{look.glyph} ", look.token),
            Span(fit(agent.name, 18), "strong" if fits else "muted"),
            Span(fit(agent.role, 13), "muted"),
            Span(fit(look.word, 11), look.token),
            Span("" if fits else "other role", "needs"),
        )
    )
