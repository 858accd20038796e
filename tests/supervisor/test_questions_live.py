"""Questions and plans: held like permissions, answered whole, and over when the pane answered."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator_tui.agents.rule_book import RuleBook
from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.errors import NotAllowedNow, UsageError
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction
from orchestrator_tui.core.questions import Choice
from tests.supervisor.conftest import Live, eventually

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(60)]

QUESTION: dict[str, Any] = {
    "questions": [{"question": "Which?", "header": "W", "options": [{"label": "A"}, {"label": "B"}]}]
}
PLAN: dict[str, Any] = {"plan": "## First\n\nwrite it"}


def request(tool: str, tool_input: Mapping[str, object], event: str = "PermissionRequest") -> dict[str, object]:
    return {"hook_event_name": event, "tool_name": tool, "tool_input": tool_input}


async def asked(live: Live, tool: str, tool_input: Mapping[str, object]) -> tuple[AttentionItem, "asyncio.Task[Any]"]:
    """An agent whose program asks, and the hook that waits for the reply."""
    (agent_id,) = await live.spawn()
    fleet = live.supervisor.fleet
    # Its session file is written: what it says is older than the request.
    await eventually(lambda: fleet.own_word(fleet.book.get(agent_id)), "the program's own word")
    hook = asyncio.create_task(live.supervisor.hook(agent_id, request(tool, tool_input)))

    async def look() -> AttentionItem | None:
        return next((item for item in await live.supervisor.inbox() if item.tool == tool), None)

    item: AttentionItem = await eventually(look, "the request waits")
    return item, hook


def decision(reply: Mapping[str, Any]) -> Any:
    return reply["hookSpecificOutput"]["decision"]


async def test_a_question_is_answered_with_its_whole_input(live: Live) -> None:
    item, hook = await asked(live, "AskUserQuestion", QUESTION)
    assert (item.kind, item.options, item.can_choose, item.can_answer) == (
        AttentionKind.QUESTION,
        ("A", "B"),
        True,
        False,
    )
    with pytest.raises(NotAllowedNow, match="no permission request"):
        await live.supervisor.answer(item.id, True)
    with pytest.raises(UsageError, match="no option 3"):
        await live.supervisor.choose(item.id, [Choice((3,))])
    assert not hook.done()
    await live.supervisor.choose(item.id, [Choice((2,))])
    assert decision(await hook) == {"behavior": "allow", "updatedInput": {**QUESTION, "answers": {"Which?": "B"}}}
    assert live.events("permission")[-1]["message"] == "B"
    with pytest.raises(NotAllowedNow, match="does not wait any more"):
        await live.supervisor.choose(item.id, [Choice((1,))])


async def test_a_question_may_be_declined_with_a_message(live: Live) -> None:
    item, hook = await asked(live, "AskUserQuestion", QUESTION)
    await live.supervisor.answer(item.id, False, "decide yourself")
    assert decision(await hook) == {"behavior": "deny", "message": "decide yourself"}


async def test_a_plan_is_approved_by_its_own_input(live: Live) -> None:
    item, hook = await asked(live, "ExitPlanMode", PLAN)
    assert (item.kind, item.text, item.can_explain) == (AttentionKind.PLAN, "plan: First", True)
    with pytest.raises(NotAllowedNow, match="asks no question"):
        await live.supervisor.choose(item.id, [Choice((1,))])
    await live.supervisor.answer(item.id, True)
    assert decision(await hook) == {"behavior": "allow", "updatedInput": PLAN}


async def test_a_rule_for_everything_answers_no_question(live: Live) -> None:
    live.supervisor.permissions.rules = RuleBook([PermissionRule(action=RuleAction.ALLOW, tool="*")])
    item, hook = await asked(live, "AskUserQuestion", QUESTION)
    await live.supervisor.choose(item.id, [Choice((1,))])
    assert "answers" in decision(await hook)["updatedInput"]


async def test_what_was_answered_in_the_pane_is_over_here(live: Live) -> None:
    item, hook = await asked(live, "AskUserQuestion", QUESTION)
    assert item.agent_id is not None
    done = request("AskUserQuestion", {**QUESTION, "answers": {"Which?": "A"}}, "PostToolUse")
    await live.supervisor.hook(item.agent_id, done)
    assert list(await live.supervisor.inbox()) == []
    assert await hook == {}
    assert "answered in the pane" in live.events("permission")[-1]["reason"]
