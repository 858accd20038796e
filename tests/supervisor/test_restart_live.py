"""Restarts that remember: the conversation as far as it can go on, and never the same refused start again."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator_tui.core.config import Settings
from orchestrator_tui.core.models import AgentRecord, AgentState, IsolationMode, MissionState, Priority
from tests.supervisor.conftest import Live, end, eventually
from tests.supervisor.test_isolation_live import git

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(60)]

STAND_IN = Path(__file__).with_name("stand_in_claude.py")


@pytest.fixture
async def claude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    """A supervisor whose Claude CLI is the stand-in, with a configuration folder of its own."""
    (tmp_path / "config").mkdir()
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    program = tmp_path / "claude"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {STAND_IN} "$@"\n')
    program.chmod(0o755)
    made = Live(tmp_path, Settings(person_idle_s=0, claude_command=str(program)), provider="claude")
    await made.start()
    yield made
    await end(made)


@pytest.fixture
def foreigners() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Processes of a person; ended afterwards."""
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for process in running:
        process.kill()
        process.wait()


def record(live: Live, agent_id: int) -> AgentRecord:
    return live.supervisor.fleet.book.get(agent_id)


def transcript(live: Live, conversation_id: str | None) -> Path:
    found = list((live.root / "config" / "projects").rglob(f"{conversation_id}.jsonl"))
    assert len(found) == 1
    return found[0]


def told(live: Live) -> list[str]:
    """Why conversations did not simply go on."""
    return [str(event["reason"]) for event in live.events("status") if "conversation_id" in event]


async def running(live: Live, agent_id: int) -> str:
    """A mission that the agent is at work on."""
    mission_id = await live.add("Write the parser, all of it")
    await live.until_mission(mission_id, MissionState.RUNNING)
    return mission_id


async def kill(live: Live, agent_id: int) -> None:
    pid, crashes = live.agent(agent_id).pid, record(live, agent_id).crashes
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await eventually(lambda: record(live, agent_id).crashes != crashes, "the death is dealt with")


async def attempt(live: Live, mission_id: str, number: int) -> Any:
    async def look() -> Any:
        mission = await live.supervisor.mission(mission_id)
        return mission if mission.state is MissionState.RUNNING and mission.attempts == number else None

    return await eventually(look, f"attempt {number} of {mission_id} runs", 30)


async def test_a_crash_resumes_the_same_conversation_with_one_line_about_it(claude: Live) -> None:
    (agent_id,) = await claude.spawn()
    mission_id = await running(claude, agent_id)
    before = record(claude, agent_id).conversation_id
    await kill(claude, agent_id)
    mission = await attempt(claude, mission_id, 2)
    assert record(claude, agent_id).conversation_id == before
    assert [entry.code for entry in mission.attempt_log] == ["agent_crashed", None]
    said = transcript(claude, before).read_text()
    assert said.count("You were restarted (killed by SIGKILL)") == 1
    assert told(claude) == []


@pytest.mark.parametrize("damage", ["gone", "empty", "no line of it is whole"])
async def test_without_its_transcript_a_begun_mission_begins_anew_with_its_whole_text(
    claude: Live, damage: str
) -> None:
    (agent_id,) = await claude.spawn()
    mission_id = await running(claude, agent_id)
    before = record(claude, agent_id).conversation_id
    file = transcript(claude, before)
    if damage == "gone":
        file.unlink()
    else:
        file.write_text("" if damage == "empty" else "\0" * 4096)
    await kill(claude, agent_id)
    await attempt(claude, mission_id, 2)
    after = record(claude, agent_id)
    assert after.conversation_id != before
    said = transcript(claude, after.conversation_id).read_text()
    assert "Write the parser, all of it" in said
    assert "You were restarted" not in said
    (why,) = told(claude)
    assert "a new one begins" in why
    assert [event["exit_status"] for event in claude.events("crash")] == [None]


async def test_a_restart_goes_on_with_what_ran_not_with_what_a_person_gave_the_agent_since(claude: Live) -> None:
    (agent_id,) = await claude.spawn()
    mission_id = await running(claude, agent_id)
    given = await claude.add("Something else", priority=Priority.CRITICAL)
    await claude.supervisor.assign_mission(given, agent_id)
    await claude.supervisor.restart(agent_id)
    await attempt(claude, mission_id, 2)
    assert (await claude.supervisor.mission(given)).attempts == 0


