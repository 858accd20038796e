"""The demo agent's screen as the supervisor reads it, drawn by the demo agent itself."""

import os
import pty
import time
from collections.abc import Callable

from orchestrator_tui.agents.providers.demo import DemoProvider
from orchestrator_tui.agents.providers.demo_agent.screen import Screen
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.verdict import Observation, Source


def drawn(*steps: Callable[[Screen], None]) -> Observation | None:
    """What is read of the last block that was drawn, without the line before it."""
    master, slave = pty.openpty()
    try:
        screen = Screen(slave, "agent-1", "sonnet")
        for step in steps:
            step(screen)
        os.write(slave, b"\x04END")
        data, deadline = b"", time.monotonic() + 5
        while b"\x04END" not in data:
            assert time.monotonic() < deadline
            data += os.read(master, 65536)
    finally:
        os.close(master)
        os.close(slave)
    last = data.partition(b"\x04END")[0].rpartition(b"\x1b[J")[2]
    return DemoProvider().read_screen(last.decode().replace("\r\n", "\n"), None, 5)


def test_an_empty_prompt_is_idle_and_a_draft_is_too() -> None:
    assert drawn(lambda screen: screen.redraw()) == Observation(Source.SCREEN, 5, AgentState.IDLE, word="prompt")
    typed = drawn(lambda screen: screen.set_draft("half a sen"))
    assert typed == Observation(Source.SCREEN, 5, AgentState.IDLE, word="draft")


def test_work_is_busy() -> None:
    assert drawn(lambda screen: screen.set_working(True)) == Observation(
        Source.SCREEN, 5, AgentState.BUSY, word="working"
    )


def test_a_dialog_is_a_permission_with_its_command() -> None:
    word = drawn(lambda screen: screen.set_working(True), lambda screen: screen.set_dialog("rm -r build"))
    assert word == Observation(
        Source.SCREEN, 5, AgentState.WAITING, WaitingFor.PERMISSION, "permission", "Bash: rm -r build"
    )


def test_another_screen_says_nothing() -> None:
    assert DemoProvider().read_screen("$ ls\nfile\n", None, 5) is None
