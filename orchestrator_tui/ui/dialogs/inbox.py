"""Everything that waits for a person, the oldest first, answered without attaching."""

import asyncio
from collections.abc import Awaitable, Iterable
from functools import partial
from typing import ClassVar, cast

from rich.markdown import Markdown
from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import NotAllowedNow, OrchestratorError
from orchestrator_tui.core.questions import plan_of
from orchestrator_tui.core.views import ShutdownMode, SupervisorClient
from orchestrator_tui.ui.dialogs.base import Dialog
from orchestrator_tui.ui.dialogs.inbox_detail import detail_spans, is_answered_by_one_key, keys_of, visible
from orchestrator_tui.ui.dialogs.inbox_forms import DenyDialog, RuleDialog, WordsDialog
from orchestrator_tui.ui.dialogs.inbox_list import list_spans, rows_at_most
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.model import Model
from orchestrator_tui.ui.progress import goes_on
from orchestrator_tui.ui.question_draft import Draft, Drafts
from orchestrator_tui.ui.widgets.frame import content_of

REFRESH_S = 0.25
UNSEEN_S = 0.5
"""How long an answer is not taken after the cursor moved by itself: nobody has read the new request yet."""


class InboxDialog(Dialog[AttentionItem]):
    """The list above, the chosen request below; answers with the item to attach to."""

    heading = "Waits for you"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "move(1)", "Next"),
        ("k,up", "move(-1)", "Previous"),
        ("y", "allow", "Allow once"),
        ("A", "always", "Always allow"),
        ("n", "deny", "Deny"),
        ("enter", "attach", "Attach"),
        *((str(number), f"pick({number})", f"Option {number}") for number in range(1, 10)),
        ("tab,right", "turn(1)", "Next question"),
        ("shift+tab,left", "turn(-1)", "Previous question"),
        ("t", "words", "Own words"),
        ("s", "send", "Send the answers"),
        ("ctrl+d,pagedown,space", "page(1)", "Page down"),
        ("ctrl+u,pageup", "page(-1)", "Page up"),
    ]

    def __init__(self, client: SupervisorClient, model: Model, clock: Clock, chosen: str | None = None) -> None:
        super().__init__()
        self._client = client
        self._model = model
        self._clock = clock
        self._chosen = chosen
        self._moved_at = float("-inf")
        self._drafts = Drafts()
        self._shown: tuple[Spans, Spans, Spans] | None = None
        self._shown_plan = ""

    def body(self) -> Iterable[Widget]:
        """The list and the request."""
        yield Static("", id="waiting")
        with VerticalScroll(id="request"):
            yield Static("", id="request-text")
            yield Static("", id="request-plan")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_interval(REFRESH_S, self.refresh_items)
        self.refresh_items()

    def on_resize(self) -> None:
        """Leaves the request what the list does not need."""
        self.rows_above = min(len(self._model.attention), rows_at_most(self.size.height)) + 2
        super().on_resize()

    def refresh_items(self) -> None:
        """Shows what waits now; the cursor stays on its request as long as that waits."""
        items = self._model.attention
        ids = {item.id for item in items}
        self._drafts.keep(ids)
        before = self._chosen
        if self._chosen not in ids:
            if self._chosen is not None:
                self._moved_at = asyncio.get_running_loop().time()
            self._chosen = items[0].id if items else None
        item = self.item
        draft = self._drafts.of(item)
        detail = detail_spans(item, draft.choices, draft.at) if item else (Span("Nothing waits for you.", "muted"),)
        listed = list_spans(items, self._chosen, self._clock.now_ms(), self.size)
        shown = listed, detail, keys_of(item)
        if shown != self._shown:
            self._shown = shown
            for name, spans in zip(("#waiting", "#request-text", "#hints"), shown, strict=True):
                self.query_one(name, Static).update(content_of(spans))
            self._show_plan(item)
            self.on_resize()
        if before != self._chosen:
            self.query_one("#request").scroll_home(animate=False)

    def _show_plan(self, item: AttentionItem | None) -> None:
        plan = visible(plan_of(item.tool_input)) if item and item.kind is AttentionKind.PLAN else ""
        part = self.query_one("#request-plan", Static)
        part.display = bool(plan)
        if plan != self._shown_plan:
            self._shown_plan = plan
            part.update(Markdown(plan, hyperlinks=False))

    @property
    def item(self) -> AttentionItem | None:
        """The chosen request."""
        return next((item for item in self._model.attention if item.id == self._chosen), None)

    def action_move(self, by: int) -> None:
        """Goes to the next or previous request."""
        ids = [item.id for item in self._model.attention]
        if self._chosen in ids:
            self.action_choose(ids[min(max(ids.index(self._chosen) + by, 0), len(ids) - 1)])

    def action_choose(self, name: str) -> None:
        """Goes to the request of this id."""
        if name in {item.id for item in self._model.attention}:
            self._chosen = name
            self._moved_at = float("-inf")
            self.say(None)
            self.query_one("#request").scroll_home(animate=False)
            self.refresh_items()

    def on_click(self, event: events.Click) -> None:
        """Attaches to the double-clicked request of the list."""
        if event.chain == 2 and self.get_widget_at(event.screen_x, event.screen_y)[0].id == "waiting":
            self.action_attach()

    def action_page(self, by: int) -> None:
        """Scrolls a long request."""
        part = self.query_one("#request", VerticalScroll)
        part.scroll_relative(y=by * max(1, part.size.height - 1), animate=False)

    def action_pick(self, number: int, at: int | None = None) -> None:
        """Chooses an option of the question, by default of the current one; sends it where it is the whole answer."""
        item = self._with_questions()
        if item is None:
            return
        draft = self._drafts.of(item)
        draft = draft if at is None else draft.turned(at - draft.at)
        if number > len(item.questions[draft.at].options):
            self.say(NotAllowedNow(f"There is no option {number}.", remedy="t answers in your own words."))
            return
        self._take(item, draft.picked(item.questions, number))

    def action_turn(self, by: int) -> None:
        """Goes to another question of the same item."""
        item = self.item
        if item is not None and item.questions:
            self._drafts.put(item, self._drafts.of(item).turned(by))
            self.refresh_items()

    def action_words(self) -> None:
        """Asks for an answer in the person's own words."""
        item = self._with_questions()
        if item is None:
            return
        draft = self._drafts.of(item)

        async def take(words: str) -> None:
            new = draft.worded(item.questions, words)
            if is_answered_by_one_key(item.questions):
                await self._client.choose(item.id, new.choices)
            else:
                self._take(item, new)

        self._push(WordsDialog(take, item.questions[draft.at], draft.choices[draft.at].text))

    def action_send(self) -> None:
        """Sends the answers to all questions."""
        item = self._with_questions()
        if item is None:
            return
        draft = self._drafts.of(item)
        open_at = draft.first_open()
        if open_at is None:
            self.run_worker(self._guarded(self._client.choose(item.id, draft.choices)), group="answer")
            return
        self._drafts.put(item, draft.turned(open_at - draft.at))
        self.say(NotAllowedNow("A question is not answered yet.", remedy="Choose an option, or t for own words."))
        self.refresh_items()

    def _take(self, item: AttentionItem, draft: Draft) -> None:
        if is_answered_by_one_key(item.questions):
            self.run_worker(self._guarded(self._client.choose(item.id, draft.choices)), group="answer")
        else:
            self._drafts.put(item, draft)
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
        if item.kind is AttentionKind.PLAN:
            self.say(NotAllowedNow("No rule approves plans.", remedy="y approves this one."))
            return
        if item.tool is None:
            self.say(NotAllowedNow("What it asks exactly is not known.", remedy="Allow it once, or attach."))
            return
        submit = partial(self._client.allow_always, item.id)
        self._push(RuleDialog(submit, item, self._client.rules_file() or "this session only"))

    def action_deny(self) -> None:
        """Asks for the reason and denies."""
        item = self._answerable(also_questions=True)
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

    def _answerable(self, *, also_questions: bool = False) -> AttentionItem | None:
        item = self._seen()
        if item is None or item.can_answer or (also_questions and item.can_choose):
            return item
        remedy = "Choose an option by its number." if item.can_choose else "enter attaches to the agent."
        self.say(NotAllowedNow("This is no permission request.", remedy=remedy))
        return None

    def _with_questions(self) -> AttentionItem | None:
        item = self._seen()
        if item is None or item.can_choose:
            return item
        self.say(NotAllowedNow("This has no options to choose from."))
        return None

    def _seen(self) -> AttentionItem | None:
        """The chosen request, unless it came under the cursor just now."""
        if asyncio.get_running_loop().time() - self._moved_at < UNSEEN_S:
            self.say(NotAllowedNow("This is another request now.", remedy="Read it, then answer."))
            return None
        self.say(None)
        return self.item

    async def _guarded(self, answer: Awaitable[None]) -> None:
        try:
            with goes_on(self.job):
                await answer
        except OrchestratorError as problem:
            self.say(problem)
