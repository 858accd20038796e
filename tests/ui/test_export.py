"""What is shown, written to a file of the person's."""

import csv
import json
from pathlib import Path

import pytest

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.event_export import export_lines
from orchestrator_tui.ui.app import OrchestratorApp
from orchestrator_tui.ui.export import export_path, write_export
from orchestrator_tui.ui.log_screen import LogScreen
from tests.ui.fake_client import EVENTS, FLEET, FakeClient
from tests.ui.steps import WIDE, dialog, error_line, ready, toasts, type_into, until

NAMES = {1: 'api, "auth"', 6: "flaky-tests"}


def test_json_lines_have_the_logs_own_shape() -> None:
    found = [json.loads(line) for line in export_lines(EVENTS, NAMES, "json")]
    assert [one["seq"] for one in found] == [1, 2, 3, 4, 5, 6]
    assert found[3] == {
        "seq": 4,
        "at": EVENTS[3].at,
        "type": "crash",
        "agent_id": 6,
        "mission_id": None,
        "attempt": None,
        "data": {"reason": "killed by SIGSEGV"},
    }


def test_a_table_reads_back_whatever_stands_in_it() -> None:
    rows = list(csv.DictReader(export_lines(EVENTS, NAMES, "csv")))
    assert rows[2]["agent"] == 'api, "auth"'
    assert rows[2]["text"] == 'api, "auth" began m-041'
    assert json.loads(rows[3]["data"]) == {"reason": "killed by SIGSEGV"}
    assert rows[0]["mission_id"] == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "No file is named"),
        ("events.txt", "End it in .jsonl"),
        ("there/events.csv", "There is no folder"),
        ("folder.csv", "is a folder"),
        ("~nobody-of-this-name/x.csv", "names a home"),
    ],
)
def test_a_path_that_cannot_be_meant_says_why(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError, match=problem) as caught:
        export_path(text, str(tmp_path))
    assert caught.value.field == "text"


def test_nothing_is_written_over_unless_told_and_half_a_file_never_stays(tmp_path: Path) -> None:
    path, shape = export_path("a.jsonl", str(tmp_path))
    assert shape == "json"
    write_export(path, ["one\n"], overwrite=False)
    with pytest.raises(UsageError, match="exists"):
        write_export(path, ["two\n"], overwrite=False)
    assert path.read_text() == "one\n"

    def breaking() -> "list[str]":
        raise OSError(28, "No space left on device")

    for target, overwrite in ((path, True), (tmp_path / "b.csv", False)):
        with pytest.raises(UsageError, match="No space left"):
            write_export(target, (line for _ in "x" for line in breaking()), overwrite=overwrite)
    assert path.read_text() == "one\n"
    write_export(path, ["two\n"], overwrite=True)
    assert path.read_text() == "two\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.fixture
def client() -> FakeClient:
    return FakeClient(FLEET, log=EVENTS)


async def test_x_writes_what_passes_the_filter_and_asks_before_it_writes_over(
    app: OrchestratorApp, tmp_path: Path
) -> None:
    path = tmp_path / "crashes.csv"
    path.write_text("mine")
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("at")
        await until(pilot, lambda: isinstance(app.screen, LogScreen) and app.screen.is_mounted, "no log")
        await pilot.press("f", *"type:crash,restart", "enter", "x")
        await dialog(pilot, app, "Export")
        await type_into(pilot, app, "text", str(path))
        await pilot.press("enter")
        await dialog(pilot, app, "Overwrite")
        await pilot.press("escape")
        await dialog(pilot, app, "Export")
        await until(pilot, lambda: "stays as it is" in error_line(app), "the refusal is not told")
        assert path.read_text() == "mine"
        await pilot.press("enter")
        await dialog(pilot, app, "Overwrite")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, LogScreen), "it was not written")
        assert [row["type"] for row in csv.DictReader(path.read_text().splitlines())] == ["crash", "restart"]
        assert any(f"Wrote 2 events to {path}" in toast for toast in toasts(app))
