"""A disk that takes no more: callers are told, nothing acknowledged is lost, and work goes on once there is room."""

import asyncio
import json
import sys
from pathlib import Path


async def test_a_full_disk_refuses_loses_nothing_and_recovers(tmp_path: Path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.missions.full_disk_worker", str(tmp_path / "missions.db")),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    acknowledged, stored, error_while_full, error_afterwards = json.loads(output)
    assert len(acknowledged) > 10
    assert stored == acknowledged
    assert "cannot be used" in error_while_full
    assert error_afterwards is None
