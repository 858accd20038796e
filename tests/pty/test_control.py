"""The control client against stand-ins for tmux that misbehave."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from orchestrator_tui.pty.control import ControlClient
from orchestrator_tui.pty.transport import TransportLost

ANSWERS_ONCE = """
import sys
sys.stdin.readline()
print("%begin 1 1 1\\nready\\n%end 1 1 1", flush=True)
sys.stdin.readline()
"""


def client(program: str, lost: list[str], answer_within_s: float = 0.2) -> ControlClient:
    return ControlClient([sys.executable, "-c", program], dict(os.environ), lost.append, answer_within_s)


async def test_a_server_that_does_not_answer_is_given_up() -> None:
    lost: list[str] = []
    control = client(ANSWERS_ONCE + "import time; time.sleep(60)", lost, answer_within_s=1.0)
    await control.start()
    with pytest.raises(TransportLost, match="within 1 s"):
        await control.batch([("list-panes",)])
    assert lost == ["tmux did not answer within 1 s"]
    await control.close()


async def test_an_ended_client_fails_what_waits_and_tells_once() -> None:
    lost: list[str] = []
    control = client(ANSWERS_ONCE, lost, answer_within_s=5)
    await control.start()
    with pytest.raises(TransportLost):
        await control.batch([("a",), ("b",)])
    with pytest.raises(TransportLost):
        await control.batch([("c",)])
    assert lost == ["the tmux control client ended"]
    await control.close()


async def test_a_stalled_event_loop_is_not_taken_for_a_silent_server() -> None:
    lost: list[str] = []
    program = ANSWERS_ONCE + 'print("%begin 1 2 1\\n%end 1 2 1", flush=True)\nsys.stdin.readline()'
    control = client(program, lost, answer_within_s=0.6)
    await control.start()
    asked = asyncio.ensure_future(control.batch([("list-panes",)]))
    await asyncio.sleep(0)
    time.sleep(0.9)  # noqa: ASYNC251 - the stall itself is what is tested
    assert len(await asked) == 1
    assert lost == []
    await control.close()


async def test_a_program_that_cannot_be_started_is_a_lost_transport() -> None:
    lost: list[str] = []
    control = ControlClient(["/no/such/tmux"], {}, lost.append)
    with pytest.raises(TransportLost, match="cannot be started"):
        await control.start()
    await control.close()
    assert lost == []


async def test_closing_is_not_a_loss() -> None:
    lost: list[str] = []
    control = client(ANSWERS_ONCE, lost, answer_within_s=5)
    await control.start()
    await control.close()
    assert lost == []


async def test_a_dead_client_whose_pipes_another_process_holds_is_let_go(tmp_path: Path) -> None:
    lost: list[str] = []
    holder = tmp_path / "holder"
    program = ANSWERS_ONCE + (
        "import subprocess, pathlib\n"
        f"pathlib.Path({str(holder)!r}).write_text(str(subprocess.Popen(['sleep', '60']).pid))\n"
    )
    control = client(program, lost, answer_within_s=0.2)
    await control.start()
    try:
        with pytest.raises(TransportLost, match="did not answer"):
            await control.batch([("list-panes",)])
        async with asyncio.timeout(5):
            await control.close()
    finally:
        os.kill(int(holder.read_text()), signal.SIGKILL)


async def test_an_answer_may_come_in_pieces() -> None:
    program = ANSWERS_ONCE + (
        "import time\n"
        'for piece in ("%be", "gin 1 2 1\\na\\n%end 9 9 9 is no end", "\\n%end 1 2", " 1\\n"):\n'
        "    print(piece, end='', flush=True)\n"
        "    time.sleep(0.02)\n"
        "sys.stdin.readline()"
    )
    control = client(program, [], answer_within_s=5)
    await control.start()
    (reply,) = await control.batch([("list-panes",)])
    assert reply.lines == (b"a", b"%end 9 9 9 is no end")
    await control.close()
