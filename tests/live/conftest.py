"""Managers on tmux servers of their own, in a socket folder of their own, ended after each test."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.live.support import Bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    # Not below tmp_path: a Unix socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="orch-"))
    made = Bench(folder, tmp_path)
    try:
        yield made
    finally:
        await made.close()
        shutil.rmtree(folder)
