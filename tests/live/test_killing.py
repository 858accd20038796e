import signal
import subprocess

import pytest

from orchestrator_tui.core.errors import NotAllowedNow, UsageError
from orchestrator_tui.core.events import EventType
from tests.live.support import Bench, is_running, next_event, read_pid, screen

pytestmark = pytest.mark.tmux


async def test_the_event_says_what_was_sent_and_how_it_ended(bench: Bench) -> None:
    manager = bench.manager()
    events = manager.watch_all()
    handle = await manager.spawn(1, bench.shell("echo last words; exec sleep 600"))
    await screen(manager, 1, "last words")
    await manager.kill(1, "SIGINT")
    killed = await next_event(events, EventType.KILL, 1)
    assert killed.data == {
        "exit_status": None,
        "signal": "SIGINT",
        "reason": "killed by SIGINT",
        "sent": "SIGINT",
    }
    assert not is_running(handle.pid)
    frame = await manager.capture(1)
    assert frame is not None
    assert frame.dead
    assert b"last words" in frame.lines[0]


async def test_a_program_may_end_well_when_asked(bench: Bench) -> None:
    manager = bench.manager()
    events = manager.watch_all()
    await manager.spawn(1, bench.shell("trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done"))
    await screen(manager, 1, "up")
    await manager.kill(1)
    assert (await next_event(events, EventType.KILL, 1)).data["exit_status"] == 0


async def test_a_deaf_program_is_killed_with_its_tree_after_the_grace(bench: Bench) -> None:
    manager = bench.manager()
    events = manager.watch_all()
    child = bench.work / "child"
    script = f"trap '' TERM; sh -c 'echo $$ > {child}; while :; do sleep 0.1; done' & while :; do sleep 0.1; done"
    handle = await manager.spawn(1, bench.shell(script))
    pid = await read_pid(child)
    await manager.kill(1, grace_ms=100)
    assert (await next_event(events, EventType.KILL, 1)).data["signal"] == "SIGKILL"
    assert not is_running(handle.pid)
    assert not is_running(pid)


async def test_children_that_left_the_tree_are_ended_by_their_mark(bench: Bench) -> None:
    manager = bench.manager()
    left = bench.work / "left"
    # The middle shell ends at once, so that nothing but the environment ties the sleeper to the agent.
    script = f"sh -c \"setsid sh -c 'echo \\$\\$ > {left}; sleep 600; :' &\"; sleep 600"
    await manager.spawn(1, bench.shell(script))
    pid = await read_pid(left)
    await manager.kill(1)
    assert not is_running(pid)


def sleeper(env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "600"], env={"PATH": "/usr/bin:/bin", **env})


async def test_what_others_started_is_never_touched(bench: Bench) -> None:
    manager = bench.manager()
    marks = {"ORCHESTRATOR_AGENT_ID": "1", "ORCHESTRATOR_SESSION": "one", "ORCHESTRATOR_SOCKET": str(bench.socket())}
    left_over = sleeper(marks)
    decoys = [
        sleeper({**marks, "ORCHESTRATOR_SESSION": "other"}),
        sleeper({**marks, "ORCHESTRATOR_SOCKET": "/elsewhere/one"}),
        sleeper({"ORCHESTRATOR_AGENT_ID": "1"}),
    ]
    try:
        await manager.open()  # a new server ends what an earlier one of this session left: not these
        assert left_over.wait(5) == -signal.SIGTERM
        neighbour = await manager.spawn(2, bench.config("sleep", "600"))
        await manager.spawn(1, bench.config("sleep", "600"))
        await manager.kill(1)
        assert [decoy.poll() for decoy in decoys] == [None, None, None]
        assert is_running(neighbour.pid)
    finally:
        for process in [*decoys, left_over]:
            process.kill()
            process.wait()


async def test_a_killed_agent_does_not_come_back(bench: Bench) -> None:
    manager = bench.manager()
    await manager.spawn(1, bench.config("sleep", "600"))
    events = manager.watch_all()
    await manager.kill(1, "SIGKILL")
    assert (await next_event(events, EventType.KILL, 1)).data["signal"] == "SIGKILL"
    await manager.spawn(2, bench.shell("sleep 0.3"))
    later = [(event.type, event.agent_id) for event in [await anext(events), await anext(events)]]
    assert later == [(EventType.SPAWN, 2), (EventType.EXIT, 2)]


async def test_a_stopped_agent_can_start_again(bench: Bench) -> None:
    manager = bench.manager()
    first = await manager.spawn(1, bench.config("sleep", "600"))
    await manager.kill(1)
    await manager.kill(1)  # nothing more to do
    second = await manager.restart(1)
    assert second.pane_id == first.pane_id
    assert is_running(second.pid)


async def test_a_signal_that_does_not_exist_is_refused(bench: Bench) -> None:
    manager = bench.manager()
    handle = await manager.spawn(1, bench.config("sleep", "600"))
    with pytest.raises(UsageError) as caught:
        await manager.kill(1, "SIGNOPE")
    assert caught.value.field == "signal"
    assert is_running(handle.pid)


async def test_removing_closes_the_window_of_a_dead_agent_only(bench: Bench) -> None:
    manager = bench.manager()
    handle = await manager.spawn(1, bench.config("sleep", "600"))
    with pytest.raises(NotAllowedNow):
        await manager.remove(1)
    await manager.kill(1)
    await manager.remove(1)
    assert handle.pane_id not in await bench.tmux("list-panes", "-a", "-F", "#{pane_id}")
    assert manager.handle(1) is None
    assert not manager.knows(1)
    assert await manager.open() == []
