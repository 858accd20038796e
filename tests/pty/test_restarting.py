"""Back-off and budget with a clock and a starter of our own: no tmux, no process."""

import asyncio
from typing import Any, cast

import pytest

from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.core.errors import ProviderUnavailable, TmuxUnavailable
from orchestrator_tui.core.events import EventType
from orchestrator_tui.core.models import LaunchSpec
from orchestrator_tui.core.restart import RestartPolicy
from orchestrator_tui.pty.endings import ending
from orchestrator_tui.pty.panes import Pane, Phase
from orchestrator_tui.pty.procs import ProcessId
from orchestrator_tui.pty.restarting import Restarts
from orchestrator_tui.pty.starter import Starter

KILLED = ending(None, "SIGKILL")


class FakeClock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def now_ms(self) -> int:
        return self.now

    def monotonic_ms(self) -> int:
        return self.now


class FakeStarter:
    def __init__(self, failures: int = 0) -> None:
        self.started: list[LaunchSpec | None] = []
        self.failures = failures

    def program(self, pane: Pane, launch: LaunchSpec | None) -> LaunchSpec | None:
        return launch

    async def start(self, pane: Pane, program: LaunchSpec | None) -> None:
        if self.failures:
            self.failures -= 1
            raise TmuxUnavailable("away")
        self.started.append(program)
        pane.begin(ProcessId(7, 1), 0)


class Bench:
    """Restarts with fakes and the events that it told."""

    def __init__(self, policy: RestartPolicy, failures: int = 0) -> None:
        self.clock = FakeClock()
        self.starter = FakeStarter(failures)
        self.events: asyncio.Queue[tuple[EventType, dict[str, Any]]] = asyncio.Queue()
        self.restarts = Restarts(
            starter=cast("Starter", self.starter),
            clock=self.clock,
            policy=policy,
            random_unit=lambda: 0.0,
            emit=lambda kind, pane, data: self.events.put_nowait((kind, data)),
        )
        self.restarts.ready.set()

    async def next(self) -> tuple[EventType, dict[str, Any]]:
        return await asyncio.wait_for(self.events.get(), 5)


FAST = RestartPolicy(base_ms=1)


def living(**config: Any) -> Pane:
    pane = Pane(1, PTYConfig(**config), LaunchSpec(("p",)), {}, [])
    pane.begin(ProcessId(5, 1), 0)
    return pane


async def test_a_clean_exit_stays() -> None:
    bench, pane = Bench(FAST), living()
    bench.restarts.settle(pane, ending(0, None))
    kind, data = await bench.next()
    assert (kind, data["exit_status"], pane.phase, pane.back_off) == (EventType.EXIT, 0, Phase.DEAD, None)


async def test_the_first_restart_waits_exactly_two_seconds_by_default() -> None:
    bench, pane = Bench(RestartPolicy()), living()
    bench.restarts.settle(pane, KILLED)
    kind, data = await bench.next()
    assert (kind, data["delay_ms"], data["reason"], pane.phase) == (
        EventType.CRASH,
        2_000,
        "killed by SIGKILL",
        Phase.WAITING,
    )
    pane.cancel_back_off()


async def test_a_crash_restarts_with_the_last_launch() -> None:
    bench, pane = Bench(FAST), living()
    bench.restarts.settle(pane, KILLED)
    assert (await bench.next())[0] is EventType.CRASH
    kind, data = await bench.next()
    assert (kind, data["attempt"], data["pid"]) == (EventType.RESTART, 1, 7)
    assert bench.starter.started == [LaunchSpec(("p",))]


async def test_relaunch_is_asked_just_before_the_restart() -> None:
    bench, pane = Bench(FAST), living()

    async def relaunch(agent_id: int) -> LaunchSpec | None:
        return LaunchSpec(("resumed", str(agent_id)))

    bench.restarts.relaunch = relaunch
    bench.restarts.settle(pane, KILLED)
    await bench.next()
    await bench.next()
    assert bench.starter.started == [LaunchSpec(("resumed", "1"))]
    assert pane.launch == LaunchSpec(("resumed", "1"))


@pytest.mark.parametrize("problem", [None, ProviderUnavailable("claude is missing."), RuntimeError("bug")])
async def test_a_relaunch_that_declines_or_breaks_leaves_the_agent_failed(problem: Exception | None) -> None:
    bench, pane = Bench(FAST), living()

    async def relaunch(agent_id: int) -> LaunchSpec | None:
        if problem is not None:
            raise problem
        return None

    bench.restarts.relaunch = relaunch
    bench.restarts.settle(pane, KILLED)
    await bench.next()
    kind, data = await bench.next()
    assert (kind, pane.phase) == (EventType.FAILED, Phase.FAILED)
    assert data["reason"]
    assert bench.starter.started == []


async def test_the_budget_is_spent_by_one_crash_more_than_it_holds() -> None:
    bench, pane = Bench(RestartPolicy(base_ms=1, intensity=2)), living()
    seen: list[EventType] = []
    for _ in range(3):
        bench.restarts.settle(pane, KILLED)
        seen += [(await bench.next())[0], (await bench.next())[0]]
    crash, restart = EventType.CRASH, EventType.RESTART
    assert seen == [crash, restart, crash, restart, crash, EventType.FAILED]
    assert pane.phase is Phase.FAILED


async def test_old_crashes_are_forgiven() -> None:
    bench, pane = Bench(RestartPolicy(base_ms=1, intensity=1, period_ms=1_000)), living()
    for _ in range(4):
        bench.restarts.settle(pane, KILLED)
        await bench.next()
        assert (await bench.next())[0] is EventType.RESTART
        bench.clock.now += 1_000


async def test_without_auto_restart_a_crash_is_only_told() -> None:
    bench, pane = Bench(FAST), living(auto_restart=False)
    bench.restarts.settle(pane, KILLED)
    kind, data = await bench.next()
    assert (kind, data["delay_ms"], pane.phase, pane.back_off) == (EventType.CRASH, None, Phase.DEAD, None)


async def test_a_restart_that_was_overtaken_does_nothing() -> None:
    bench, pane = Bench(FAST), living()
    bench.restarts.settle(pane, KILLED)
    pane.begin(ProcessId(6, 1), 0)
    assert pane.back_off is not None
    await pane.back_off
    assert bench.starter.started == []


async def test_a_restart_waits_for_tmux_to_come_back() -> None:
    bench, pane = Bench(FAST, failures=1), living()
    bench.restarts.settle(pane, KILLED)
    await bench.next()
    assert (await bench.next())[0] is EventType.RESTART
