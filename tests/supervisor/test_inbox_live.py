"""What waits for a person, answered from one place: real panes, demo agents, held hooks."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.agents.rule_book import RuleBook
from orchestrator_tui.agents.rule_files import RuleFile
from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.config import Settings
from orchestrator_tui.core.errors import NotAllowedNow, UsageError
from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction
from orchestrator_tui.core.views import AttentionChanged
from tests.supervisor.conftest import Live, eventually

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(60)]


async def waiting(live: Live, count: int = 1) -> list[AttentionItem]:
    async def look() -> list[AttentionItem] | None:
        items = list(await live.supervisor.inbox())
        return items if len(items) == count and all(item.tool for item in items) else None

    items: list[AttentionItem] = await eventually(look, f"{count} requests wait")
    return items


async def test_two_requests_are_answered_from_the_inbox_without_attaching(live: Live) -> None:
    await live.spawn(2)
    first = await live.add("One [[ask rm -r build]] [[output went on]]")
    await waiting(live)
    second = await live.add("Two [[ask git push]] [[output went on]]")
    oldest, newest = await waiting(live, 2)
    assert (oldest.kind, oldest.tool, oldest.tool_input) == (
        AttentionKind.PERMISSION,
        "Bash",
        {"command": "rm -r build"},
    )
    assert (oldest.mission_id, newest.mission_id) == (first, second)
    assert oldest.since <= newest.since
    await live.supervisor.answer(newest.id, False, "not today")
    await live.supervisor.answer(oldest.id, True)
    assert (await live.until_mission(first, MissionState.COMPLETED)).output == "went on"
    assert "denied: git push" in ((await live.until_mission(second, MissionState.COMPLETED)).output or "")
    assert list(await live.supervisor.inbox()) == []
    told = {(event["decision"], event["subject"]) for event in live.events("permission")}
    assert {("allow", "rm -r build"), ("deny", "git push")} <= told


async def test_an_answer_to_a_request_that_is_over_is_refused(live: Live) -> None:
    (agent_id,) = await live.spawn()
    await live.add("One [[ask first]] [[ask second]]")
    (first,) = await waiting(live)
    await live.supervisor.answer(first.id, True)

    async def is_other() -> bool:
        return any(item.id != first.id and item.tool for item in await live.supervisor.inbox())

    await eventually(is_other, "the second request waits")
    with pytest.raises(NotAllowedNow, match="does not wait any more"):
        await live.supervisor.answer(first.id, True)
    assert live.agent(agent_id).state is AgentState.WAITING


async def test_whoever_answers_in_the_pane_is_first(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("One [[ask rm -r build]] [[output went on]]")
    (item,) = await waiting(live)
    await live.supervisor.fleet.manager.send_keys(agent_id, "y")
    assert (await live.until_mission(mission_id, MissionState.COMPLETED)).output == "went on"
    with pytest.raises(NotAllowedNow):
        await live.supervisor.answer(item.id, True)
    assert list(await live.supervisor.inbox()) == []


async def test_a_request_whose_hook_is_lost_is_answered_by_a_key_after_a_look(live: Live) -> None:
    await live.spawn()
    live.supervisor.permissions._hold_s = 0.2  # pyright: ignore[reportPrivateUsage]
    mission_id = await live.add("One [[ask rm -r build]] [[output went on]]")

    async def lost() -> AttentionItem | None:
        return next((item for item in await live.supervisor.inbox() if item.tool and not item.can_explain), None)

    item = await eventually(lost, "the request is no longer held")
    with pytest.raises(UsageError, match="no message reaches it"):
        await live.supervisor.answer(item.id, False, "why")
    with pytest.raises(NotAllowedNow, match="does not show this request"):
        await live.supervisor.permissions.answer(replace(item, tool_input={"command": "something else"}), True)
    await live.supervisor.answer(item.id, True)
    assert (await live.until_mission(mission_id, MissionState.COMPLETED)).output == "went on"


async def test_a_feed_that_opened_on_a_request_hears_that_it_is_over(live: Live) -> None:
    earlier = await live.supervisor.open_feed()
    await live.spawn()
    async for update in earlier:
        if isinstance(update, AttentionChanged):
            assert update.items == ()
            break
    earlier.close()
    await live.add("One [[ask rm -r build]]")
    (item,) = await waiting(live)
    feed = await live.supervisor.open_feed()
    assert [one.id for one in feed.snapshot.attention] == [item.id]
    await live.supervisor.answer(item.id, True)
    async for update in feed:
        if isinstance(update, AttentionChanged) and not update.items:
            break
    feed.close()


async def test_rules_answer_without_asking_and_are_logged(live: Live) -> None:
    rules = (
        PermissionRule(action=RuleAction.ALLOW, tool="Bash", pattern="git *"),
        PermissionRule(action=RuleAction.DENY, tool="Bash", pattern="git push*"),
    )
    live.supervisor.permissions.rules = RuleBook(rules)
    await live.spawn()
    done = await live.until_mission(await live.add("A [[ask git status]] [[output ok]]"), MissionState.COMPLETED)
    assert done.output == "ok"
    done = await live.until_mission(await live.add("B [[ask git push -f]]"), MissionState.COMPLETED)
    assert done.output == "denied: git push -f"
    assert [event["decision"] for event in live.events("permission")] == ["allow", "deny"]
    assert "rule allow Bash(git *)" in live.events("permission")[0]["reason"]
    assert not any(event.get("state") == "waiting" for event in live.events("status"))


async def test_rules_edited_by_hand_count_at_once_and_a_bad_edit_is_an_item(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    good = '[[permissions]]\naction = "allow"\ntool = "Bash"\npattern = "git *"\n'
    live.supervisor.permissions.rules = RuleBook((), path, [RuleFile(path, may_allow=True)])
    await live.spawn()
    path.write_text(good)
    done = await live.until_mission(await live.add("A [[ask git status]] [[output ok]]"), MissionState.COMPLETED)
    assert done.output == "ok"
    path.write_text(good.replace("allow", "alow"))

    async def told() -> AttentionItem | None:
        return next((item for item in await live.supervisor.inbox() if item.kind is AttentionKind.RULES), None)

    item: AttentionItem = await eventually(told, "the bad edit is an item")
    assert "`permissions.0.action`" in item.text
    assert "stay in force" in item.details[-1]
    done = await live.until_mission(await live.add("B [[ask git log]] [[output ok]]"), MissionState.COMPLETED)
    assert done.output == "ok"
    path.write_text(good)

    async def is_over() -> bool:
        return await told() is None

    await eventually(is_over, "the item is gone")


async def test_always_saves_a_rule_and_the_next_request_is_not_asked(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "user" / "config.toml"
    live.supervisor.permissions.rules = RuleBook((), path)
    await live.spawn()
    first = await live.add("A [[ask git status]] [[output ok]]")
    (item,) = await waiting(live)
    narrow = PermissionRule(action=RuleAction.ALLOW, tool="Bash", pattern="git push*")
    with pytest.raises(UsageError, match="does not allow this request"):
        await live.supervisor.allow_always(item.id, narrow)
    assert not path.exists()
    await live.supervisor.allow_always(
        item.id, PermissionRule(action=RuleAction.ALLOW, tool="Bash", pattern="git status*")
    )
    await live.until_mission(first, MissionState.COMPLETED)
    assert 'pattern = "git status*"' in path.read_text()
    second = await live.add("B [[ask git status -s]] [[output ok]]")
    assert (await live.until_mission(second, MissionState.COMPLETED)).output == "ok"


async def test_a_request_outlives_the_supervisor(live: Live) -> None:
    await live.spawn()
    mission_id = await live.add("One [[ask rm -r build]] [[output went on]]")
    (before,) = await waiting(live)
    await live.let_go()
    await live.start()
    (item,) = await waiting(live)
    assert (item.id, item.since, item.tool_input) == (before.id, before.since, before.tool_input)
    await live.supervisor.answer(item.id, True)
    assert (await live.until_mission(mission_id, MissionState.COMPLETED)).output == "went on"


async def test_what_waits_too_long_runs_the_users_command_once(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = tmp_path / "notify.sh"
    script.write_text(f'#!/bin/sh\nprintf "%s|%s\\n" "$1" "$2" >> {told}\n')
    script.chmod(0o700)
    settings = Settings(person_idle_s=0, notify_after_s=0.2, notify_command=(str(script), "{title}", "{text}"))
    live = Live(tmp_path, settings)
    await live.start()
    try:
        await live.spawn()
        await live.add("One [[ask touch '{title}' $(id)]]")
        await eventually(told.exists, "the command ran")
        await live.let_go()
        await live.start()
        (item,) = await waiting(live)
        await live.supervisor.notifier.look()
        await live.supervisor.answer(item.id, True)
    finally:
        assert live.runtime is not None
        await live.runtime.aclose(stop_agents=True)
    assert told.read_text() == "agent-1 needs you: permission|Bash: touch '{title}' $(id)\n"
