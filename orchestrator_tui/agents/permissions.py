"""What agents ask a person: answered by a rule, held for a person, or left to the dialog in the pane.

Whoever answers first counts: the person here (the held hook's reply) or the person in the pane (seen by the next hook,
by the connection that the program closes, or by its own word). A request that is no longer held is answered by keys,
after the dialog's text was seen on the screen.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.inbox_store import InboxStore
from orchestrator_tui.agents.pane_answers import DENIED, PaneAnswers
from orchestrator_tui.agents.permission_replies import NOTHING, answers_reply, verdict_reply
from orchestrator_tui.agents.rule_book import RuleBook
from orchestrator_tui.agents.rule_watch import RuleWatch
from orchestrator_tui.core.attention import Ask, AttentionItem, AttentionKind, attention
from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission
from orchestrator_tui.core.permission_rules import RuleAction, decide, subject_of
from orchestrator_tui.core.questions import DIALOG_TOOLS, Choice, answer_texts, fitting

Source = Callable[[Sequence[Mission]], Iterable[AttentionItem]]
"""Items of one kind that wait for a person, out of the missions that are looked at."""

HOLD_S = 86_340.0
"""A minute less than the time that the hook is given by the program: the reply is ours to end."""

SETTLED_MS = 1_000


@dataclass(slots=True)
class _Open:
    """A request and the reply that its hook waits for."""

    ask: Ask
    reply: "asyncio.Future[Mapping[str, object]]"


class Permissions:
    """The open requests of all agents; whenever they change, the fleet is told that the agent did."""

    def __init__(self, fleet: Fleet, rules: RuleBook, store: InboxStore, *, hold_s: float = HOLD_S) -> None:
        self._fleet = fleet
        self._store = store
        self.rules = rules
        self._hold_s = hold_s
        self._open: dict[str, _Open] = {}
        self._last_id = store.kept.last_id
        self._earlier = {ask.id: replace(ask, is_held=False) for ask in store.kept.asks}
        self._panes = PaneAnswers(fleet)
        self._rule_watch = RuleWatch(fleet, lambda: self.rules)
        self.sources: list[Source] = [lambda _: self._rule_watch.items()]

    def restore(self) -> None:
        """Takes over the requests that agents made of an earlier supervisor and still wait on."""
        earlier, self._earlier = self._earlier, {}
        for ask in earlier.values():
            record = self._fleet.book.find(ask.agent_id)
            if record is not None and record.state is AgentState.WAITING:
                self._put(ask)

    def asks(self) -> Sequence[Ask]:
        """The open requests, oldest first."""
        return [entry.ask for entry in self._open.values()]

    def by_rule(self, record: AgentRecord, payload: Mapping[str, object]) -> Mapping[str, object] | None:
        """The reply that a rule gives to a request, told in the event log; None when a person has to decide."""
        tool, tool_input = _request(payload)
        if not tool or tool in DIALOG_TOOLS:
            return None
        self._rule_watch.look()
        rule = decide(self.rules.rules, tool, tool_input)
        if rule is None:
            return None
        self._tell(record.id, tool, tool_input, rule.action.value, f"rule {rule}")
        if rule.action is RuleAction.ASK:
            return None
        return verdict_reply(
            rule.action is RuleAction.ALLOW,
            f"A rule of the user denies this: {rule.tool}({rule.pattern}).",
            tool,
            tool_input,
        )

    async def hold(self, record: AgentRecord, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Waits until a person has answered; an empty reply leaves the dialog in the pane open."""
        tool, tool_input = _request(payload)
        if not tool:
            return NOTHING
        ask = self._asked_again(record.id, tool, tool_input)
        if ask is None:
            self._last_id += 1
            ask = Ask(f"ask-{self._last_id}", record.id, self._fleet.clock.now_ms(), tool, tool_input)
        entry = self._put(ask)
        try:
            async with asyncio.timeout(self._hold_s):
                return await entry.reply
        except TimeoutError:
            return NOTHING
        finally:
            # Still open: the connection was lost, or we waited as long as we may. The dialog may be there yet.
            if self._open.get(ask.id) is entry:
                self._put(replace(ask, is_held=False))

    def settle(self, agent_id: int, payload: Mapping[str, object] | None = None) -> bool:
        """Forgets what was answered in the pane: the request that ``payload`` shows as done, or all of the agent.

        Returns whether requests of the agent are left.
        """
        done = None if payload is None else _request(payload)
        for name, entry in list(self._open.items()):
            ask = entry.ask
            if ask.agent_id == agent_id and (done is None or _is_done(ask, *done)):
                self._close(name, NOTHING)
                self._tell(agent_id, ask.tool, ask.tool_input, "over", "answered in the pane or given up")
        return any(entry.ask.agent_id == agent_id for entry in self._open.values())

    def take_own_words(self) -> None:
        """Believes a program's own word that its dialog is over, which no hook tells at that moment.

        It works again: it was answered in its pane, and the tool still runs. It is idle: it was interrupted there;
        what becomes of the turn is decided elsewhere.
        """
        self._rule_watch.look()
        now = self._fleet.clock.now_ms()
        for agent_id in {entry.ask.agent_id for entry in self._open.values()}:
            record = self._fleet.book.find(agent_id)
            if record is None or record.state is not AgentState.WAITING:
                self.settle(agent_id)
                continue
            word = self._fleet.own_word(record)
            newest = max(entry.ask.since for entry in self._open.values() if entry.ask.agent_id == agent_id)
            if word is None or word.state not in (AgentState.BUSY, AgentState.IDLE) or word.updated_at is None:
                continue
            if word.updated_at > newest and now - word.updated_at > SETTLED_MS:
                self.settle(agent_id)
                self._fleet.book.transition(agent_id, AgentState.BUSY)

    def items(self, missions: Sequence[Mission]) -> tuple[AttentionItem, ...]:
        """Everything that waits for a person, oldest first."""
        fleet = self._fleet
        holding = {agent_id: hand.current() for agent_id, hand in fleet.hands.items()}
        current = {agent_id: mission.id for agent_id, mission in holding.items() if mission is not None}
        others = [item for source in self.sources for item in source(missions)]
        return attention(fleet.book.records(), missions, self.asks(), current, others)

    async def answer(self, item: AttentionItem, allow: bool, message: str = "") -> None:
        """Allows or denies what is among the current items. Raises NotAllowedNow, UsageError."""
        held = self._held(item)
        if item.agent_id is None or not (item.can_answer or (item.can_choose and held is not None and not allow)):
            raise NotAllowedNow(
                f"{item.id} is no permission request: {item.text}.",
                remedy="Choose an option." if item.can_choose else "Attach to the agent (enter) and answer there.",
                field="id",
            )
        verdict = "allow" if allow else "deny"
        if held is not None:
            ask = held.ask
            self._close(item.id, verdict_reply(allow, message or DENIED, ask.tool, ask.tool_input))
        else:
            await self._panes.answer(self._fleet.book.get(item.agent_id), item, allow, message)
            self._close(item.id, NOTHING)
        self._answered(item, verdict, "a person" if held else "a person, by key", message)

    async def choose(self, item: AttentionItem, choices: Sequence[Choice]) -> None:
        """Answers the questions of an item that is among the current ones. Raises NotAllowedNow, UsageError."""
        if not item.can_choose or item.agent_id is None:
            raise NotAllowedNow(
                f"{item.id} asks no question with options: {item.text}.",
                remedy="Allow or deny it." if item.can_answer else "Attach to the agent (enter) and answer there.",
                field="id",
            )
        chosen = fitting(item.questions, choices)
        texts = answer_texts(item.questions, chosen)
        held = self._held(item)
        if held is not None:
            self._close(item.id, answers_reply(held.ask.tool_input, texts))
        else:
            await self._panes.choose(self._fleet.book.get(item.agent_id), item, chosen)
            self._close(item.id, NOTHING)
        self._answered(item, "answer", "a person" if held else "a person, by key", " / ".join(texts.values()))

    def _asked_again(self, agent_id: int, tool: str, tool_input: Mapping[str, object]) -> Ask | None:
        """A request whose reply was lost, when its program makes it once more: it keeps its id and time."""
        for ask in [*self._earlier.values(), *self.asks()]:
            if not ask.is_held and (ask.agent_id, ask.tool, ask.tool_input) == (agent_id, tool, tool_input):
                self._earlier.pop(ask.id, None)
                return replace(ask, is_held=True)
        return None

    def _put(self, ask: Ask) -> _Open:
        entry = self._open[ask.id] = _Open(ask, asyncio.get_running_loop().create_future())
        self._announce(ask.agent_id)
        return entry

    def _held(self, item: AttentionItem) -> _Open | None:
        """The open request behind an item whose program waits for our reply."""
        entry = self._open.get(item.id)
        return entry if entry is not None and entry.ask.is_held and not entry.reply.done() else None

    def _answered(self, item: AttentionItem, verdict: str, by: str, message: str) -> None:
        assert item.agent_id is not None
        self._tell(item.agent_id, item.tool or "", item.tool_input, verdict, by, message)
        if not any(other.ask.agent_id == item.agent_id for other in self._open.values()):
            self._fleet.book.transition(item.agent_id, AgentState.BUSY)

    def _close(self, name: str, reply: Mapping[str, object]) -> None:
        entry = self._open.pop(name, None)
        if entry is None:
            return
        if not entry.reply.done():
            entry.reply.set_result(reply)
        self._announce(entry.ask.agent_id)

    def _announce(self, agent_id: int) -> None:
        self._store.keep_asks(self._last_id, self.asks())
        self._fleet.changed(agent_id)

    def _tell(
        self, agent_id: int, tool: str, tool_input: Mapping[str, object], decision: str, by: str, message: str = ""
    ) -> None:
        subject = " ".join(subject_of(tool_input).split())[:300]
        data: dict[str, object] = {
            "reason": f"{decision} {tool}({subject}) by {by}" if decision != "over" else f"{tool}({subject}): {by}",
            "decision": decision,
            "tool": tool,
            "subject": subject,
            "by": by,
        }
        if message:
            data["message"] = message
        self._fleet.publish(Event(EventType.PERMISSION, self._fleet.clock.now_ms(), agent_id=agent_id, data=data))


def _is_done(ask: Ask, tool: str, tool_input: Mapping[str, object]) -> bool:
    """Whether a tool that ran is the one asked for; the answers of a dialog have become part of its input."""
    return ask.tool == tool and (tool in DIALOG_TOOLS or ask.tool_input == tool_input)


def _request(payload: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    tool, given = payload.get("tool_name"), payload.get("tool_input")
    fields = cast("dict[str, object]", given) if isinstance(given, dict) else {}
    return (tool if isinstance(tool, str) else ""), fields


def permission_item(items: Sequence[AttentionItem], agent_id: int) -> AttentionItem | None:
    """The oldest permission request of an agent."""
    wanted = (item for item in items if item.agent_id == agent_id and item.kind is AttentionKind.PERMISSION)
    return next(wanted, None)
