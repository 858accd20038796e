"""Permission requests of agents: answered by a rule, held for a person, or left to the dialog in the pane.

Whoever answers first counts: the person here (the held hook's reply) or the person in the pane (seen by the next hook,
by the connection that the program closes, or by its own word). A request that is no longer held is answered by a key,
after the dialog's text was seen on the screen.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.rule_book import RuleBook
from orchestrator_tui.agents.screen_rules import question_in
from orchestrator_tui.core.attention import QUESTION_TOOLS, Ask, AttentionItem, AttentionKind, attention
from orchestrator_tui.core.errors import NotAllowedNow, UsageError
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentRecord, AgentState, Mission, WaitingFor
from orchestrator_tui.core.permission_rules import RuleAction, decide, subject_of

log = logging.getLogger(__name__)

HOLD_S = 86_340.0
"""A minute less than the time that the hook is given by the program: the reply is ours to end."""

SETTLED_MS = 1_000
_ESCAPES = re.compile(rb"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_SEEN_CHARACTERS = 60
_NOTHING: Mapping[str, object] = {}


@dataclass(slots=True)
class _Open:
    """A request and the reply that its hook waits for."""

    ask: Ask
    reply: "asyncio.Future[Mapping[str, object]]"


class Permissions:
    """The open requests of all agents; whenever they change, the fleet is told that the agent did."""

    def __init__(self, fleet: Fleet, rules: RuleBook, *, hold_s: float = HOLD_S) -> None:
        self._fleet = fleet
        self.rules = rules
        self._hold_s = hold_s
        self.sources: list[Callable[[], Iterable[AttentionItem]]] = []
        self._open: dict[str, _Open] = {}
        self._last_id = 0

    def asks(self) -> Sequence[Ask]:
        """The open requests, oldest first."""
        return [entry.ask for entry in self._open.values()]

    def by_rule(self, record: AgentRecord, payload: Mapping[str, object]) -> Mapping[str, object] | None:
        """The reply that a rule gives to a request, told in the event log; None when a person has to decide."""
        tool, tool_input = _request(payload)
        if not tool or tool in QUESTION_TOOLS:
            return None
        rule = decide(self.rules.rules, tool, tool_input)
        if rule is None:
            return None
        self._tell(record.id, tool, tool_input, rule.action.value, f"rule {rule}")
        if rule.action is RuleAction.ASK:
            return None
        return reply_of(
            rule.action is RuleAction.ALLOW, f"A rule of the user denies this: {rule.tool}({rule.pattern})."
        )

    async def hold(self, record: AgentRecord, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Waits until a person has answered; an empty reply leaves the dialog in the pane open."""
        tool, tool_input = _request(payload)
        if not tool:
            return _NOTHING
        self._last_id += 1
        is_question = tool in QUESTION_TOOLS
        ask = Ask(
            f"ask-{self._last_id}", record.id, self._fleet.clock.now_ms(), tool, tool_input, is_held=not is_question
        )
        entry = _Open(ask, asyncio.get_running_loop().create_future())
        self._open[ask.id] = entry
        self._announce(record.id)
        if is_question:
            return _NOTHING
        try:
            async with asyncio.timeout(self._hold_s):
                return await entry.reply
        except TimeoutError:
            return _NOTHING
        finally:
            # Still open: the connection was lost, or we waited as long as we may. The dialog may be there yet.
            if self._open.get(ask.id) is entry:
                self._open[ask.id] = _Open(replace(ask, is_held=False), entry.reply)
                self._announce(record.id)

    def settle(self, agent_id: int, payload: Mapping[str, object] | None = None) -> bool:
        """Forgets what was answered in the pane: the request that ``payload`` shows as done, or all of the agent.

        Returns whether requests of the agent are left.
        """
        done = None if payload is None else _request(payload)
        for name, entry in list(self._open.items()):
            ask = entry.ask
            if ask.agent_id == agent_id and (done is None or done == (ask.tool, ask.tool_input)):
                self._close(name, _NOTHING)
                self._tell(agent_id, ask.tool, ask.tool_input, "over", "answered in the pane or given up")
        return any(entry.ask.agent_id == agent_id for entry in self._open.values())

    def take_own_words(self) -> None:
        """A program that says it works again was answered in its pane, though its tool still runs."""
        now = self._fleet.clock.now_ms()
        for agent_id in {entry.ask.agent_id for entry in self._open.values()}:
            record = self._fleet.book.find(agent_id)
            if record is None or record.state is not AgentState.WAITING:
                self.settle(agent_id)
                continue
            word = self._fleet.own_word(record)
            newest = max(entry.ask.since for entry in self._open.values() if entry.ask.agent_id == agent_id)
            if word is None or word.state is not AgentState.BUSY or word.updated_at is None:
                continue
            if word.updated_at > newest and now - word.updated_at > SETTLED_MS:
                self.settle(agent_id)
                self._fleet.book.transition(agent_id, AgentState.BUSY)

    def items(self, missions: Sequence[Mission]) -> tuple[AttentionItem, ...]:
        """Everything that waits for a person, oldest first."""
        fleet = self._fleet
        holding = {agent_id: hand.current() for agent_id, hand in fleet.hands.items()}
        current = {agent_id: mission.id for agent_id, mission in holding.items() if mission is not None}
        others = [item for source in self.sources for item in source()]
        return attention(fleet.book.records(), missions, self.asks(), current, others)

    async def answer(self, item: AttentionItem, allow: bool, message: str = "") -> None:
        """Answers a permission request that is among the current items. Raises NotAllowedNow, UsageError."""
        if not item.can_answer or item.agent_id is None:
            raise NotAllowedNow(
                f"{item.id} is no permission request: {item.text}.",
                remedy="Attach to the agent (enter) and answer there.",
                field="id",
            )
        entry = self._open.get(item.id)
        record = self._fleet.book.get(item.agent_id)
        verdict = "allow" if allow else "deny"
        if entry is not None and entry.ask.is_held and not entry.reply.done():
            self._close(item.id, reply_of(allow, message or "The person who runs this session denied it."))
            self._tell(record.id, entry.ask.tool, entry.ask.tool_input, verdict, "a person", message)
        else:
            if message:
                raise UsageError(
                    "The request is no longer held by its program, so no message reaches it.",
                    remedy="Deny without a message, or attach and write it there.",
                    field="message",
                )
            await self._answer_by_key(record, item, allow)
            self._close(item.id, _NOTHING)
            self._tell(record.id, item.tool or "", item.tool_input, verdict, "a person, by key")
        if not any(other.ask.agent_id == record.id for other in self._open.values()):
            self._fleet.book.transition(record.id, AgentState.BUSY)

    async def _answer_by_key(self, record: AgentRecord, item: AttentionItem, allow: bool) -> None:
        if record.state is not AgentState.WAITING or record.waiting_for is not WaitingFor.PERMISSION:
            raise NotAllowedNow(f"{record.name} does not wait for a permission.", field="id")
        if not await self._shows(record, item):
            raise NotAllowedNow(
                f"{record.name} does not show this request any more: {item.text}.",
                remedy="Look at its pane (enter) and answer there.",
                field="id",
            )
        await self._fleet.manager.send_keys(record.id, *self._fleet.provider_of(record).answer_keys(allow))

    async def _shows(self, record: AgentRecord, item: AttentionItem) -> bool:
        """Whether the request is still what the agent's screen asks."""
        manager = self._fleet.manager
        screen = self._fleet.provider_of(record).screen
        if screen is not None:
            return question_in(screen.rules, await manager.capture_text(record.id)) == record.reason
        frame = await manager.capture(record.id)
        return frame is not None and shows_dialog(frame.lines, _subject_of(item))

    def _close(self, name: str, reply: Mapping[str, object]) -> None:
        entry = self._open.pop(name, None)
        if entry is None:
            return
        if not entry.reply.done():
            entry.reply.set_result(reply)
        self._announce(entry.ask.agent_id)

    def _announce(self, agent_id: int) -> None:
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


