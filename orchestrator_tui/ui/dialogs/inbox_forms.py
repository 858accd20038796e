"""What the inbox asks before it answers: a rule to keep, a reason, own words."""

from collections.abc import Awaitable, Callable, Iterable

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction, exact_rule
from orchestrator_tui.core.questions import Question
from orchestrator_tui.ui.dialogs.base import Form, row
from orchestrator_tui.ui.dialogs.inbox_detail import visible
from orchestrator_tui.ui.format import Span
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of


class RuleDialog(Form[PermissionRule]):
    """Shows the rule before it is saved; its pattern may be widened."""

    heading = "Always allow"
    hints = key_hints(("enter", "save and allow"), ("esc", "cancel"))

    def __init__(self, submit: Callable[[PermissionRule], Awaitable[None]], item: AttentionItem, file: str) -> None:
        super().__init__(submit)
        self._rule = exact_rule(RuleAction.ALLOW, item.tool or "", item.tool_input)
        self._file = file
        # A field of one line cannot show the rest, and nothing unseen is saved.
        self._is_editable = self._rule.pattern.isprintable()

    def body(self) -> Iterable[Widget]:
        """The rule's parts."""
        yield row("Tool", Static(self._rule.tool, markup=False))
        if self._is_editable:
            yield row("Pattern", Input(self._rule.pattern, compact=True, id="field-pattern"))
        else:
            with VerticalScroll(id="pattern"):
                yield Static(visible(self._rule.pattern), markup=False)
        yield Static(
            content_of((Span("* stands for any text but ; | & > $( and line breaks.", "muted"),)), classes="way"
        )
        yield Static(content_of((Span("Kept in ", "muted"), Span(self._file))), classes="way")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        if self._is_editable:
            self.set_focus(self.query_one(Input))

    def collect(self) -> PermissionRule:
        """The rule as it is shown. Raises UsageError without a pattern."""
        if not self._is_editable:
            return self._rule
        pattern = self.query_one(Input).value
        if not pattern.strip():
            raise UsageError("The pattern is empty.", remedy="Write * for everything, or esc.", field="pattern")
        return PermissionRule(action=RuleAction.ALLOW, tool=self._rule.tool, pattern=pattern)


class DenyDialog(Form[str]):
    """What the agent is told; may be empty."""

    heading = "Deny"
    hints = key_hints(("enter", "deny"), ("esc", "cancel"))

    def __init__(self, submit: Callable[[str], Awaitable[None]], item: AttentionItem) -> None:
        super().__init__(submit)
        self.heading = f"Deny {item.agent_name or item.id}"
        self._item = item

    def body(self) -> Iterable[Widget]:
        """The request and the line."""
        yield Static(content_of((Span(self._item.text),)), classes="loss")
        yield row("Message", Input("", placeholder="what it should do instead", compact=True, id="field-message"))

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_focus(self.query_one(Input))

    def collect(self) -> str:
        """The message."""
        return self.query_one(Input).value.strip()


class WordsDialog(Form[str]):
    """An answer in the person's own words."""

    heading = "Own words"
    hints = key_hints(("enter", "take it"), ("esc", "cancel"))

    def __init__(self, submit: Callable[[str], Awaitable[None]], question: Question, words: str) -> None:
        super().__init__(submit)
        self._question = question
        self._words = words

    def body(self) -> Iterable[Widget]:
        """The question and the line."""
        yield Static(content_of((Span(visible(self._question.text)),)), classes="loss")
        yield row("Answer", Input(self._words, compact=True, id="field-text"))

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_focus(self.query_one(Input))

    def collect(self) -> str:
        """The words. Raises UsageError without any."""
        words = self.query_one(Input).value.strip()
        if not words:
            raise UsageError("The answer is empty.", remedy="Write something, or esc.", field="text")
        return words
