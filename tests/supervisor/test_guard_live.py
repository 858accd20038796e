"""What a person has in an agent's pane is never touched, what we typed ourselves is never left behind."""

import asyncio
from typing import Any

import pytest

from orchestrator_tui.agents.guard import InputSight
from orchestrator_tui.core.errors import NotAllowedNow, TmuxUnavailable
from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.core.views import MissionView
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux

DRAFT = "a draft is in the input box"


async def sight(live: Live, agent_id: int) -> InputSight:
    fleet = live.supervisor.fleet
    pane = await fleet.manager.sight(agent_id)
    assert pane is not None
    return fleet.provider_of(fleet.book.get(agent_id)).input_sight(pane)


async def draft(live: Live, agent_id: int, text: str) -> None:
    """A person types and does not submit."""
    await live.supervisor.fleet.manager.type_text(agent_id, text)

    async def is_shown() -> bool:
        return (await sight(live, agent_id)).box == text

    await eventually(is_shown, "the draft is shown")


async def view(live: Live, mission_id: str) -> MissionView:
    feed = await live.supervisor.open_feed()
    feed.close()
    return next(mission for mission in feed.snapshot.missions if mission.id == mission_id)


async def until_says(live: Live, mission_id: str, state: MissionState, why: str) -> None:
    async def look() -> bool:
        shown = await view(live, mission_id)
        return (shown.state, shown.next) == (state, why)

    await eventually(look, f"{mission_id} is {state} and says: {why}")


