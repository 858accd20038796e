from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents.demo_agent.harness import Lab, Supervisor, supervised


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with supervised() as running:
        yield running


@pytest.fixture
def lab(supervisor: Supervisor, tmp_path: Path) -> Iterator[Lab]:
    running = Lab(supervisor, tmp_path)
    try:
        yield running
    finally:
        running.close()
