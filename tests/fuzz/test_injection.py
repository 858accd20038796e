"""What callers write is never anything but text: not to tmux, a shell, git, SQL, nor to anybody's terminal."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest
from psutil import Process

from orchestrator_tui.agents.credentials import Caller
from orchestrator_tui.core.config import AgentConfig, WorktreeConfig
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.models import IsolationMode, MissionSpec, MissionState
from orchestrator_tui.core.views import MissionChanges, SpawnRequest
from tests.acceptance.terminal import Terminal
from tests.conftest import Program
from tests.fuzz.hostile import CLIPBOARD, HOSTILE, MARK, payloads
from tests.fuzz.target import is_clear
from tests.supervisor.conftest import Live, eventually, live

assert live
pytestmark = pytest.mark.tmux

RUN_EVERY = 4
"""Of the texts, these are also carried out as missions."""

_STRING = re.compile(rb"\x1b[\]PX^_k](.*?)(?:\x07|\x1b\\)", re.DOTALL)
"""Control strings: whatever they say, an outer terminal would act on it."""


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
    )


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that nothing may make."""
    return tmp_path / "canary"


@pytest.mark.timeout(90)
async def test_nothing_that_a_caller_writes_is_ever_run(live: Live, canary: Path) -> None:
    repo = live.root / "repo"
    repo.mkdir()
    git(repo, "init", "-q", "-b", "main")
    git(repo, "commit", "-q", "--allow-empty", "-m", "x")
    supervisor = live.supervisor
    texts = payloads(str(canary))
    refused = taken = 0

    async def attempt(work: Any) -> bool:
        nonlocal refused, taken
        try:
            await work
        except OrchestratorError as error:
            is_clear(error)
            refused += 1
            return False
        taken += 1
        return True

    folder = live.root / f"#(touch {canary.name}) #{{pane_pid}} $(touch {canary.name}) 'x"
    folder.mkdir()
    await live.spawn(cwd=str(folder), env={"HOSTILE": "\n".join(texts)}, system_prompt="\n".join(texts))
    pid = live.agent(1).pid
    assert pid is not None
    running = Process(pid)
    assert running.cwd() == str(folder)
    assert running.environ()["HOSTILE"] == "\n".join(texts)
    for number, text in enumerate(texts):
        assert not await attempt(supervisor.rename(1, text)), "no such name is usable"
        await attempt(supervisor.note(1, text))
        await attempt(supervisor.send(1, text))
        await attempt(supervisor.mission(text))
        assert not await attempt(supervisor.add_mission(MissionSpec("x", id=text)))
        assert await attempt(supervisor.add_mission(MissionSpec(text, id=f"m-{number}", context=text)))
        await attempt(supervisor.update_mission(f"m-{number}", MissionChanges(prompt=text + text)))
        if number % RUN_EVERY:
            await attempt(supervisor.cancel_mission(f"m-{number}"))
        await attempt(supervisor.fail_mission(Caller(None), f"m-{number}", text, text, recoverable=False))
        isolated = AgentConfig(
            isolation_mode=IsolationMode.WORKTREE,
            cwd=str(repo),
            worktree=WorktreeConfig(repo=str(repo), branch=text, base=text),
        )
        assert not await attempt(supervisor.spawn(SpawnRequest(isolated))), "no such base is there"
        assert not await attempt(supervisor.spawn(SpawnRequest(AgentConfig(provider=text))))
    for number in range(0, len(texts), RUN_EVERY):
        await eventually(_ended(live, f"m-{number}"), f"m-{number} ended", 40)
    assert taken and refused
    assert live.agent(1).pid == pid, "the agent never had to be restarted"
    assert not list(live.root.rglob(f"{canary.name}*")), "something was run"
    assert not list(folder.glob("*"))


def _ended(live: Live, mission_id: str) -> Any:
    async def look() -> bool:
        return (await live.supervisor.mission(mission_id)).state in (MissionState.COMPLETED, MissionState.FAILED)

    return look


@pytest.mark.timeout(120)
def test_nothing_that_an_agent_prints_reaches_the_persons_own_terminal(program: Program, canary: Path) -> None:
    script = program.root / "hostile.sh"
    (program.root / "hostile.txt").write_bytes(HOSTILE.encode() + b"\xc2\x9d0;CANARY-8bit\xc2\x9c")
    script.write_text(f"cat {program.root}/hostile.txt; printf '\\nHOSTILE SAID\\nready>'; exec sleep 600\n")
    config = program.root / "home/.config/orchestrator-tui/config.toml"
    config.parent.mkdir(parents=True)
    command = json.dumps(["/bin/sh", str(script)])
    config.write_text(f"[providers.hostile]\ncommand = {command}\nready_pattern = '^ready>\\Z'\n")
    program.sessions.add("raw")
    terminal = Terminal(program, f"raw-{os.getpid()}", 120, 36)
    seen = program.root / "seen"
    try:
        terminal.open("--session", "raw", "--provider", "hostile")
        terminal.record(seen)
        terminal.until("No agents yet")
        program.json("agent", "spawn", "--session", "raw")
        terminal.until_row("○ agent-1", "idle")
        terminal.until("HOSTILE SAID", "[red]markup[/red] [/] [@click=app.quit]click[/]")
        info = program.json("endpoint", "--session", "raw")
        call = httpx2.Client(
            base_url=info["url"].removesuffix("/mcp"), headers={"Authorization": f"Bearer {info['token']}"}
        )
        with call:
            assert call.post("/screen/note", json=[1, f"[red]note {HOSTILE}"]).status_code in (200, 400)
            call.post("/screen/note", json=[1, "[red]noted[/] [@click=app.quit]x"])
        program.run("mission", "distribute", f"[bold]title[/] {HOSTILE}".replace("\0", ""), "--session", "raw")
        terminal.until("[bold]title[/]")
        terminal.keys("@")
        terminal.until("mission_enqueued")
        terminal.keys("Escape")
        terminal.until("1 Agents")
        dashboard = seen.read_bytes()
        terminal.keys("1", "Enter")
        terminal.until_gone("1 Agents")
        terminal.until("HOSTILE SAID")
        terminal.keys("C-q")
        terminal.until("1 Agents", "mission-1")
        assert terminal.title() != f"{MARK}-title"
        assert terminal.clipboard() == ""
    finally:
        terminal.close()
    raw = seen.read_bytes()
    assert b"HOSTILE SAID" in raw, "the screen was recorded"
    said = [string for string in _STRING.findall(raw) if MARK.encode() in string or CLIPBOARD.encode() in string]
    assert not said, f"passed on to the terminal: {said}"
    assert b"\xc2\x9d" not in dashboard
    assert "\u202e".encode() not in dashboard
    assert not list(program.root.rglob(f"{canary.name}*"))