async def test_before_anything_was_said_the_same_conversation_begins_again(claude: Live) -> None:
    (agent_id,) = await claude.spawn()
    before = record(claude, agent_id).conversation_id
    await kill(claude, agent_id)
    await claude.until_agent(agent_id, AgentState.IDLE)
    assert record(claude, agent_id).conversation_id == before
    assert told(claude) == []


async def test_a_conversation_that_the_program_does_not_know_costs_one_restart(claude: Live) -> None:
    (agent_id,) = await claude.spawn()
    mission_id = await running(claude, agent_id)
    before = record(claude, agent_id).conversation_id
    # Looks like something that was said, and is no line that the program can read.
    transcript(claude, before).write_text('{"type":"user" torn\n')
    await kill(claude, agent_id)
    await attempt(claude, mission_id, 2)
    assert record(claude, agent_id).conversation_id != before
    assert [event["exit_status"] for event in claude.events("crash")] == [None, 1]
    (why,) = told(claude)
    assert f"No conversation found with session ID: {before}" in why


async def test_an_id_that_is_in_use_is_given_up(claude: Live) -> None:
    (agent_id,) = await claude.spawn()
    before = record(claude, agent_id).conversation_id
    folder = claude.root / "config" / "projects" / "".join(c if c.isalnum() else "-" for c in str(claude.root))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{before}.jsonl").write_text('{"type":"mode"}\n')
    await kill(claude, agent_id)
    await claude.until_agent(agent_id, AgentState.IDLE, 30)
    assert record(claude, agent_id).conversation_id != before
    (why,) = told(claude)
    assert "already in use" in why


async def test_arguments_that_are_refused_are_tried_twice_and_then_a_person_is_asked(claude: Live) -> None:
    (agent_id,) = await claude.spawn()
    mission_id = await running(claude, agent_id)
    (claude.root / "config" / "refuse").write_text("error: unknown option '--settings'")
    await kill(claude, agent_id)
    view = await claude.until_agent(agent_id, AgentState.FAILED, 30)
    assert "unknown option '--settings'" in (view.reason or "")
    assert [event["exit_status"] for event in claude.events("crash")] == [None, 1, 1]

    async def is_free() -> bool:
        mission = await claude.supervisor.mission(mission_id)
        return (mission.reserved_for, mission.attempts) == (None, 1)

    await eventually(is_free, "others may have the mission")
    (claude.root / "config" / "refuse").unlink()
    await claude.supervisor.restart(agent_id)
    await attempt(claude, mission_id, 2)


async def test_a_conversation_that_a_person_has_open_is_copied(
    claude: Live, foreigners: list["subprocess.Popen[bytes]"]
) -> None:
    (agent_id,) = await claude.spawn()
    mission_id = await running(claude, agent_id)
    before = record(claude, agent_id).conversation_id
    assert before is not None
    environ = {
        **os.environ,
        "ORCHESTRATOR_AGENT_HOOKS": "http://127.0.0.1:1/hooks",
        "ORCHESTRATOR_AGENT_TOKEN": "none",
    }
    command = [sys.executable, str(STAND_IN), "--resume", before]
    foreigners.append(subprocess.Popen(command, cwd=claude.root, env=environ))  # noqa: ASYNC220
    sessions = claude.root / "config" / "sessions"
    await eventually((sessions / f"{foreigners[0].pid}.json").exists, "the person's program has it open")
    await kill(claude, agent_id)
    await attempt(claude, mission_id, 2)
    after = record(claude, agent_id).conversation_id
    assert after != before
    assert transcript(claude, before).read_text().count("Write the parser") == 1
    copied = transcript(claude, after).read_text()
    assert copied.count("Write the parser") == 2
    assert "You were restarted" in copied
    (why,) = told(claude)
    assert why == f"the conversation is open in process {foreigners[0].pid}: a copy of it goes on here"


