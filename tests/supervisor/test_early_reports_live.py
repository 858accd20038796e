"""What is reported between listening and supervising, as agents do that outlived their supervisor."""

import json
from pathlib import Path

import pytest

from orchestrator_tui.composition import Runtime, make_manager
from orchestrator_tui.core.config import Settings
from orchestrator_tui.missions.queue import MissionQueue
from orchestrator_tui.pty.system_clock import SystemClock
from orchestrator_tui.session import Session

pytestmark = pytest.mark.tmux


async def test_what_is_reported_before_the_supervisor_starts_is_in_the_event_log(tmp_path: Path) -> None:
    session = Session(tmp_path / "state", "early")
    session.create()
    queue = await MissionQueue.open(session.database, clock=SystemClock())
    manager = make_manager(session)
    runtime = Runtime(
        session, "serve", cwd=tmp_path, settings=Settings(), queue=queue, manager=manager, provider="demo"
    )
    try:
        await queue.enqueue(prompt="early", id="early")
        await runtime.start()
        await runtime.supervisor.stop_agents()
    finally:
        await runtime.aclose()
        await manager.aclose()
        await queue.aclose()
    events = [json.loads(line) for line in session.events.read_text().splitlines()]
    assert [event["mission_id"] for event in events if event["type"] == "mission_enqueued"] == ["early"]
