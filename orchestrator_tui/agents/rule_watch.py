"""Keeps the rules as the files say, and tells of it: an edit counts from the next request on."""

import zlib
from collections.abc import Callable, Iterable

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.rule_book import RuleBook
from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.events import Event, EventType


class RuleWatch:
    """A bad edit is an item until it is corrected."""

    def __init__(self, fleet: Fleet, rules: Callable[[], RuleBook]) -> None:
        self._fleet = fleet
        self._rules = rules
        self._since = 0

    def look(self) -> None:
        """Takes what changed."""
        rules = self._rules()
        if not rules.refresh():
            return
        self._since = self._fleet.clock.now_ms()
        if rules.problem is not None:
            self._fleet.attention(None, None, f"rules not read: {rules.problem}")
            return
        data: dict[str, object] = {"reason": f"rules read anew: {len(rules.rules)} in force", "decision": "reloaded"}
        self._fleet.publish(Event(EventType.PERMISSION, self._since, data=data))

    def items(self) -> Iterable[AttentionItem]:
        """The bad edit, if there is one."""
        problem = self._rules().problem
        if problem is None:
            return
        mark = zlib.crc32(str(problem).encode()) & 0xFFFFFF
        details = tuple(part for part in (problem.remedy, "The rules before this edit stay in force.") if part)
        yield AttentionItem(f"rules-{mark:06x}", AttentionKind.RULES, self._since, problem.message, details=details)