@pytest.fixture
def keys(live: Live, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every key that we press from now on; texts are not among them."""
    pressed: list[str] = []
    manager = live.supervisor.fleet.manager
    press = manager.send_keys

    async def noting(agent_id: int, *names: str) -> None:
        pressed.extend(names)
        await press(agent_id, *names)

    monkeypatch.setattr(manager, "send_keys", noting)
    return pressed


async def test_a_mission_waits_for_a_draft_and_gives_its_claim_back(live: Live, keys: list[str]) -> None:
    (agent_id,) = await live.spawn()
    await draft(live, agent_id, "half a tho")
    mission_id = await live.add("Write it")
    await until_says(live, mission_id, MissionState.ASSIGNED, f"waits: {DRAFT}")
    assert live.agent(agent_id).reason == f"takes no mission: {DRAFT}"
    await until_says(live, mission_id, MissionState.PENDING, f"agent-1: {DRAFT}")
    (event,) = live.events("mission_undelivered")
    assert (event["reason"], event["undelivered"]) == (DRAFT, 0)
    assert live.events("attention") == []
    assert (await sight(live, agent_id)).box == "half a tho"
    assert keys == []
    await live.supervisor.fleet.manager.send_keys(agent_id, "C-u")
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert done.attempts == 1
    assert live.agent(agent_id).reason is None


async def test_another_agent_takes_what_waits_for_a_draft(live: Live) -> None:
    first, second = await live.spawn(2)
    await draft(live, first, "half a tho")
    mission_id = await live.add("Write it")
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert done.agent_id == second
    assert (await sight(live, first)).box == "half a tho"


async def test_a_cancelled_mission_that_only_waits_presses_nothing(live: Live, keys: list[str]) -> None:
    (agent_id,) = await live.spawn()
    await draft(live, agent_id, "half a tho")
    mission_id = await live.add("Write it")
    await until_says(live, mission_id, MissionState.ASSIGNED, f"waits: {DRAFT}")
    await live.supervisor.cancel_mission(mission_id)
    await live.until_mission(mission_id, MissionState.CANCELLED)
    assert (await sight(live, agent_id)).box == "half a tho"
    assert keys == []


async def test_a_swallowed_enter_is_pressed_once_more(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    await live.spawn()
    manager = live.supervisor.fleet.manager
    press = manager.send_keys
    swallowed: list[str] = []

    async def swallowing(agent: int, *names: str) -> None:
        if names == ("Enter",) and not swallowed:
            swallowed.append("Enter")
            return
        await press(agent, *names)

    monkeypatch.setattr(manager, "send_keys", swallowing)
    done = await live.until_mission(await live.add("Write it"), MissionState.COMPLETED)
    assert (done.attempts, swallowed) == (1, ["Enter"])
    assert live.events("mission_undelivered") == []


async def test_a_line_that_is_never_taken_leaves_an_empty_box(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    (agent_id,) = await live.spawn()
    manager = live.supervisor.fleet.manager
    monkeypatch.setattr(live.supervisor.delivery, "_timeout_s", 0.5)
    press = manager.send_keys

    async def deaf(agent: int, *names: str) -> None:
        if names != ("Enter",):
            await press(agent, *names)

    with monkeypatch.context() as patch:
        patch.setattr(manager, "send_keys", deaf)
        mission_id = await live.add("Write it")
        await eventually(lambda: live.events("mission_undelivered"), "it is given back")
        assert "no acknowledgement" in live.events("mission_undelivered")[0]["reason"]
        assert (await sight(live, agent_id)).box == ""
    await live.until_mission(mission_id, MissionState.COMPLETED)


async def test_a_person_who_begins_to_write_in_the_same_moment_keeps_what_they_wrote(
    live: Live, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (agent_id,) = await live.spawn()
    monkeypatch.setattr(live.supervisor.delivery.typist, "_echo_s", 0.5)
    manager = live.supervisor.fleet.manager
    write = manager.type_text
    wrote: list[str] = []

    async def beside(agent: int, text: str) -> None:
        if not wrote:
            wrote.append("mine: ")
            await write(agent, "mine: ")
        await write(agent, text)

    monkeypatch.setattr(manager, "type_text", beside)
    mission_id = await live.add("Write it")
    await until_says(live, mission_id, MissionState.PENDING, f"agent-1: {DRAFT}")
    assert (await sight(live, agent_id)).box == "mine: ".rstrip()
    assert "Enter" not in keys
    await manager.send_keys(agent_id, "C-u")
    await live.until_mission(mission_id, MissionState.COMPLETED)


async def test_an_own_line_that_was_left_behind_is_cleared_and_nobody_elses(live: Live) -> None:
    (agent_id,) = await live.spawn()
    line = "/mcp__orchestrator__mission earlier"
    await draft(live, agent_id, line)
    mission_id = await live.add("Write it")
    await until_says(live, mission_id, MissionState.ASSIGNED, f"waits: {DRAFT}")
    live.supervisor.fleet.hand(agent_id).own_line = line
    await live.until_mission(mission_id, MissionState.COMPLETED)
    assert live.events("mission_undelivered") == []


async def test_a_look_at_the_pane_while_a_line_is_being_typed_does_not_take_it_for_a_left_over(
    live: Live, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (agent_id,) = await live.spawn()
    manager, approach = live.supervisor.fleet.manager, live.supervisor.delivery.approach
    write = manager.type_text
    looks: list[asyncio.Task[bool]] = []

    async def looked_at(agent: int, text: str) -> None:
        await write(agent, text)

        async def is_shown() -> bool:
            return (await sight(live, agent_id)).box == text

        await eventually(is_shown, "the line is shown")
        looks.append(asyncio.create_task(approach.is_free(live.supervisor.fleet.book.get(agent))))
        await asyncio.wait(looks, timeout=0.3)

    monkeypatch.setattr(manager, "type_text", looked_at)
    await live.until_mission(await live.add("Write it"), MissionState.COMPLETED)
    assert len(looks) == 1
    assert "C-u" not in keys
    assert live.events("mission_undelivered") == []


async def test_a_line_that_was_submitted_and_not_taken_yet_is_no_left_over(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    (agent_id,) = await live.spawn()
    manager, approach = live.supervisor.fleet.manager, live.supervisor.delivery.approach
    press = manager.send_keys
    pressed: list[str] = []

    async def swallowing(agent: int, *names: str) -> None:
        pressed.extend(names)
        if len(pressed) > 1:
            await press(agent, *names)

    monkeypatch.setattr(manager, "send_keys", swallowing)
    mission_id = await live.add("Write it")
    await eventually(lambda: pressed, "the line is submitted")
    assert not await approach.is_free(live.supervisor.fleet.book.get(agent_id))
    await live.until_mission(mission_id, MissionState.COMPLETED)
    assert pressed == ["Enter", "Enter"]
    assert live.events("mission_undelivered") == []


async def test_a_line_that_could_not_be_submitted_is_cleared_and_typed_again(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live.spawn()
    manager = live.supervisor.fleet.manager
    press = manager.send_keys
    refused: list[str] = []

    async def refusing(agent: int, *names: str) -> None:
        if names == ("Enter",) and not refused:
            refused.append("Enter")
            raise TmuxUnavailable("tmux does not answer.", remedy="Wait.")
        await press(agent, *names)

    monkeypatch.setattr(manager, "send_keys", refusing)
    done = await live.until_mission(await live.add("Write it"), MissionState.COMPLETED)
    assert (done.attempts, refused) == (1, ["Enter"])


async def test_a_line_is_not_sent_into_a_draft_and_the_reason_is_told(live: Live) -> None:
    (agent_id,) = await live.spawn()
    await draft(live, agent_id, "half a tho")
    with pytest.raises(NotAllowedNow, match=DRAFT):
        await live.supervisor.send(agent_id, "hello")
    assert (await sight(live, agent_id)).box == "half a tho"
    await live.supervisor.fleet.manager.send_keys(agent_id, "C-u")
    while (await sight(live, agent_id)).box:
        await asyncio.sleep(0.02)
    await live.supervisor.send(agent_id, "hello")
    await live.until_agent(agent_id, AgentState.IDLE)
    assert "hello" in await live.supervisor.fleet.manager.capture_text(agent_id)


async def test_a_line_that_is_never_taken_is_told_and_leaves_an_empty_box(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    (agent_id,) = await live.spawn()
    manager = live.supervisor.fleet.manager
    press = manager.send_keys

    async def deaf(agent: int, *names: str) -> None:
        if names != ("Enter",):
            await press(agent, *names)

    monkeypatch.setattr(manager, "send_keys", deaf)
    with pytest.raises(NotAllowedNow, match="did not take the line"):
        await live.supervisor.send(agent_id, "hello")
    assert (await sight(live, agent_id)).box == ""


async def test_panes_are_not_looked_at_while_nothing_waits(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    (agent_id,) = await live.spawn()
    await draft(live, agent_id, "half a tho")
    mission_id = await live.add("Write it")
    await until_says(live, mission_id, MissionState.PENDING, f"agent-1: {DRAFT}")
    manager = live.supervisor.fleet.manager
    looks: list[int] = []
    see = manager.sight

    async def counted(agent: int) -> Any:
        looks.append(agent)
        return await see(agent)

    monkeypatch.setattr(manager, "sight", counted)
    began = asyncio.get_running_loop().time()
    await eventually(lambda: len(looks) >= 3, "it is looked at while the mission waits")
    assert len(looks) <= 5 * (asyncio.get_running_loop().time() - began) + 1
    await live.supervisor.cancel_mission(mission_id)
    await eventually(lambda: live.agent(agent_id).reason is None, "nothing waits for it any more")
    looks.clear()
    # Long enough for four looks.
    await asyncio.sleep(2.0)
    assert looks == []
