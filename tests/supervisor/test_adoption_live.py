"""What a supervisor finds that another one left."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.pty.socket import socket_name
from tests.supervisor.conftest import Live, eventually

pytestmark = pytest.mark.tmux


async def test_agents_live_on_and_are_adopted_with_everything(live: Live) -> None:
    first, second = await live.spawn(2, role="coder", model="opus")
    await live.supervisor.rename(first, "parser")
    pids = [live.agent(agent_id).pid for agent_id in (first, second)]
    await live.let_go()
    await live.start()
    assert [live.agent(agent_id).pid for agent_id in (first, second)] == pids
    view = live.agent(first)
    assert (view.name, view.role, view.model, view.state) == ("parser", "coder", "opus", AgentState.IDLE)
    await live.until_mission(await live.add("Go on", role=view.role), MissionState.COMPLETED)


async def test_a_running_mission_goes_on_under_the_next_supervisor(live: Live, tmp_path: Path) -> None:
    await live.spawn()
    proof = tmp_path / "proof"
    mission_id = await live.add(f"Take a while [[append {proof} run]] [[sleep 1.5]] [[output done]]")
    await live.until_mission(mission_id, MissionState.RUNNING)
    await live.let_go()
    await live.start()
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert done.attempts == 1
    assert proof.read_text() == "run\n"


async def test_a_report_made_while_nobody_listened_arrives(live: Live) -> None:
    (agent_id,) = await live.spawn()
    mission_id = await live.add("Short [[sleep 0.5]] [[output heard]]")
    await live.until_mission(mission_id, MissionState.RUNNING)
    transcript_size = await _quiet_while_gone(live, agent_id)
    await live.start()
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert (done.output, done.attempts) == ("heard", 1)
    assert transcript_size > 0


async def _quiet_while_gone(live: Live, agent_id: int) -> int:
    """Lets go and returns when the agent has finished its work."""
    files = live.session.agent_files(agent_id)
    await live.let_go()

    def finished() -> int:
        texts = [path.read_text() for path in files.glob("transcripts/*.jsonl")]
        return sum(map(len, texts)) if any("heard" in text.splitlines()[-1] for text in texts) else 0

    size: int = await eventually(finished, "the agent wrote its last message")
    return size


async def test_an_agent_that_died_while_nobody_looked_is_a_crash_and_comes_back(live: Live) -> None:
    (agent_id,) = await live.spawn()
    pid = live.agent(agent_id).pid
    assert pid is not None
    await live.let_go()
    os.kill(pid, signal.SIGKILL)
    await live.start()
    await eventually(lambda: live.events("crash"), "the crash is known")
    assert [event["agent_id"] for event in live.events("crash")] == [agent_id]
    view = await live.until_agent(agent_id, AgentState.IDLE)
    assert view.pid != pid


async def test_when_tmux_itself_died_every_agent_is_made_anew_on_its_conversation(live: Live) -> None:
    ids = await live.spawn(3)
    conversations = {record.id: record.conversation_id for record in live.supervisor.fleet.book.records()}
    socket = socket_name(live.session.folder, live.session.name)
    subprocess.run(["tmux", "-L", socket, "kill-server"], check=True)  # noqa: ASYNC221
    for agent_id in ids:
        await eventually(lambda agent_id=agent_id: live.agent(agent_id).restarts == 1, f"agent {agent_id} restarted")
        await live.until_agent(agent_id, AgentState.IDLE)
    assert {record.id: record.conversation_id for record in live.supervisor.fleet.book.records()} == conversations
    await live.until_mission(await live.add("Still there"), MissionState.COMPLETED)


async def test_tmux_gone_while_nobody_looked(live: Live) -> None:
    ids = await live.spawn(2)
    mission_id = await live.add("Was running [[sleep 1]]")
    await live.until_mission(mission_id, MissionState.RUNNING)
    await live.let_go()
    socket = socket_name(live.session.folder, live.session.name)
    subprocess.run(["tmux", "-L", socket, "kill-server"], check=True)  # noqa: ASYNC221
    await live.start()
    for agent_id in ids:
        await live.until_agent(agent_id, AgentState.IDLE)
    done = await live.until_mission(mission_id, MissionState.COMPLETED)
    assert [attempt.code for attempt in done.attempt_log] == ["agent_crashed", None]


async def test_the_port_is_the_same_for_every_supervisor_of_the_session(live: Live) -> None:
    assert live.runtime is not None
    first = live.runtime.endpoint.port
    await live.let_go()
    await live.start()
    assert live.runtime.endpoint.port == first
