"""What the dashboard remembers on disk."""

import json
from pathlib import Path

import pytest

from orchestrator_tui.memory_file import FileMemory


def names(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def test_it_is_there_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "dashboard.json"
    memory = await FileMemory.open(path)
    for number in range(20):
        memory.put("filters", {"agents": f"ctx>{number}"})
    await memory.aclose()
    assert (await FileMemory.open(path)).get("filters") == {"agents": "ctx>19"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["dashboard.json"]


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
async def test_a_damaged_file_is_an_empty_memory_and_is_replaced(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "dashboard.json"
    path.write_bytes(damage)
    memory = await FileMemory.open(path)
    assert memory.get("filters") is None
    memory.put("guidance_seen", True)
    await memory.aclose()
    assert json.loads(path.read_text()) == {"guidance_seen": True}


async def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    memory = await FileMemory.open(tmp_path / "missing" / "dashboard.json")
    memory.put("filters", {})
    await memory.aclose()
    assert "will not remember" in caplog.text
    assert memory.get("filters") == {}
