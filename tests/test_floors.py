"""Who may import whom, proven twice: in the source by contracts, and at run time in fresh processes."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_rooms_import_only_from_lower_floors() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "strangers"),
    [
        ("core.views", ("textual", "rich", "libtmux", "apsw", "mcp", "uvicorn", "psutil")),
        ("missions.queue", ("textual", "libtmux", "mcp", "orchestrator_tui.pty", "orchestrator_tui.agents")),
        ("pty.manager", ("textual", "apsw", "mcp", "orchestrator_tui.missions", "orchestrator_tui.agents")),
        ("supervisor", ("textual", "rich", "mcp", "uvicorn", "orchestrator_tui.ui", "orchestrator_tui.mcp")),
        ("mcp.server", ("textual", "orchestrator_tui.ui", "orchestrator_tui.supervisor")),
        ("ui.app", ("mcp", "apsw", "libtmux", "orchestrator_tui.mcp", "orchestrator_tui.supervisor")),
    ],
)
def test_importing_a_room_does_not_bring_strangers(module: str, strangers: tuple[str, ...]) -> None:
    code = f"import sys, orchestrator_tui.{module}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert [stranger for stranger in strangers if stranger in loaded] == []
