"""A way to tmux, or tmux itself, that is there and does not answer: seen soon, gone round where possible, forgotten."""

import asyncio
import os
import shlex
import signal
from collections.abc import Generator
from contextlib import contextmanager, suppress

import psutil
import pytest

from orchestrator_tui.core.errors import TmuxUnavailable
from orchestrator_tui.core.events import EventType
from orchestrator_tui.pty.server import TmuxServer
from tests.live.support import Bench, is_running, next_event, screen, until

pytestmark = pytest.mark.tmux
SEEN_WITHIN_S = 2.0
ARGV = TmuxServer.control_argv


@contextmanager
def stopped(pid: int) -> Generator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGCONT)


def helpers() -> list[psutil.Process]:
    """The tmux processes that this process has started and that have not ended."""
    return [child for child in psutil.Process().children() if child.name().startswith("tmux")]


def through_a_pipe(server: TmuxServer) -> tuple[str, ...]:
    """A control client whose commands pass through a process of their own, which can be stopped."""
    return ("/bin/sh", "-c", f"cat | {shlex.join(ARGV(server))}")


async def test_a_stopped_client_process_is_not_even_noticed(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.shell("cat"))
    # Its pipes are in the server's hands.
    with stopped(int(await bench.tmux("list-clients", "-F", "#{client_pid}"))):
        await manager.type_line(1, "as ever")
        await screen(manager, 1, "as ever")
        assert manager.transport_error is None


async def test_a_wedged_client_is_seen_unasked_gone_round_and_replaced(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TmuxServer, "control_argv", through_a_pipe)
    manager = bench.manager()
    await manager.spawn(1, bench.shell("cat"))
    pipeline = psutil.Process().children(recursive=True)
    (pipe,) = (process for process in pipeline if process.cmdline() == ["cat"])
    monkeypatch.setattr(TmuxServer, "control_argv", lambda _: ("false",))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    told = asyncio.Event()
    manager.on_transport_change = told.set
    with stopped(pipe.pid):
        async with asyncio.timeout(SEEN_WITHIN_S):
            await told.wait()
        assert "did not answer" in str(manager.transport_error)
        await manager.type_line(1, "round it")
        await screen(manager, 1, "round it")
        monkeypatch.setattr(TmuxServer, "control_argv", ARGV)
        await until(lambda: manager.transport_error is None)
        for process in pipeline:
            with suppress(psutil.NoSuchProcess):
                process.kill()


async def test_a_stopped_server_holds_nobody_up_and_all_is_well_once_it_goes_on(bench: Bench) -> None:
    manager = bench.manager()
    events = manager.watch_all()
    handle = await manager.spawn(1, bench.shell("cat"))
    doomed = await manager.spawn(2, bench.shell("cat"))
    server = await bench.server_pid()
    told = asyncio.Event()
    manager.on_transport_change = told.set
    with stopped(server):
        async with asyncio.timeout(SEEN_WITHIN_S):
            await told.wait()
        looks = [asyncio.create_task(manager.capture(1)) for _ in range(40)]
        # Threads are for everybody: those who look at tmux must not have them all.
        async with asyncio.timeout(1.0):
            await asyncio.to_thread(os.getpid)
        # One that goes round and one that tries to be the next control client.
        assert len(helpers()) <= 2
        async with asyncio.timeout(5.0):
            seen = await asyncio.gather(*looks, return_exceptions=True)
            assert {type(one) for one in seen} == {TmuxUnavailable}
            assert not (await manager.health_check(1)).responsive
        os.kill(doomed.pid, signal.SIGKILL)
    await until(lambda: manager.transport_error is None)
    assert manager.handle(1) == handle
    await manager.type_line(1, "as before")
    await screen(manager, 1, "as before")
    await next_event(events, EventType.RESTART, 2)


async def test_a_stopped_server_is_ended_when_it_has_to_be(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator_tui.pty.server._OWN_PATIENCE_S", 0.5)
    manager = bench.manager()
    handle = await manager.spawn(1, bench.shell("cat"))
    server = await bench.server_pid()
    with stopped(server):
        await manager.stop_server()
        assert not is_running(server)
    await until(lambda: not is_running(handle.pid))


async def test_starting_on_a_stopped_server_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator_tui.pty.server._OWN_PATIENCE_S", 0.5)
    first = bench.manager()
    await first.open()
    server = await bench.server_pid()
    with stopped(server), pytest.raises(TmuxUnavailable, match="does not answer"):
        await bench.manager().open()
