import asyncio
import json
import sys
import time
from pathlib import Path

import pytest

from orchestrator_tui.core.errors import NotAllowedNow, UnknownAgent, UsageError
from orchestrator_tui.core.events import EventType
from orchestrator_tui.core.models import LaunchSpec
from tests.live.support import Bench, is_running, next_event, screen, written

pytestmark = pytest.mark.tmux

NASTY = [
    "a b",
    "it's",
    '"q"',
    "#{pane_id}",
    "#(id)",
    "$(touch pwned)",
    "`touch pwned`",
    "$HOME",
    "x;y",
    ";",
    "end;",
    "back\\slash",
    "~",
    "漢字 é 👩‍👩‍👧",
    "line\nbreak",
    "tab\there",
    "%1",
    "%1:off",
    "-t",
    "--",
    "",
    "{a,b}",
    "*",
    "\x1b[31m",
]
TELL = "import json,os,sys; json.dump([sys.argv[1:], dict(os.environ), os.getcwd(), os.getpid()], open(%r,'w'))"


async def told(path: Path) -> tuple[list[str], dict[str, str], str, int]:
    argv, env, cwd, pid = json.loads(await written(path, "]"))
    return argv, env, cwd, pid


class TestAProgramStartsExactly:
    async def test_it_runs_shows_and_hears(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        handle = await manager.spawn(1, bench.shell("echo ready; read line; echo got-$line; sleep 600"))
        spawned = await next_event(events, EventType.SPAWN, 1)
        assert spawned.data == {"pid": handle.pid, "pane_id": handle.pane_id}
        assert manager.handle(1) == handle
        assert manager.is_alive(1)
        await screen(manager, 1, "ready")
        await manager.type_line(1, "hello\nthere")
        await screen(manager, 1, "got-hello there")

    async def test_arguments_environment_and_folder_arrive_unchanged(self, bench: Bench) -> None:
        folder = bench.work / "dir with 'q$ ü #{pane_id}"
        folder.mkdir()
        out = bench.work / "out.json"
        env = {f"NASTY_{number}": text for number, text in enumerate(NASTY)}
        launch = LaunchSpec((sys.executable, "-c", TELL % str(out), *NASTY), env, str(folder))
        manager = bench.manager()
        handle = await manager.spawn(7, bench.config("true", env={"NASTY_0": "overridden", "KEPT": "1"}), launch)
        argv, seen, cwd, pid = await told(out)
        assert argv == NASTY
        assert {name: seen[name] for name in env} == env
        assert (seen["KEPT"], seen["ORCHESTRATOR_AGENT_ID"], seen["ORCHESTRATOR_SESSION"]) == ("1", "7", "one")
        assert cwd == str(folder)
        assert pid == handle.pid
        assert not (folder / "pwned").exists()

    async def test_a_restart_passes_the_same(self, bench: Bench) -> None:
        out = bench.work / "out.json"
        manager = bench.manager()
        launch = LaunchSpec((sys.executable, "-c", TELL % str(out), *NASTY), {"N": NASTY[3]})
        await manager.spawn(1, bench.config("sleep", "600"))
        await manager.respawn(1, launch)
        argv, seen, _, _ = await told(out)
        assert (argv, seen["N"]) == (NASTY, NASTY[3])

    async def test_a_program_without_arguments_is_the_panes_own_process(self, bench: Bench) -> None:
        program = bench.work / "my prog; echo"
        program.write_text("#!/bin/sh\necho pid=$$ args=$#\nsleep 600\n")
        program.chmod(0o755)
        manager = bench.manager()
        handle = await manager.spawn(1, bench.config(str(program)))
        await screen(manager, 1, f"pid={handle.pid} args=0")

    async def test_the_screen_comes_with_colours_cursor_and_size(self, bench: Bench) -> None:
        manager = bench.manager()
        await manager.spawn(1, bench.shell("printf '\\033[31mred\\033[0m 漢字 x'; sleep 600", cols=80, rows=24))
        await screen(manager, 1, "red")
        frame = await manager.capture(1)
        assert frame is not None
        assert (frame.cols, frame.rows, len(frame.lines)) == (80, 24, 24)
        assert b"\x1b[31mred" in frame.lines[0]
        assert "漢字".encode() in frame.lines[0]
        assert (frame.cursor_x, frame.cursor_y, frame.cursor_visible, frame.dead) == (10, 0, True, False)

    async def test_fifty_agents_start_within_a_second(self, bench: Bench) -> None:
        manager = bench.manager()
        await manager.open()
        started = time.monotonic()
        handles = await asyncio.gather(*(manager.spawn(n, bench.config("sleep", "600")) for n in range(1, 51)))
        took = time.monotonic() - started
        assert len({handle.pane_id for handle in handles}) == 50
        assert all(is_running(handle.pid) for handle in handles)
        assert took < 1.0


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "named"),
        [({"cwd": "/no/such/folder"}, "cwd"), ({"command": ["no-such-program-here"]}, "command")],
    )
    async def test_what_cannot_start_is_refused_before_tmux_is_touched(
        self, bench: Bench, fields: dict[str, object], named: str
    ) -> None:
        manager = bench.manager()
        with pytest.raises(UsageError) as caught:
            await manager.spawn(1, bench.config("true").model_copy(update=fields))
        assert caught.value.field == named
        assert not bench.socket().exists()

    async def test_an_agent_that_runs_is_not_started_twice(self, bench: Bench) -> None:
        manager = bench.manager()
        handle = await manager.spawn(1, bench.config("sleep", "600"))
        with pytest.raises(NotAllowedNow):
            await manager.spawn(1, bench.config("sleep", "600"))
        assert manager.handle(1) == handle

    async def test_an_unknown_agent_is_named(self, bench: Bench) -> None:
        manager = bench.manager()
        with pytest.raises(UnknownAgent, match="9"):
            await manager.kill(9)

    async def test_nothing_is_typed_into_a_dead_pane(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        await manager.spawn(1, bench.shell("exit 0"))
        await next_event(events, EventType.EXIT)
        with pytest.raises(NotAllowedNow):
            await manager.type_line(1, "hello")

    async def test_nothing_is_typed_while_someone_reads_back(self, bench: Bench) -> None:
        manager = bench.manager()
        handle = await manager.spawn(1, bench.shell("cat"))
        await bench.tmux("copy-mode", "-t", handle.pane_id)
        with pytest.raises(NotAllowedNow, match="reads back"):
            await manager.type_line(1, "hello")
        await bench.tmux("send-keys", "-t", handle.pane_id, "-X", "cancel")
        await manager.type_line(1, "hello")
        await screen(manager, 1, "hello")