async def test_other_agents_start_while_a_dialog_is_open(claude: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    # A program that comes up at the end of a wait still has the whole time for its prompt.
    monkeypatch.setattr(claude.supervisor.delivery, "_timeout_s", 1.5)
    (claude.root / "config" / "late").write_text("1.0")
    first, second = await claude.spawn(2)
    await claude.supervisor.hold(second, True)
    (claude.root / "config" / "dialog").touch()
    held_back = await claude.add("Asked first")
    await claude.until_agent(first, AgentState.WAITING)
    await claude.supervisor.hold(second, False)
    other = await claude.add("Not asked")
    await claude.until_agent(second, AgentState.WAITING)
    # Both stand before their dialogs at once: the second start did not wait for the first one's answer.
    assert claude.agent(first).state is AgentState.WAITING
    await asyncio.sleep(1.6)
    assert [(await claude.supervisor.mission(key)).state for key in (held_back, other)] == [MissionState.ASSIGNED] * 2
    (claude.root / "config" / "dialog").unlink()
    for mission_id, agent_id in ((held_back, first), (other, second)):
        mission = await claude.until_mission(mission_id, MissionState.RUNNING)
        assert (mission.agent_id, mission.undelivered) == (agent_id, 0)


async def test_a_start_that_a_supervisor_did_not_see_through_is_waited_for(claude: Live) -> None:
    (agent_id,) = await claude.spawn()
    dialog = claude.root / "config" / "dialog"
    dialog.touch()
    mission_id = await claude.add("Asked first")
    await eventually(lambda: not claude.supervisor.fleet.hand(agent_id).has_session, "the start began")
    await eventually(lambda: claude.agent(agent_id).pid, "its program runs")
    await claude.let_go()
    await claude.start()
    # Longer than a running agent gets to fetch a mission.
    await asyncio.sleep(4.5)
    assert (await claude.supervisor.mission(mission_id)).state is MissionState.ASSIGNED
    dialog.unlink()
    mission = await claude.until_mission(mission_id, MissionState.RUNNING)
    assert (mission.agent_id, mission.undelivered) == (agent_id, 0)


async def test_after_a_forced_restart_the_mission_that_waited_behind_begins(claude: Live) -> None:
    (agent_id,) = await claude.spawn(max_concurrent_tasks=2)
    first = await claude.add("Hangs", timeout_ms=1_000, max_retries=0)
    await claude.until_mission(first, MissionState.RUNNING)
    second = await claude.add("Waits behind it")
    await claude.until_mission(second, MissionState.ASSIGNED)
    await claude.until_mission(first, MissionState.FAILED, 30)
    assert [event["reason"] for event in claude.events("fence")] == ["killed and started again"]
    mission = await claude.until_mission(second, MissionState.RUNNING, 20)
    assert (mission.agent_id, mission.undelivered) == (agent_id, 0)


async def test_an_isolated_agent_without_its_worktree_takes_no_mission(claude: Live) -> None:
    git(claude.root, "init", "-q")
    git(claude.root, "commit", "-q", "--allow-empty", "-m", "first")
    (agent_id,) = await claude.spawn(isolation_mode=IsolationMode.WORKTREE)
    claude.supervisor.fleet.book.update(agent_id, worktree=None)
    mission_id = await claude.add("Would be done in the shared folder")
    await eventually(lambda: claude.events("mission_undelivered"), "it is given back")
    assert "agent-1 has no worktree" in claude.events("mission_undelivered")[0]["reason"]
    assert (await claude.supervisor.mission(mission_id)).attempts == 0


@pytest.mark.parametrize("missing", ["files", "folder"])
async def test_a_start_that_is_not_possible_gives_the_mission_back_in_words(claude: Live, missing: str) -> None:
    work = claude.root / "work"
    work.mkdir()
    (agent_id,) = await claude.spawn(cwd=str(work))
    before = (claude.agent(agent_id).pid, record(claude, agent_id).conversation_id)
    file = claude.session.agent_files(agent_id) / "mcp.json"
    if missing == "files":
        file.unlink()
        file.mkdir()
    else:
        work.rmdir()
    mission_id = await claude.add("Cannot be given")
    await eventually(lambda: claude.events("mission_undelivered"), "it is given back")
    why = "The files of agent-1 cannot be written" if missing == "files" else "`cwd`"
    assert why in claude.events("mission_undelivered")[0]["reason"]
    # The old program lives on as it was.
    await claude.until_agent(agent_id, AgentState.IDLE)
    assert (claude.agent(agent_id).pid, record(claude, agent_id).conversation_id) == before
    if missing == "files":
        file.rmdir()
    else:
        work.mkdir()
    await claude.until_mission(mission_id, MissionState.RUNNING, 30)
