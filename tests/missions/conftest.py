"""A queue on a real file, with a clock that stands still."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator_tui.missions.queue import MissionQueue
from tests.missions.helpers import FakeClock, open_queue


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def queue(tmp_path: Path, clock: FakeClock) -> AsyncIterator[MissionQueue]:
    opened = await open_queue(tmp_path / "missions.db", clock)
    yield opened
    await opened.aclose()
