"""Tokens are in the agent's environment and in private files, and nowhere else."""

from pathlib import Path

import httpx2
import pytest
from psutil import Process

from orchestrator_tui.core.models import AgentState, MissionState
from tests.supervisor.conftest import Live

pytestmark = pytest.mark.tmux


async def test_no_token_is_seen_in_arguments_logs_or_answers_and_none_outlives_its_agent(live: Live) -> None:
    await live.spawn(2)
    supervisor = live.supervisor
    assert await supervisor.send(1, "[[output hello]]") is None
    mission = await live.add("do it")
    await live.until_mission(mission, MissionState.COMPLETED)
    info = live.session.endpoint()
    assert info is not None
    tokens = {info.token, *(supervisor.fleet.credentials.agent_token(number) for number in (1, 2))}

    pids = [live.agent(number).pid for number in (1, 2)]
    shown = [" ".join(Process(pid).cmdline()) for pid in pids if pid is not None]
    assert len(shown) == 2
    shown += [repr(view) for view in supervisor.agents()]
    shown += [repr(event) for event in supervisor.recent_events(500)]
    shown += [repr(command) for command in await supervisor.commands(0, polls=True)]
    async with httpx2.AsyncClient(
        base_url=info.url.removesuffix("/mcp"), headers={"Authorization": f"Bearer {info.token}"}, trust_env=False
    ) as http:
        for path in ("health", "inbox", "quota", "usage", "attach?agent_id=1"):
            shown.append((await http.get(f"/control/{path}")).text)
    for file in (live.session.events, live.session.log, live.session.database):
        shown.append(_text(file))
    assert not [text for text in shown for token in tokens if token in text]

    holders = {
        path.name for path in live.root.rglob("*") if path.is_file() and any(one in _text(path) for one in tokens)
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in live.session.folder.rglob("*") if path.name in holders)
    assert "endpoint.json" in holders

    await supervisor.kill(1)
    await live.until_agent(1, AgentState.STOPPED)
    token = supervisor.fleet.credentials.agent_token(1)
    async with httpx2.AsyncClient(base_url=info.url.removesuffix("/mcp"), trust_env=False) as http:
        answer = await http.post("/hooks", json={}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def _text(file: Path) -> str:
    return file.read_text(errors="replace") if file.exists() else ""
