"""The bottom line: the keys that matter here, from the action registry."""

from collections.abc import Callable, Sequence

from textual.widgets import Static

from orchestrator_tui.ui.actions import Action, Footer, action_for
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.widgets.frame import content_of


class KeyBar(Static):
    """Keys and labels; those that cannot be used now are quiet."""

    def __init__(self, actions: Sequence[Action], *, id: str) -> None:
        super().__init__(id=id)
        self._actions = actions
        self._shown: Spans = ()

    def refresh_keys(self, panel: Panel, is_enabled: Callable[[Action], bool]) -> None:
        """Shows the keys for the panel."""
        spans = footer_spans(self._actions, panel, self.size.width, is_enabled)
        if spans != self._shown:
            self._shown = spans
            self.update(content_of(spans), layout=False)


def footer_spans(actions: Sequence[Action], panel: Panel, width: int, is_enabled: Callable[[Action], bool]) -> Spans:
    """The footer's text in at most ``width`` cells.

    Help and quit always stay. Where there is no room for all keys, those that cannot be used now go first,
    then the last of the others.
    """
    place = Footer.MISSIONS if panel is Panel.MISSIONS else Footer.AGENTS
    wanted = [
        action
        for action in actions
        # A key that means something else in this panel is not shown with its other meaning.
        if action.footer in (place, Footer.BOTH) and action_for(actions, action.keys[0], panel) is action
    ]
    kept = list(wanted)
    expendable = [action for action in reversed(wanted) if action.id not in ("app.help", "app.quit")]
    for action in sorted(expendable, key=is_enabled):
        if sum(_cells(one) for one in kept) + 1 <= width:
            break
        kept.remove(action)
    spans: list[Span] = [Span(" ")]
    for action in kept:
        enabled = is_enabled(action)
        click = f"app.run('{action.id}')"
        spans.append(Span(action.shown_key, "accent" if enabled else "muted", click))
        spans.append(Span(f" {action.label}", "text" if enabled else "muted", click))
        spans.append(Span("  "))
    return tuple(spans)


def _cells(action: Action) -> int:
    return len(action.shown_key) + 1 + len(action.label) + 2
