"""The short form of the simulated power cuts, and the proof that they see a store that promises too early."""

from pathlib import Path

import pytest

from orchestrator_tui.missions.event_log import EventLog
from tests.chaos.powercut import play

CUTS = 40


async def test_nothing_acknowledged_is_lost_and_nothing_is_corrupt(tmp_path: Path):
    verdict = await play(CUTS, 3, tmp_path, steps=300)
    assert verdict.is_clean, verdict.findings
    assert verdict.line() == f"{CUTS} cuts: 0 lost, 0 corrupt"


@pytest.mark.parametrize("level", ["OFF", "NORMAL", "FULL"])
async def test_a_store_that_does_not_wait_for_the_disk_is_seen(
    level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # FULL alone leaves the deletion of the first journal to luck.
    pragmas = (f"synchronous = {level}", "journal_mode = WAL", "foreign_keys = ON")
    monkeypatch.setattr("orchestrator_tui.missions.database._PRAGMAS", pragmas)
    verdict = await play(25, 7, tmp_path, steps=120)
    assert verdict.lost or verdict.corrupt


async def test_an_event_log_that_keeps_its_torn_line_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def leave(_log: EventLog) -> None: ...

    monkeypatch.setattr(EventLog, "_mend", leave)
    verdict = await play(12, 7, tmp_path, steps=60)
    assert verdict.unreadable_logs
    assert not verdict.lost