def reply_of(allow: bool, message: str) -> Mapping[str, object]:
    """The hook's reply that answers a request; ``message`` goes to the model with a denial."""
    decision: dict[str, object] = {"behavior": "allow"} if allow else {"behavior": "deny", "message": message}
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}}


def shows_dialog(lines: Sequence[bytes], subject: str) -> bool:
    """Whether a screen shows an open permission dialog for this subject, however its lines are wrapped or framed."""
    text = _bare(b"\n".join(_ESCAPES.sub(b"", line) for line in lines).decode("utf-8", "replace"))
    question = text.rfind("Doyouwantto")
    wanted = _bare(subject)[:_SEEN_CHARACTERS]
    return question >= 0 and bool(wanted) and wanted in text


def _bare(text: str) -> str:
    return re.sub(r"[\s\u2500-\u257f⏎]+", "", text)


def _subject_of(item: AttentionItem) -> str:
    if item.tool_input:
        return subject_of(item.tool_input)
    return item.text.partition(": ")[2] or item.text


def _request(payload: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    tool, given = payload.get("tool_name"), payload.get("tool_input")
    fields = cast("dict[str, object]", given) if isinstance(given, dict) else {}
    return (tool if isinstance(tool, str) else ""), fields


def permission_item(items: Sequence[AttentionItem], agent_id: int) -> AttentionItem | None:
    """The oldest permission request of an agent."""
    wanted = (item for item in items if item.agent_id == agent_id and item.kind is AttentionKind.PERMISSION)
    return next(wanted, None)
