"""What is remembered of an agent costs one look at its session file for as long as nobody writes it."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import Mock

from orchestrator_tui.agents.fleet import Fleet
from orchestrator_tui.agents.memories import SAME_TIME_MS, Memories
from orchestrator_tui.agents.providers.base import SessionStatus
from orchestrator_tui.core.models import AgentState
from tests.missions.helpers import FakeClock, record


class Desk:
    """Memories of one agent whose session file holds a state's name; ``reads`` counts how often it was read."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.reads = 0
        self.clock = FakeClock()
        self.record = record(1)
        manager = SimpleNamespace(handle=self._handle, process=self._nothing)
        provider = SimpleNamespace(session_status=self._read)
        fleet = SimpleNamespace(
            manager=manager, clock=self.clock, context_of=self._nothing, provider_of=Mock(return_value=provider)
        )
        self.memories = Memories(cast(Fleet, fleet))

    def write(self, state: AgentState, *, at_ms: int) -> None:
        self.file.write_text(state.value)
        os.utime(self.file, ns=(at_ms * 1_000_000, at_ms * 1_000_000))

    def look(self) -> AgentState | None:
        self.memories.look_around(self.record)
        status = self.memories.of(self.record).status
        return status.state if status is not None else None

    def _read(self, *_about: object) -> SessionStatus | None:
        self.reads += 1
        if not self.file.exists():
            return None
        changed = self.file.stat().st_mtime_ns
        return SessionStatus(AgentState(self.file.read_text()), None, None, None, file=(str(self.file), changed))

    def _handle(self, agent_id: int) -> SimpleNamespace:
        return SimpleNamespace(agent_id=agent_id, pid=7)

    def _nothing(self, about: object) -> None:
        del about


def test_a_session_file_is_read_again_only_when_it_was_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "7.json")
    desk.write(AgentState.BUSY, at_ms=desk.clock.now_ms() - 1_000)
    assert [desk.look() for _ in range(3)] == [AgentState.BUSY] * 3
    assert desk.reads == 1
    desk.write(AgentState.IDLE, at_ms=desk.clock.now_ms() - 500)
    assert [desk.look() for _ in range(3)] == [AgentState.IDLE] * 3
    assert desk.reads == 2


def test_a_file_that_was_written_a_moment_ago_may_be_written_once_more_at_the_same_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "7.json")
    now = desk.clock.now_ms()
    desk.write(AgentState.BUSY, at_ms=now)
    assert desk.look() is AgentState.BUSY
    desk.write(AgentState.IDLE, at_ms=now)
    desk.clock.advance(2 * SAME_TIME_MS)
    assert desk.look() is AgentState.IDLE
    assert desk.reads == 2
    assert desk.look() is AgentState.IDLE
    assert desk.reads == 2


def test_a_file_that_is_gone_says_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "7.json")
    desk.write(AgentState.BUSY, at_ms=desk.clock.now_ms() - 1_000)
    assert desk.look() is AgentState.BUSY
    desk.file.unlink()
    assert desk.look() is None
    assert desk.look() is None
