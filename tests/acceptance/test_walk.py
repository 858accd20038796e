"""Every key of every action does what it says, in the real dashboard, and none of them traps the keyboard."""

import os
import random
import re

import pytest

from orchestrator_tui.ui.actions import ACTIONS
from orchestrator_tui.ui.model import Panel
from tests.acceptance.walk import Walk, all_steps, dashboard, in_order, take
from tests.conftest import Program


def test_every_action_has_a_step() -> None:
    assert set(all_steps()) == {action.id for action in ACTIONS}


@pytest.mark.tmux
@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_key_does_what_it_says(program: Program, size: tuple[int, int]) -> None:
    steps = all_steps()
    actions = {action.id: action for action in ACTIONS}
    with dashboard(program, f"walk-{os.getpid()}-{size[0]}", size) as walk:
        walk.until("n starts an agent")
        walk.press("escape")
        walk.until_gone("n starts an agent")
        storm(walk)
        for action_id in in_order(steps):
            take(walk, actions[action_id], steps)
        walk.press("q")
        walk.answer("stop all agents", "s")
        assert walk.terminal.until_ended() == 0


def storm(walk: Walk) -> None:
    """Gives the terminal two hundred sizes faster than anybody can draw; what is seen afterwards is what was before."""
    chance, (columns, rows) = random.Random(1), (walk.terminal.columns, walk.terminal.rows)
    walk.at(Panel.MISSIONS)
    reasons = 2 if walk.is_wide else 0
    walk.until_holds(lambda: walk.screen().count("no oracle agent") == reasons, "it is told why they wait")
    walk.until("○ 3", "waits-1", "waits-2", "✓ done", "2 queued", "enter open", "d graph")
    before = words(walk)
    sizes = [(chance.randint(20, 200), chance.randint(5, 60)) for _ in range(200)]
    for width, height in (*sizes, (columns, rows)):
        walk.quick.run("resize-window", "-x", str(width), "-y", str(height))
    try:
        walk.until_holds(lambda: words(walk) == before, "it looks as before all the sizes")
    except BaseException as error:
        error.add_note(f"before: {before}\nafter:  {words(walk)}")
        raise


def words(walk: Walk) -> str:
    """The screen without what time changes."""
    return re.sub(r"[\d\s%▁-█]+(?:[smhd]\b|[KMG]iB|\.)?", " ", walk.screen())
