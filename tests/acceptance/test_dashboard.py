"""The dashboard as a person meets it: in a terminal, by keyboard alone."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.acceptance.survival import agent_pids, tmux
from tests.acceptance.terminal import Terminal
from tests.conftest import Program, wait_until

SESSION = "dash"
DASHBOARD = ("--session", SESSION, "--provider", "demo")
pytestmark = pytest.mark.tmux


@pytest.fixture(params=[(120, 36), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
def terminal(request: pytest.FixtureRequest, program: Program) -> Iterator[Terminal]:
    program.sessions.add(SESSION)
    columns, rows = request.param
    made = Terminal(program, f"dash-{os.getpid()}-{columns}", columns, rows)
    yield made
    made.close()


def spawn_three(terminal: Terminal) -> None:
    terminal.until("No agents yet")
    terminal.keys("n")
    terminal.until("New agent")
    terminal.keys("Down", "Down", "Down", "Down", "3")
    terminal.until("Count     3")
    terminal.keys("Enter")
    terminal.until_gone("New agent")
    until_three_idle(terminal)


def until_three_idle(terminal: Terminal) -> None:
    for number in (1, 2, 3):
        terminal.until_row(f"○ agent-{number}", "idle")


def add_mission(terminal: Terminal, text: str) -> None:
    terminal.keys("m")
    terminal.until("New mission")
    terminal.type(text)
    terminal.until(text)
    terminal.keys("C-s")
    terminal.until_gone("New mission")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.timeout(120)
def test_a_day_by_keys_alone(terminal: Terminal, program: Program) -> None:
    terminal.open(*DASHBOARD)
    spawn_three(terminal)

    add_mission(terminal, "Greet [[output hello]]")
    add_mission(terminal, "Count [[output one two]]")
    terminal.keys("4")
    screen = terminal.until("2 done", "mission-1", "mission-2")
    assert screen.count("✓ done") == 2
    terminal.keys("1")

    terminal.until("1 Agents")
    terminal.keys("Enter")
    terminal.until_gone("1 Agents")
    terminal.until("Demo agent agent-1")
    terminal.keys("C-q")
    terminal.until("1 Agents", "agent-3")

    pids = agent_pids(program, SESSION)
    os.kill(pids[1], signal.SIGKILL)
    terminal.until_row("▲ agent-1", "restart")
    terminal.keys("5")
    terminal.until("killed by SIGKILL")
    terminal.keys("1")
    until_three_idle(terminal)
    pids = agent_pids(program, SESSION)

    terminal.keys("q")
    terminal.until("3 agents alive", "keep working")
    terminal.keys("k")
    assert terminal.until_ended() == 0
    wait_until(lambda: program.run("endpoint", "--session", SESSION).returncode == 0, "a serve goes on in the back")
    assert "(serve, " in program.run("endpoint", "--session", SESSION).stdout
    terminal.close()

    terminal.open(*DASHBOARD)
    until_three_idle(terminal)
    assert program.run("endpoint", "--session", SESSION).stdout.count("dashboard") == 1
    assert agent_pids(program, SESSION) == pids
    terminal.keys("q")
    terminal.until("stop all agents")
    terminal.keys("s")
    assert terminal.until_ended() == 0
    assert tmux(program, SESSION, "list-sessions").returncode != 0
    assert not [pid for pid in pids.values() if is_running(pid)]
    assert program.run("endpoint", "--session", SESSION).returncode == 3
    assert not program.session(SESSION).is_owned()


@pytest.mark.timeout(120)
def test_a_second_dashboard_views_and_commands_the_same_supervisor(program: Program) -> None:
    program.sessions.add(SESSION)
    first, second = (Terminal(program, f"dash-{os.getpid()}-{name}", 80, 24) for name in ("own", "view"))
    try:
        first.open(*DASHBOARD)
        first.until("No agents yet")
        second.open(*DASHBOARD)
        second.until("viewer of pid")
        assert program.run("endpoint", "--session", SESSION).stdout.count("dashboard") == 1
        second.keys("n")
        second.until("New agent")
        second.keys("Enter")
        first.until_row("○ agent-1", "idle")
        second.until_row("○ agent-1", "idle")
        pids = agent_pids(program, SESSION)

        second.keys("Enter")
        second.until_gone("1 Agents")
        second.until("Demo agent agent-1")
        second.keys("C-q")
        second.until("1 Agents", "viewer of pid")

        first.keys("q")
        first.until("keep working")
        first.keys("k")
        assert first.until_ended() == 0
        wait_until(
            lambda: "(serve, " in program.run("endpoint", "--session", SESSION).stdout, "a serve goes on in the back"
        )
        pid = program.json("endpoint", "--session", SESSION)["pid"]
        second.until(f"viewer of pid {pid}", "agent-1")
        assert agent_pids(program, SESSION) == pids

        second.keys("q")
        assert second.until_ended() == 0
        assert program.json("endpoint", "--session", SESSION)["pid"] == pid
        assert agent_pids(program, SESSION) == pids

        first.close()
        second.close()
        first.open(*DASHBOARD)
        first.until_row("○ agent-1", "idle")
        second.open(*DASHBOARD)
        second.until("viewer of pid")
        first.keys("q")
        first.until("stop all agents")
        first.keys("s")
        second.until("the session has ended")
        second.keys("q")
        assert second.until_ended() == 0
    finally:
        first.close()
        second.close()


def test_without_a_terminal_it_says_what_to_use_instead(program: Program) -> None:
    done = program.run(*DASHBOARD)
    assert done.returncode == 3
    assert "needs a terminal" in done.stderr
    assert "orchestrator-tui serve" in done.stderr
