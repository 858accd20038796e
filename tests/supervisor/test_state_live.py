"""What an agent does is seen although hooks are lost or none is sent, and settled agents cost nothing."""

from collections import Counter
from collections.abc import Mapping
from time import monotonic
from typing import Any

import pytest

from orchestrator_tui.agents import memories
from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.models import AgentState, MissionState, WaitingFor
from orchestrator_tui.core.verdict import Confidence, Source
from orchestrator_tui.pty.procs import STOPPED_STATE, ProcessInfo
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux

SOON_S = 4.0
"""Two seconds are aimed at; the rest is for machines that do something else too."""


@pytest.fixture
def deaf(live: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    """A supervisor that hears no hook from now on, as if they were all lost."""

    async def lost(agent_id: int, payload: Mapping[str, object]) -> Mapping[str, object]:
        return {}

    monkeypatch.setattr(live.supervisor.turns, "hook", lost)
    return live


async def type_line(live: Live, agent_id: int, text: str) -> None:
    await live.supervisor.fleet.manager.type_line(agent_id, text)


async def items(live: Live, kind: AttentionKind) -> list[AttentionItem]:
    return [item for item in await live.supervisor.inbox() if item.kind is kind]


async def test_an_interrupted_turn_is_idle_and_says_by_whom(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Long [[sleep 60]]", max_retries=0)
    await live.until_mission(mission_id, MissionState.RUNNING)
    await live.until_agent(agent_id, AgentState.BUSY)
    await live.supervisor.fleet.manager.send_keys(agent_id, "Escape")
    await live.until_agent(agent_id, AgentState.IDLE, SOON_S)
    verdict = live.supervisor.observer.verdict(agent_id)
    assert (verdict.state, verdict.source) == (AgentState.IDLE, Source.STATUS)
    assert verdict.confidence is not Confidence.LOW
    failed = await live.until_mission(mission_id, MissionState.FAILED)
    assert failed.error_code == "no_report"


async def test_an_idle_agent_whose_mission_runs_is_looked_at_until_that_ends(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Long [[sleep 60]]", max_retries=0)
    await live.until_mission(mission_id, MissionState.RUNNING)
    await live.until_agent(agent_id, AgentState.BUSY)

    async def lost(agent_id: int, payload: Mapping[str, object]) -> Mapping[str, object]:
        return {}

    monkeypatch.setattr(live.supervisor.turns, "hook", lost)
    # As after the adoption of an agent that stopped while no supervisor lived.
    live.supervisor.fleet.hand(agent_id).underway = None
    live.supervisor.fleet.book.transition(agent_id, AgentState.IDLE)
    await live.supervisor.fleet.manager.send_keys(agent_id, "Escape")
    failed = await live.until_mission(mission_id, MissionState.FAILED)
    assert failed.error_code == "no_report"


async def test_a_turn_of_which_no_hook_comes_is_busy_and_then_idle(deaf: Live) -> None:
    (agent_id,) = await deaf.spawn()
    await type_line(deaf, agent_id, "Think. [[sleep 6]]")
    await deaf.until_agent(agent_id, AgentState.BUSY, SOON_S)
    assert deaf.supervisor.observer.verdict(agent_id).source is Source.STATUS
    await deaf.until_agent(agent_id, AgentState.IDLE)


async def test_a_request_of_which_no_hook_comes_is_read_from_the_screen_and_answered(deaf: Live) -> None:
    (agent_id,) = await deaf.spawn()
    await type_line(deaf, agent_id, "Go. [[ask touch a.txt]] [[sleep 5]]")
    waiting = await deaf.until_agent(agent_id, AgentState.WAITING, SOON_S)
    assert waiting.waiting_for is WaitingFor.PERMISSION
    (item,) = await eventually(lambda: _with_text(deaf, "touch a.txt"), "the request is known in words")
    await deaf.supervisor.answer(item.id, True)
    await deaf.until_agent(agent_id, AgentState.BUSY, SOON_S)
    await deaf.until_agent(agent_id, AgentState.IDLE)


async def _with_text(live: Live, text: str) -> list[AttentionItem]:
    return [item for item in await items(live, AttentionKind.PERMISSION) if text in item.text and item.can_answer]


async def test_an_old_dialog_that_is_answered_in_the_pane_is_over(deaf: Live) -> None:
    (agent_id,) = await deaf.spawn()
    await type_line(deaf, agent_id, "Go. [[ask touch a.txt]] [[sleep 5]]")
    await deaf.until_agent(agent_id, AgentState.WAITING, SOON_S)
    await deaf.supervisor.fleet.manager.send_keys(agent_id, "y")
    await deaf.until_agent(agent_id, AgentState.BUSY, SOON_S)
    assert await items(deaf, AttentionKind.PERMISSION) == []


async def test_settled_agents_cost_no_command_and_no_file(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await live.spawn(3)
    fleet = live.supervisor.fleet
    looks: Counter[str] = Counter()
    capture, session_status = fleet.manager.capture, fleet.providers["demo"].session_status

    def counted(name: str, function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            looks[name] += 1
            return function(*arguments)

        return call

    for agent_id in ids:
        await eventually(lambda shown=agent_id: _was_looked_at(live, shown), "each was looked at once, after its start")
    monkeypatch.setattr(fleet.manager, "capture", counted("screen", capture))
    monkeypatch.setattr(fleet.providers["demo"], "session_status", counted("file", session_status))
    for _ in range(5):
        await live.supervisor.observer.tick()
    assert looks["screen"] == 0
    # The monitor's own look at everybody's health, once in five ticks, may fall in between.
    assert looks["file"] <= len(ids)
    assert (await live.supervisor.why(ids[0])).state is AgentState.IDLE
    assert looks["screen"] == 1


async def _was_looked_at(live: Live, agent_id: int) -> bool:
    await live.supervisor.observer.tick()
    return any(line.startswith("screen") for line in live.supervisor.observer.verdict(agent_id).reasoning)


async def test_a_stopped_process_is_named_and_waits_for_a_person(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    (agent_id,) = await live.spawn()
    manager = live.supervisor.fleet.manager
    runs = manager.process

    def stopped(asked: int) -> ProcessInfo | None:
        seen = runs(asked)
        return seen._replace(state=STOPPED_STATE) if seen is not None else None

    monkeypatch.setattr(manager, "process", stopped)
    live.supervisor.fleet.book.update(agent_id, held=True)
    (item,) = await eventually(lambda: items(live, AttentionKind.PROBLEM), "the problem waits for a person", SOON_S)
    assert "its process is stopped: `kill -CONT" in item.text
    assert live.agent(agent_id).reason == item.text
    assert [event["reason"] for event in live.events("attention")] == [item.text]
    monkeypatch.undo()
    await eventually(lambda: _are_gone(live), "the problem is over", SOON_S)
    assert live.agent(agent_id).reason is None


async def _are_gone(live: Live) -> bool:
    return not await items(live, AttentionKind.PROBLEM)


async def test_an_agent_that_never_asked_our_server_is_named(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "CONNECTS_WITHIN_MS", 0)
    monkeypatch.setattr(live.supervisor.fleet.providers["demo"], "lists_prompts", True)
    (agent_id,) = await live.spawn()
    (item,) = await eventually(lambda: items(live, AttentionKind.PROBLEM), "the problem waits for a person", SOON_S)
    assert item.agent_id == agent_id
    assert "MCP server `orchestrator` is not connected" in item.text
    live.supervisor.turns.prompts_listed(agent_id)
    await eventually(lambda: _are_gone(live), "the problem is over", SOON_S)


async def test_a_killed_program_is_no_longer_what_its_file_says(live: Live) -> None:
    (agent_id,) = await live.spawn(auto_restart=False)
    await live.add("Long [[sleep 60]]", max_retries=0)
    busy = await live.until_agent(agent_id, AgentState.BUSY)
    assert busy.pid is not None
    await live.supervisor.fleet.manager.kill(agent_id, "SIGKILL")
    verdict = live.supervisor.observer.verdict(agent_id)
    assert (verdict.state, verdict.source) == (AgentState.CRASHED, Source.PROCESS)


async def test_why_names_every_source(live: Live) -> None:
    (agent_id,) = await live.spawn()
    began = monotonic()
    verdict = await live.supervisor.why(agent_id)
    assert monotonic() - began < SOON_S
    heads = [line.partition(",")[0] for line in verdict.reasoning[:-1]]
    assert heads == ["hook", "session file", "screen", "process", "supervisor"]
    assert verdict.reasoning[-1].startswith("so idle, by the hook")
