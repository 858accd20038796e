"""Agents outlive their supervisor, their control client and even their tmux server."""

import asyncio
import signal
import sys

import pytest

from orchestrator_tui.core.errors import NotAllowedNow, TmuxUnavailable
from orchestrator_tui.core.events import EventType
from orchestrator_tui.core.restart import RestartPolicy
from tests.live.support import Bench, collect, is_running, kill, next_event, read_pid, screen, until

pytestmark = pytest.mark.tmux

OWNER = """
import asyncio, json, sys
from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.pty.manager import PTYManager

async def main():
    manager = PTYManager("test", socket_name="one", tmux_env={"TMUX_TMPDIR": sys.argv[1]})
    options = {"@role": "coder", "@note": "a #{b} 'c' \\"d\\" $e; ü"}
    first = await manager.spawn(1, PTYConfig(cwd="/", command=["cat"], cols=90, rows=20), options=options)
    await manager.set_options(1, {"@gen": "2"})
    second = await manager.spawn(2, PTYConfig(cwd="/", command=["sleep", "600"], auto_restart=False))
    third = await manager.spawn(3, PTYConfig(cwd="/", command=["sh", "-c", "exit 7"], auto_restart=False))
    async for event in (events := manager.watch_all()):
        break
    print(first.pid, second.pid, third.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


class TestAdoption:
    async def test_a_killed_owner_leaves_its_agents_to_the_next(self, bench: Bench) -> None:
        owner = await asyncio.create_subprocess_exec(
            sys.executable, "-c", OWNER, str(bench.folder), stdout=asyncio.subprocess.PIPE
        )
        assert owner.stdout is not None
        pids = [int(word) for word in (await asyncio.wait_for(owner.stdout.readline(), 20)).split()]
        kill(pids[1], signal.SIGKILL)
        owner.kill()
        await owner.wait()

        manager = bench.manager(policy=RestartPolicy(base_ms=1))
        events = manager.watch_all()
        found = {pane.agent_id: pane for pane in await manager.open()}
        assert [found[n].pid for n in (1, 2, 3)] == pids
        assert found[1].options == {
            "@agent_id": "1",
            "@role": "coder",
            "@note": "a #{b} 'c' \"d\" $e; ü",
            "@gen": "2",
        }
        assert (found[1].cols, found[1].rows, found[1].dead) == (90, 20, False)
        assert (found[3].dead, found[3].exit_status) == (True, 7)
        assert manager.handle(1) is None

        config = bench.config("sleep", "600", cols=90, rows=20)
        handle = manager.adopt(found[1], config)
        assert handle is not None
        assert handle.pid == pids[0]
        adopted = await next_event(events, EventType.ADOPT, 1)
        assert adopted.data == {"pid": handle.pid, "pane_id": handle.pane_id}
        await manager.type_line(1, "still here")
        await screen(manager, 1, "still here")

        assert manager.adopt(found[2], config.model_copy(update={"auto_restart": False})) is None
        assert (await next_event(events, EventType.CRASH, 2)).data["signal"] == "SIGKILL"

        assert manager.adopt(found[3], config, crashes=[1]) is None
        assert (await next_event(events, EventType.CRASH, 3)).data["exit_status"] == 7
        await next_event(events, EventType.RESTART, 3)
        again = manager.handle(3)
        assert again is not None
        assert again.pane_id == found[3].pane_id

        kill(pids[0], signal.SIGKILL)
        assert (await next_event(events, EventType.CRASH, 1)).data["signal"] == "SIGKILL"

    async def test_letting_go_leaves_agents_alive_and_ends_subscriptions(self, bench: Bench) -> None:
        first = bench.manager()
        events = first.watch_all()
        handle = await first.spawn(1, bench.config("sleep", "600"))
        await first.aclose()
        assert [event.type async for event in events] == [EventType.SPAWN]
        assert is_running(handle.pid)
        second = bench.manager()
        (pane,) = await second.open()
        assert second.adopt(pane, bench.config("sleep", "600")) == handle

    async def test_an_agent_that_lives_but_was_not_adopted_is_not_started_twice(self, bench: Bench) -> None:
        first = bench.manager()
        await first.spawn(1, bench.config("sleep", "600"))
        await first.aclose()
        second = bench.manager()
        with pytest.raises(NotAllowedNow):
            await second.spawn(1, bench.config("sleep", "600"))


class TestControlClient:
    async def test_while_it_is_away_all_goes_on_and_it_comes_back(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        handle = await manager.spawn(1, bench.shell("cat"))
        client = int(await bench.tmux("list-clients", "-F", "#{client_pid}"))
        kill(client, signal.SIGKILL)
        await until(lambda: manager.transport_error is not None)
        await manager.type_line(1, "through libtmux;")
        await screen(manager, 1, "through libtmux;")
        await until(lambda: manager.transport_error is None)
        assert int(await bench.tmux("list-clients", "-F", "#{client_pid}")) != client
        assert (await manager.health_check(1)).responsive
        assert manager.handle(1) == handle
        kill(handle.pid, signal.SIGKILL)
        assert (await next_event(events, EventType.CRASH, 1)).data["signal"] == "SIGKILL"

    async def test_agents_start_die_and_are_seen_without_it(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("orchestrator_tui.pty.server.TmuxServer.control_argv", lambda self: ("false",))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        manager = bench.manager()
        events = manager.watch_all()
        handle = await manager.spawn(
            1, bench.shell("printf '\\033[31mred\\033[0m'; sleep 600"), options={"@role": "x;"}
        )
        assert manager.transport_error is not None
        assert "red" in await screen(manager, 1, "red")
        frame = await manager.capture(1)
        assert frame is not None
        assert b"\x1b[31mred" in frame.lines[0]
        (pane,) = await manager.open()
        assert pane.options["@role"] == "x;"
        kill(handle.pid, signal.SIGKILL)
        assert (await next_event(events, EventType.CRASH, 1)).data["signal"] == "SIGKILL"
        await next_event(events, EventType.RESTART, 1)
        await manager.kill(1)


class TestServer:
    async def test_when_it_is_killed_every_living_agent_comes_back_at_once(self, bench: Bench) -> None:
        manager = bench.manager(policy=RestartPolicy(base_ms=60_000))
        events = manager.watch_all()
        survivor = bench.work / "survivor"
        # A program that outlives its terminal must not run twice.
        deaf = bench.shell(f"trap '' HUP; echo $$ > {survivor}; while :; do sleep 0.1; done")
        await manager.spawn(1, deaf, options={"@role": "coder"})
        old = await read_pid(survivor)
        survivor.unlink()
        for number in range(2, 6):
            await manager.spawn(number, bench.config("sleep", "600", cols=90, rows=20))
        await manager.kill(5)
        kill(await bench.server_pid(), signal.SIGKILL)
        crashes = await collect(events, EventType.CRASH, 4)
        restarts = await collect(events, EventType.RESTART, 4)
        assert {event.data["reason"] for event in crashes} == {"the tmux server ended"}
        assert {event.agent_id for event in restarts} == {1, 2, 3, 4}
        assert all(manager.is_alive(number) for number in (1, 2, 3, 4))
        assert not manager.is_alive(5)
        assert len(manager.crashes(2)) == 1
        assert not is_running(old)
        assert await read_pid(survivor) != old
        frame = await manager.capture(2)
        assert frame is not None
        assert (frame.cols, frame.rows) == (90, 20)
        await until(lambda: manager.transport_error is None)
        assert {pane.agent_id for pane in await manager.open()} == {1, 2, 3, 4}
        again = await manager.restart(5)
        assert is_running(again.pid)

    async def test_when_a_person_ends_it_agents_come_back_too(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        await manager.spawn(1, bench.config("sleep", "600"))
        await bench.tmux("kill-server")
        assert (await next_event(events, EventType.CRASH, 1)).data["reason"] in (
            "the tmux server ended",
            "its window was closed",
            "killed by SIGHUP",
        )
        await next_event(events, EventType.RESTART, 1)
        assert manager.is_alive(1)

    async def test_ending_it_on_purpose_brings_nothing_back(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        await manager.spawn(1, bench.config("sleep", "600"))
        await manager.kill(1)
        pid = await bench.server_pid()
        await manager.stop_server()
        assert not is_running(pid)
        assert not bench.socket().exists()
        await manager.aclose()
        assert [event.type async for event in events] == [EventType.SPAWN, EventType.KILL]

    async def test_ending_it_leaves_nothing_running(self, bench: Bench) -> None:
        manager = bench.manager()
        program = bench.work / "program"
        await manager.spawn(1, bench.shell(f"trap '' HUP TERM; echo $$ > {program}; while :; do sleep 0.1; done"))
        pid = await read_pid(program)
        await manager.stop_server()
        assert not is_running(pid)

    async def test_a_manager_may_start_again_after_it_ended_the_server(self, bench: Bench) -> None:
        manager = bench.manager()
        await manager.spawn(1, bench.config("sleep", "600"))
        await manager.stop_server()
        handle = await manager.spawn(1, bench.config("sleep", "600"))
        assert is_running(handle.pid)

    async def test_two_sessions_do_not_know_each_other(self, bench: Bench) -> None:
        one, two = bench.manager("one"), bench.manager("two")
        first = await one.spawn(1, bench.config("sleep", "600"))
        second = await two.spawn(1, bench.config("sleep", "600"))
        assert await bench.server_pid("one") != await bench.server_pid("two")
        await one.kill(1)
        await one.stop_server()
        assert not is_running(first.pid)
        assert is_running(second.pid)
        assert (await two.health_check(1)).responsive

    async def test_without_tmux_the_remedy_is_named(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        manager = bench.manager()
        config = bench.config("/bin/sleep", "600")
        monkeypatch.setattr("orchestrator_tui.pty.server.shutil.which", lambda name: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        with pytest.raises(TmuxUnavailable) as caught:
            await manager.spawn(1, config)
        assert "install tmux" in caught.value.remedy
        bench.managers.remove(manager)
        await manager.aclose()
