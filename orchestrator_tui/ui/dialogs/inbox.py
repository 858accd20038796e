"""Everything that waits for a person, the oldest first, answered without attaching."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import ClassVar, cast

from textual.app import App
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import NotAllowedNow, OrchestratorError, UsageError
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction, exact_rule
from orchestrator_tui.core.views import ShutdownMode, SupervisorClient
from orchestrator_tui.ui.dialogs.base import Dialog, Form, key_hints, row
from orchestrator_tui.ui.format import Span, Spans, duration, fit
from orchestrator_tui.ui.model import Model
from orchestrator_tui.ui.widgets.frame import content_of

REFRESH_S = 0.25
UNSEEN_S = 0.5
"""How long an answer is not taken after the cursor moved by itself: nobody has read the new request yet."""
_ROWS = 8


def detail_spans(item: AttentionItem) -> Spans:
    """The whole request: every field of a tool's input, or the options of a question."""
    spans: list[Span] = [Span(f"{item.kind}", "needs")]
    if item.agent_name:
        spans.append(Span(f"  {item.agent_name}", "strong"))
    if item.mission_id:
        spans.append(Span(f"  {item.mission_id}", "muted"))
    spans.append(Span("\n"))
    if item.options:
        spans.append(Span(f"\n{item.text}\n"))
        spans.extend(Span(f"  {number}. {option}\n") for number, option in enumerate(item.options, 1))
    elif item.tool is None:
        spans.append(Span(f"\n{item.text}\n"))
    else:
        spans.append(Span(f"\n{item.tool}\n", "strong"))
        for name, value in item.tool_input.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
            spans += [Span(f"{name}  ", "muted"), Span(f"{_visible(text)}\n")]
    if not item.can_answer:
        spans.append(Span("\nenter attaches; it is answered there." if item.agent_id else "", "muted"))
    return tuple(spans)


def _visible(text: str) -> str:
    """Control characters as pictures: what is allowed has to be seen."""
    return "".join(chr(0x2400 + ord(one)) if ord(one) < 32 and one not in "\n\t" else one for one in text)


class InboxDialog(Dialog[AttentionItem]):
    """The list above, the chosen request below; answers with the item to attach to."""

    heading = "Waits for you"
    rows_above = _ROWS + 2
    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "move(1)", "Next"),
        ("k,up", "move(-1)", "Previous"),
        ("y", "allow", "Allow once"),
        ("A", "always", "Always allow"),
        ("n", "deny", "Deny"),
        ("enter", "attach", "Attach"),
    ]
    hints = key_hints(("y", "allow once"), ("A", "always"), ("n", "deny"), ("enter", "attach"), ("j/k", "move"))

    def __init__(self, client: SupervisorClient, model: Model, clock: Clock, chosen: str | None = None) -> None:
        super().__init__()
        self._client = client
        self._model = model
        self._clock = clock
        self._chosen = chosen
        self._moved_at = float("-inf")
        self._shown: tuple[Spans, Spans] | None = None

    def body(self) -> Iterable[Widget]:
        """The list and the request."""
        yield Static("", id="waiting")
        with VerticalScroll(id="request"):
            yield Static("", id="request-text")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_interval(REFRESH_S, self.refresh_items)
        self.refresh_items()

    def refresh_items(self) -> None:
        """Shows what waits now; the cursor stays on its request as long as that waits."""
        items = self._model.attention
        if self._chosen not in {item.id for item in items}:
            if self._chosen is not None:
                self._moved_at = asyncio.get_running_loop().time()
            self._chosen = items[0].id if items else None
        item = self.item
        shown = self._rows(items), detail_spans(item) if item else (Span("Nothing waits for you.", "muted"),)
        if shown != self._shown:
            self._shown = shown
            self.query_one("#waiting", Static).update(content_of(shown[0]))
            self.query_one("#request-text", Static).update(content_of(shown[1]))

    @property
    def item(self) -> AttentionItem | None:
        """The chosen request."""
        return next((item for item in self._model.attention if item.id == self._chosen), None)

    def action_move(self, by: int) -> None:
        """Goes to the next or previous request."""
        ids = [item.id for item in self._model.attention]
        if self._chosen in ids:
            self._chosen = ids[min(max(ids.index(self._chosen) + by, 0), len(ids) - 1)]
            self._moved_at = float("-inf")
            self.say(None)
            self.refresh_items()

    def action_allow(self) -> None:
        """Allows the request this once."""
        item = self._answerable()
        if item is not None:
            self.run_worker(self._guarded(self._client.answer(item.id, True)), group="answer")

    def action_always(self) -> None:
        """Shows the rule that would allow the like from now on."""
        item = self._answerable()
        if item is None:
            return
        if item.tool is None:
            self.say(NotAllowedNow("What it asks exactly is not known.", remedy="Allow it once, or attach."))
            return
        submit = partial(self._client.allow_always, item.id)
        self._push(RuleDialog(submit, item, self._client.rules_file() or "this session only"))

    def action_deny(self) -> None:
        """Asks for the reason and denies."""
        item = self._answerable()
        if item is not None:
            self._push(DenyDialog(partial(self._client.answer, item.id, False), item))

    def action_attach(self) -> None:
        """Leaves for the agent's pane."""
        item = self.item
        if item is not None and item.agent_id is not None:
            self.dismiss(item)

    def _push(self, dialog: Dialog[None]) -> None:
        app = cast("App[ShutdownMode]", self.app)  # pyright: ignore[reportUnknownMemberType]
        app.push_screen(dialog)

    def _answerable(self) -> AttentionItem | None:
        item = self.item
        if item is None:
            return None
        if asyncio.get_running_loop().time() - self._moved_at < UNSEEN_S:
            self.say(NotAllowedNow("This is another request now.", remedy="Read it, then answer."))
            return None
        if not item.can_answer:
            self.say(NotAllowedNow("This is no permission request.", remedy="enter attaches to the agent."))
            return None
        self.say(None)
        return item

    async def _guarded(self, answer: Awaitable[None]) -> None:
        try:
            await answer
        except OrchestratorError as problem:
            self.say(problem)

    def _rows(self, items: tuple[AttentionItem, ...]) -> Spans:
        ids = [item.id for item in items]
        at = ids.index(self._chosen) if self._chosen in ids else 0
        first = min(max(0, at - _ROWS + 1), max(0, len(items) - _ROWS))
        width = max(20, min(100, int(self.size.width * 0.96)) - 6)
        spans: list[Span] = []
        for item in items[first : first + _ROWS]:
            mark = "❯ " if item.id == self._chosen else "  "
            age = duration(self._clock.now_ms() - item.since)
            who = item.agent_name or item.mission_id or ""
            text = f"{mark}{age:>3}  {fit(who, 12)} {fit(item.text, max(1, width - 20))}"
            spans.append(Span(f"{text}\n", "strong" if item.id == self._chosen else "text"))
        hidden = len(items) - len(items[first : first + _ROWS])
        if hidden:
            spans.append(Span(f"  and {hidden} more\n", "muted"))
        return tuple(spans)


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
                yield Static(_visible(self._rule.pattern), markup=False)
        yield Static(
            content_of((Span("* stands for any text but ; | & > $( and line breaks.", "muted"),)), classes="way"
        )
        yield Static(content_of((Span("Kept in ", "muted"), Span(self._file))), classes="way")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        if self._is_editable:
            self.query_one(Input).focus()

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
        self.query_one(Input).focus()

    def collect(self) -> str:
        """The message."""
        return self.query_one(Input).value.strip()
