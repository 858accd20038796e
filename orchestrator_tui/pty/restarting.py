"""What follows the end of a program: the event, the back-off, the restart, or giving up."""

import asyncio
from collections.abc import Awaitable, Callable

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import OrchestratorError, TmuxUnavailable
from orchestrator_tui.core.events import EventType
from orchestrator_tui.core.models import LaunchSpec
from orchestrator_tui.core.restart import RestartPolicy, recent_crashes, restart_delay_ms
from orchestrator_tui.pty.endings import Ending
from orchestrator_tui.pty.panes import Pane, Phase
from orchestrator_tui.pty.starter import Starter

Relaunch = Callable[[int], Awaitable[LaunchSpec | None]]
Emit = Callable[[EventType, Pane, dict[str, object]], None]

_TMUX_PATIENCE = 40
_TMUX_PAUSE_S = 0.25
NO_RELAUNCH = "it may not start again now"


class Restarts:
    """Transient supervision: a clean exit stays, anything else restarts within the policy's budget."""

    def __init__(
        self,
        *,
        starter: Starter,
        clock: Clock,
        policy: RestartPolicy,
        random_unit: Callable[[], float],
        emit: Emit,
        is_silent: Callable[[], bool] = lambda: False,
    ) -> None:
        self._starter = starter
        self._clock = clock
        self._policy = policy
        self._random_unit = random_unit
        self._emit = emit
        self._is_silent = is_silent
        self.relaunch: Relaunch | None = None
        self.ready = asyncio.Event()
        """Set while the tmux server is there."""

    def settle(self, pane: Pane, how: Ending, *, at_once: bool = False) -> None:
        """Tells of the end and begins what follows; ``at_once`` leaves out the delay, not the budget."""
        if how.is_clean:
            pane.leave(Phase.DEAD)
            self._emit(EventType.EXIT, pane, _end_of(pane, how))
            return
        now = self._clock.now_ms()
        pane.crashes = [*recent_crashes(pane.crashes, now, self._policy), now]
        data = _end_of(pane, how)
        if not pane.config.auto_restart:
            pane.leave(Phase.DEAD)
            self._emit(EventType.CRASH, pane, {**data, "attempt": len(pane.crashes), "delay_ms": None})
            return
        delay = restart_delay_ms(pane.crashes, now, self._policy, self._random_unit())
        if delay is not None and at_once:
            delay = 0
        pane.leave(Phase.FAILED if delay is None else Phase.WAITING)
        self._emit(EventType.CRASH, pane, {**data, "attempt": len(pane.crashes), "delay_ms": delay})
        if delay is None:
            period_s = self._policy.period_ms / 1000
            reason = f"crashed {len(pane.crashes)} times within {period_s:g} s; last: {how.reason}"
            self._emit(EventType.FAILED, pane, {**data, "reason": reason})
        else:
            pane.back_off = asyncio.create_task(self._later(pane, pane.generation, delay, how))

    async def next_launch(self, pane: Pane) -> LaunchSpec | None:
        """What to start next; None when ``relaunch`` says that the agent must not start."""
        if self.relaunch is not None:
            return await self.relaunch(pane.agent_id)
        return pane.launch or LaunchSpec(())

    async def _later(self, pane: Pane, generation: int, delay_ms: int, how: Ending) -> None:
        try:
            await asyncio.sleep(delay_ms / 1000)
            await self.ready.wait()
            launch = await self.next_launch(pane)
            if launch is None:
                self._give_up(pane, generation, NO_RELAUNCH)
            else:
                await self._start(pane, generation, delay_ms, how, launch)
        except OrchestratorError as error:
            self._give_up(pane, generation, str(error))
        except Exception as error:
            self._give_up(pane, generation, f"the restart went wrong: {error!r}")

    async def _start(self, pane: Pane, generation: int, delay_ms: int, how: Ending, launch: LaunchSpec) -> None:
        attempts_left = _TMUX_PATIENCE
        while True:
            async with pane.lock:
                if pane.generation != generation or pane.phase is not Phase.WAITING:
                    return
                try:
                    await self._starter.start(pane, self._starter.program(pane, launch))
                except TmuxUnavailable:
                    # A server that is stopped goes on some time, and the agent with it.
                    attempts_left -= not self._is_silent()
                    if not attempts_left:
                        raise
                else:
                    pane.launch = launch
                    pane.back_off = None
                    self._emit(
                        EventType.RESTART,
                        pane,
                        {
                            **how.data(),
                            "attempt": len(pane.crashes),
                            "delay_ms": delay_ms,
                            "pid": pane.process.pid if pane.process else None,
                            "pane_id": pane.pane_id,
                        },
                    )
                    return
            await asyncio.sleep(_TMUX_PAUSE_S)
            await self.ready.wait()

    def _give_up(self, pane: Pane, generation: int, reason: str) -> None:
        if pane.generation == generation and pane.phase is Phase.WAITING:
            pane.leave(Phase.FAILED)
            self._emit(EventType.FAILED, pane, _end_of(pane, Ending(None, None, reason)))


def _end_of(pane: Pane, how: Ending) -> dict[str, object]:
    """How it ended, and whose end it was: the news may arrive after the next program has started."""
    return {**how.data(), "pid": pane.process.pid if pane.process is not None else None}
