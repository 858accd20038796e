"""How often the screen may be painted."""

import os
import subprocess
import sys

import pytest

CODE = (
    "import os, orchestrator_tui.ui.app, textual.constants;"
    "print(textual.constants.MAX_FPS, os.environ.get('TEXTUAL_FPS'))"
)


@pytest.mark.parametrize(("given", "frames"), [({}, "120 None"), ({"TEXTUAL_FPS": "30"}, "30 30")])
def test_a_key_waits_for_no_more_than_two_short_frames_unless_a_person_wants_fewer(
    given: dict[str, str], frames: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TEXTUAL_FPS"} | given
    said = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == frames
