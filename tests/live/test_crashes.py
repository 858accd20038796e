import asyncio
import signal

import psutil
import pytest

from orchestrator_tui.core.events import EventType
from orchestrator_tui.core.models import LaunchSpec
from orchestrator_tui.core.restart import RestartPolicy
from orchestrator_tui.pty.death import PollingDeaths
from orchestrator_tui.pty.manager import PTYManager
from orchestrator_tui.pty.procs import PsutilProcesses
from orchestrator_tui.pty.system_clock import SystemClock
from tests.live.support import FAST, Bench, collect, is_running, kill, next_event, read_pid, screen, until

pytestmark = pytest.mark.tmux


class TestHowItEnded:
    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGHUP])
    async def test_a_killed_program_is_a_crash_with_its_exact_signal(
        self, bench: Bench, number: signal.Signals
    ) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        handle = await manager.spawn(1, bench.config("sleep", "600", auto_restart=False))
        # Before its exec the process still has tmux's own handlers, which swallow a signal like SIGHUP.
        await until(lambda: psutil.Process(handle.pid).name() == "sleep")
        kill(handle.pid, number)
        crash = await next_event(events, EventType.CRASH, 1)
        assert crash.data["signal"] == number.name
        assert crash.data["exit_status"] is None
        assert crash.data["reason"] == f"killed by {number.name}"
        assert not manager.is_alive(1)

    async def test_many_that_die_at_once_all_have_their_status(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        config = bench.config("sleep", "600", auto_restart=False)
        handles = await asyncio.gather(*(manager.spawn(n, config) for n in range(1, 21)))
        for handle in handles:
            kill(handle.pid, signal.SIGKILL)
        crashes = await collect(events, EventType.CRASH, 20)
        assert {event.agent_id for event in crashes} == set(range(1, 21))
        assert {event.data["signal"] for event in crashes} == {"SIGKILL"}

    async def test_a_failure_is_a_crash_with_its_exit_status(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        await manager.spawn(1, bench.shell("exit 3", auto_restart=False))
        crash = await next_event(events, EventType.CRASH, 1)
        assert (crash.data["exit_status"], crash.data["reason"]) == (3, "exited with status 3")

    async def test_a_clean_end_is_an_exit_and_stays(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        await manager.spawn(1, bench.shell("echo last words; exit 0"))
        exited = await next_event(events, EventType.EXIT, 1)
        assert exited.data["exit_status"] == 0
        assert "last words" in await manager.capture_text(1)
        assert manager.crashes(1) == ()

    async def test_a_background_child_does_not_hide_the_end(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        await manager.spawn(1, bench.shell("sleep 600 & exit 4", auto_restart=False))
        assert (await next_event(events, EventType.CRASH, 1)).data["exit_status"] == 4

    async def test_a_window_closed_by_hand_is_a_crash_and_gets_a_new_window(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        first = await manager.spawn(1, bench.config("sleep", "600"))
        await bench.tmux("kill-window", "-t", first.pane_id)
        crash = await next_event(events, EventType.CRASH, 1)
        assert crash.data["reason"] == "its window was closed"
        await next_event(events, EventType.RESTART, 1)
        second = manager.handle(1)
        assert second is not None
        assert second.pane_id != first.pane_id


class TestElsewhere:
    async def test_without_linux_own_ways_it_works_the_same(self, bench: Bench) -> None:
        processes = PsutilProcesses()
        manager = PTYManager(
            "test",
            socket_name="one",
            policy=FAST,
            tmux_env=bench.tmux_env,
            processes=processes,
            deaths=PollingDeaths(processes),
        )
        bench.managers.append(manager)
        events = manager.watch_all()
        left = bench.work / "left"
        first = await manager.spawn(1, bench.shell(f"setsid sh -c 'echo $$ > {left}; sleep 600' & sleep 600"))
        pid = await read_pid(left)
        left.unlink()
        assert ((await manager.health_check(1)).memory_usage or 0) > 1_000_000
        kill(first.pid, signal.SIGSEGV)
        assert (await next_event(events, EventType.CRASH, 1)).data["signal"] == "SIGSEGV"
        await next_event(events, EventType.RESTART, 1)
        assert not is_running(pid)
        pid = await read_pid(left)
        await manager.kill(1)
        assert not is_running(pid)


class TestRestart:
    async def test_it_comes_back_after_two_seconds_in_the_same_pane_with_the_same_size(self, bench: Bench) -> None:
        manager = bench.manager(policy=RestartPolicy())
        events = manager.watch_all()
        config = bench.config("sleep", "600", cols=90, rows=20)
        first = await manager.spawn(1, config, options={"@role": "coder"})
        kill(first.pid, signal.SIGKILL)
        crash = await next_event(events, EventType.CRASH, 1)
        restart = await next_event(events, EventType.RESTART, 1)
        assert 2_000 <= restart.at - crash.at < 3_500
        assert (restart.data["attempt"], restart.data["delay_ms"], restart.data["signal"]) == (1, 2_000, "SIGKILL")
        second = manager.handle(1)
        assert second is not None
        assert (second.pane_id, second.pid) == (first.pane_id, restart.data["pid"])
        assert is_running(second.pid)
        frame = await manager.capture(1)
        assert frame is not None
        assert (frame.cols, frame.rows, frame.dead) == (90, 20, False)
        assert len(manager.crashes(1)) == 1

    async def test_what_it_left_running_is_ended_before_it_comes_back(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        left = bench.work / "left"
        first = await manager.spawn(1, bench.shell(f"setsid sh -c 'echo $$ > {left}; sleep 600' & sleep 600"))
        pid = await read_pid(left)
        left.unlink()
        kill(first.pid, signal.SIGKILL)
        await next_event(events, EventType.RESTART, 1)
        assert not is_running(pid)

    async def test_relaunch_decides_what_starts_next(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()

        async def relaunch(agent_id: int) -> LaunchSpec | None:
            return LaunchSpec(("/bin/sh", "-c", f"echo resumed {agent_id} $EXTRA; sleep 600"), {"EXTRA": "x"})

        manager.relaunch = relaunch
        first = await manager.spawn(1, bench.config("sleep", "600"))
        kill(first.pid, signal.SIGKILL)
        await next_event(events, EventType.RESTART, 1)
        await screen(manager, 1, "resumed 1 x")

    async def test_a_spent_budget_is_a_failure(self, bench: Bench) -> None:
        manager = bench.manager(policy=RestartPolicy(base_ms=1, intensity=2))
        events = manager.watch_all()
        await manager.spawn(1, bench.shell("exit 5"))
        failed = await next_event(events, EventType.FAILED, 1)
        assert failed.data["reason"] == "crashed 3 times within 300 s; last: exited with status 5"
        assert len(manager.crashes(1)) == 3

    async def test_crashes_before_a_take_over_count(self, bench: Bench) -> None:
        manager = bench.manager(policy=RestartPolicy(base_ms=1, intensity=2))
        events = manager.watch_all()
        now = SystemClock().now_ms()
        await manager.spawn(1, bench.shell("exit 5"), crashes=[now - 1_000, now - 500])
        assert (await next_event(events, EventType.CRASH, 1)).data["attempt"] == 3
        await next_event(events, EventType.FAILED, 1)

    async def test_a_person_restarts_what_failed_with_a_new_budget(self, bench: Bench) -> None:
        manager = bench.manager(policy=RestartPolicy(base_ms=1, intensity=0))
        events = manager.watch_all()
        fixed = bench.work / "fixed"
        await manager.spawn(1, bench.shell(f"test -e {fixed} && exec sleep 600; exit 5"))
        await next_event(events, EventType.FAILED, 1)
        fixed.touch()
        handle = await manager.restart(1)
        restart = await next_event(events, EventType.RESTART, 1)
        assert restart.data == {"deliberate": True, "pid": handle.pid, "pane_id": handle.pane_id}
        assert is_running(handle.pid)
        assert manager.crashes(1) == ()

    async def test_a_person_need_not_wait_for_the_back_off(self, bench: Bench) -> None:
        manager = bench.manager(policy=RestartPolicy(base_ms=60_000))
        events = manager.watch_all()
        first = await manager.spawn(1, bench.config("sleep", "600"))
        kill(first.pid, signal.SIGKILL)
        await next_event(events, EventType.CRASH, 1)
        second = await manager.restart(1)
        assert is_running(second.pid)
        assert manager.handle(1) == second

    async def test_a_kill_calls_the_back_off_off(self, bench: Bench) -> None:
        manager = bench.manager(policy=FAST)
        events = manager.watch_all()
        first = await manager.spawn(1, bench.config("sleep", "600"))
        kill(first.pid, signal.SIGKILL)
        await next_event(events, EventType.CRASH, 1)
        await manager.kill(1)
        assert (await next_event(events, EventType.KILL, 1)).data["signal"] == "SIGKILL"
        await manager.spawn(2, bench.shell("sleep 0.3; exit 0"))
        await next_event(events, EventType.EXIT, 2)
        assert not manager.is_alive(1)


class TestDeliberateRespawn:
    async def test_it_keeps_pane_and_size_and_counts_nothing(self, bench: Bench) -> None:
        manager = bench.manager()
        first = await manager.spawn(1, bench.config("sleep", "600", cols=100, rows=25))
        events = manager.watch_all()
        second = await manager.respawn(1, LaunchSpec(("/bin/sh", "-c", "echo anew; sleep 600")))
        assert second.pane_id == first.pane_id
        assert second.pid != first.pid
        assert not is_running(first.pid)
        await screen(manager, 1, "anew")
        frame = await manager.capture(1)
        assert frame is not None
        assert (frame.cols, frame.rows) == (100, 25)
        assert manager.crashes(1) == ()
        await manager.kill(1)
        kinds = [(await asyncio.wait_for(anext(events), 5)).type for _ in range(2)]
        assert kinds == [EventType.RESTART, EventType.KILL]

    async def test_a_program_that_ignores_sigterm_is_killed_after_the_grace(self, bench: Bench) -> None:
        manager = bench.manager()
        first = await manager.spawn(1, bench.shell("trap '' TERM; echo deaf; while :; do sleep 0.1; done"))
        await screen(manager, 1, "deaf")
        second = await manager.respawn(1, LaunchSpec(("sleep", "600")), grace_ms=100)
        assert not is_running(first.pid)
        assert is_running(second.pid)

    async def test_a_dead_agents_window_is_used_again(self, bench: Bench) -> None:
        manager = bench.manager()
        events = manager.watch_all()
        first = await manager.spawn(1, bench.shell("exit 0"))
        await next_event(events, EventType.EXIT, 1)
        second = await manager.spawn(1, bench.config("sleep", "600"))
        assert second.pane_id == first.pane_id
        await until(lambda: manager.is_alive(1))
