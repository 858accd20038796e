"""A person's own tmux client on an agent's window, in a pseudo-terminal."""

import asyncio
import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.live.support import DEADLINE_S, Bench, screen

pytestmark = pytest.mark.tmux


class Terminal:
    """A terminal of a given size with one program in it."""

    def __init__(self, argv: tuple[str, ...], cols: int, rows: int) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TMUX")}
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**environment, "TERM": "xterm-256color"},
        )
        os.close(slave)
        os.set_blocking(self.master, False)
        self.shown = b""

    async def show(self, text: bytes) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while text not in self.shown:
                try:
                    self.shown += os.read(self.master, 65536)
                except BlockingIOError:
                    await asyncio.sleep(0.01)

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    async def ended(self) -> int:
        async with asyncio.timeout(DEADLINE_S):
            while self.process.poll() is None:
                with_output = True
                try:
                    os.read(self.master, 65536)
                except (BlockingIOError, OSError):
                    with_output = False
                if not with_output:
                    await asyncio.sleep(0.01)
        return self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


@contextmanager
def terminal(argv: tuple[str, ...], cols: int = 80, rows: int = 20) -> Generator[Terminal]:
    made = Terminal(argv, cols, rows)
    try:
        yield made
    finally:
        made.close()


async def test_it_shows_the_agent_takes_keys_and_ctrl_q_leaves(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.shell("echo agent-one; cat"))
    await screen(manager, 1, "agent-one")
    with terminal(manager.attach_argv(1)) as client:
        await client.show(b"agent-one")
        client.type(b"typed by hand\r")
        await screen(manager, 1, "typed by hand\ntyped by hand")
        assert await manager.clients(1) == 1
        client.type(b"\x11")
        assert await client.ended() == 0
    assert manager.is_alive(1)
    assert await manager.clients(1) == 0
    assert await bench.tmux("list-sessions", "-F", "#{session_name}") == "agents"


async def test_keys_that_mean_something_to_tmux_elsewhere_reach_the_agent(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.shell("echo agent-one; exec cat -v"))
    await screen(manager, 1, "agent-one")
    with terminal(manager.attach_argv(1)) as client:
        await client.show(b"agent-one")
        client.type(b"\x02d\x02c\r")
        await screen(manager, 1, "^Bd^Bc")


async def test_two_people_look_at_two_agents(bench: Bench) -> None:
    manager = bench.manager()
    for number in (1, 2):
        await manager.spawn(number, bench.shell(f"echo agent-{number}; cat"))
        await screen(manager, number, f"agent-{number}")
    with terminal(manager.attach_argv(1)) as one, terminal(manager.attach_argv(2)) as two:
        await one.show(b"agent-1")
        await two.show(b"agent-2")
        assert await manager.attached_clients() == {1: 1, 2: 1}
        one.type(b"for one\r")
        two.type(b"for two\r")
        await screen(manager, 1, "for one")
        await screen(manager, 2, "for two")
        assert b"agent-2" not in one.shown
        assert len(await manager.health_all()) == 2


async def test_the_size_of_a_window_is_held_while_smaller_and_larger_clients_look(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.shell("echo agent-one; cat"))
    await screen(manager, 1, "agent-one")
    with terminal(manager.attach_argv(1), 60, 10) as small, terminal(manager.attach_argv(1), 200, 60) as large:
        await small.show(b"agent-one")
        await large.show(b"agent-one")
        handle = await manager.restart(1)
        await screen(manager, 1, "agent-one")
        assert (
            await bench.tmux("display-message", "-p", "-t", handle.pane_id, "#{pane_width}x#{pane_height}") == "120x30"
        )
        # A window that is made meanwhile has its own size too.
        await manager.spawn(2, bench.shell("sleep 600"))
        frame = await manager.capture(2)
        assert frame is not None
        assert (frame.cols, frame.rows) == (120, 30)
