"""PTYManager: one window an agent on our own tmux server; spawns, watches, restarts, ends and shows them."""

import asyncio
import contextlib
import os
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from orchestrator_tui.core.bus import Bus, Subscription
from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.config import PTYConfig
from orchestrator_tui.core.errors import NotAllowedNow, OrchestratorError, TmuxUnavailable, UsageError
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentHandle, HealthStatus, LaunchSpec
from orchestrator_tui.core.restart import RestartPolicy
from orchestrator_tui.pty.access import PaneAccess
from orchestrator_tui.pty.adoption import list_adoptable
from orchestrator_tui.pty.commands import AdoptedPane, resize, set_options
from orchestrator_tui.pty.coroner import Coroner
from orchestrator_tui.pty.death import DeathWatcher, system_deaths
from orchestrator_tui.pty.endings import SERVER_ENDED, Ending, ending, signal_number
from orchestrator_tui.pty.healthcheck import HealthCheck
from orchestrator_tui.pty.killing import Reaper
from orchestrator_tui.pty.launching import checked_options, session_markers
from orchestrator_tui.pty.link import TmuxLink
from orchestrator_tui.pty.panes import Pane, Phase
from orchestrator_tui.pty.procs import Processes, ProcessInfo, system_processes
from orchestrator_tui.pty.recovery import Recovery
from orchestrator_tui.pty.restarting import NO_RELAUNCH, Relaunch, Restarts
from orchestrator_tui.pty.screens import Screens
from orchestrator_tui.pty.server import TmuxServer
from orchestrator_tui.pty.socket import socket_path
from orchestrator_tui.pty.starter import Starter
from orchestrator_tui.pty.system_clock import SystemClock

_DEFAULT_POLICY = RestartPolicy()
_SPAWN_GRACE_MS = 12_000
_KILL_GRACE_MS = 5_000
_LEFTOVER_PATIENCE_MS = 500


class PTYManager(PaneAccess):
    """Supervises the agents of one session; must be used within one event loop.

    ``socket_name`` names the tmux socket; ``tmux_env`` is laid over the environment of
    tmux and of all that it starts. ``processes`` and ``deaths`` replace the machine's own.
    """

    def __init__(
        self,
        session: str,
        *,
        socket_name: str,
        clock: Clock | None = None,
        policy: RestartPolicy = _DEFAULT_POLICY,
        random_unit: Callable[[], float] = random.random,
        tmux_env: Mapping[str, str] | None = None,
        processes: Processes | None = None,
        deaths: DeathWatcher | None = None,
    ) -> None:
        self.session = session
        self.socket_name = socket_name
        self._clock = clock or SystemClock()
        overlay = dict(tmux_env or {})
        environment = {**os.environ, **overlay}
        # Inside another tmux these would send our clients there.
        environment.pop("TMUX", None)
        environment.pop("TMUX_PANE", None)
        self._processes = processes or system_processes()
        self._deaths = deaths or system_deaths(self._processes)
        self._server = TmuxServer(socket_path(socket_name, environment), overlay, self._processes)
        self._link = TmuxLink(
            self._server, environment, lambda: self._recovery.on_server_lost(), lambda: self.on_transport_change()
        )
        super().__init__(Screens(self._link, self._server))
        self._reaper = Reaper(self._processes, self._protected_pids)
        self._coroner = Coroner(self._link, self._server, self._processes)
        self._starter = Starter(
            socket=self._server.socket,
            link=self._link,
            processes=self._processes,
            deaths=self._deaths,
            reaper=self._reaper,
            coroner=self._coroner,
            clock=self._clock,
            on_death=lambda pane, generation: self._recovery.on_death(pane, generation),
        )
        self._restarts = Restarts(
            starter=self._starter,
            clock=self._clock,
            policy=policy,
            random_unit=random_unit,
            emit=self._emit,
            is_silent=lambda: self._link.is_silent,
        )
        self._health = HealthCheck(self._link, self._processes, self._clock)
        self._bus: Bus[Event] = Bus()
        self.on_close: Callable[[], Awaitable[None]] | None = None
        self.on_transport_change: Callable[[], None] = lambda: None
        """Called when ``transport_error`` may have changed."""
        self._found: dict[int, AdoptedPane] = {}
        self._unheld: list[Pane] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._open_lock = asyncio.Lock()
        self._recovery = Recovery(
            panes=self._panes,
            server=self._server,
            link=self._link,
            coroner=self._coroner,
            restarts=self._restarts,
            run=self._run,
        )

    @property
    def relaunch(self) -> Relaunch | None:
        """Awaited after the restart delay, just before a restart; None from it means: do not restart.

        Unset: what the agent was last started with.
        """
        return self._restarts.relaunch

    @relaunch.setter
    def relaunch(self, value: Relaunch | None) -> None:
        self._restarts.relaunch = value

    @property
    def transport_error(self) -> str | None:
        """What is wrong with the way to tmux, None when all is well; commands may still work, only slower."""
        return self._recovery.problem or self._link.error

    # -- opening and closing

    async def open(self) -> list[AdoptedPane]:
        """Starts our tmux server or finds it running; returns the panes that agents of this session have.

        They are not supervised until ``adopt``. Raises TmuxUnavailable.
        """
        async with self._open_lock:
            if not self._recovery.is_open:
                is_new = await self._server.start()
                await self._link.open()
                if is_new:
                    # Without their server no agent of this session can rightly be alive.
                    await self._end_leftovers()
                self._recovery.is_open = True
                self._restarts.ready.set()
            panes = await list_adoptable(self._link)
            self._found = {pane.agent_id: pane for pane in panes if pane.agent_id not in self._panes}
            return panes

    async def stop_server(self) -> None:
        """Ends our tmux server with all its windows and whatever the session's agents left running."""
        await self._let_go()
        for pane in self._panes.values():
            pane.leave(Phase.STOPPED)
        self._panes.clear()
        self._found.clear()
        await self._server.stop()
        await self._end_leftovers()

    async def aclose(self) -> None:
        """Lets go of tmux and ends all subscriptions; agents live on."""
        await self._let_go()
        self._bus.close()
        if self.on_close is not None:
            await self.on_close()

    async def _end_leftovers(self) -> None:
        await self._reaper.end((), session_markers(self._server.socket), _LEFTOVER_PATIENCE_MS)

    async def _let_go(self) -> None:
        self._recovery.is_open = False
        self._restarts.ready.clear()
        own = asyncio.current_task()
        tasks = {*self._tasks, *(pane.back_off for pane in self._panes.values() if pane.back_off is not None)}
        tasks.discard(own)  # pyright: ignore[reportArgumentType]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._deaths.close()
        await self._link.close()

    # -- life

    def adopt(
        self, pane: AdoptedPane, config: PTYConfig, launch: LaunchSpec | None = None, crashes: Sequence[int] = ()
    ) -> AgentHandle | None:
        """Takes a pane that ``open`` returned under supervision.

        A dead one counts as a crash or exit now and takes the restart way; then the result is None.
        """
        options = {name: value for name, value in pane.options.items() if name != "@agent_id"}
        record = Pane(pane.agent_id, config, launch, options, list(crashes), pane_id=pane.pane_id, is_new=False)
        self._panes[pane.agent_id] = record
        self._found.pop(pane.agent_id, None)
        self._starter.watch(record, pane.pid)
        if not pane.dead:
            self._emit(EventType.ADOPT, record, {"pid": pane.pid, "pane_id": pane.pane_id})
            self._hold_size(record)
            return record.handle
        record.died.set()
        if pane.exit_status is not None or pane.signal is not None:
            self._restarts.settle(record, ending(pane.exit_status, pane.signal))
        else:
            self._run(self._recovery.autopsy(record, record.generation))
        return None

    async def spawn(
        self,
        agent_id: int,
        config: PTYConfig,
        launch: LaunchSpec | None = None,
        options: Mapping[str, str] | None = None,
        crashes: Sequence[int] = (),
    ) -> AgentHandle:
        """Starts an agent in its own window, or in the one that its dead predecessor left.

        ``launch`` overrides the config's command and folder, its environment is merged over the config's.
        Raises UsageError naming the field, NotAllowedNow when the agent lives, TmuxUnavailable.
        """
        checked = checked_options(options or {})
        pane = Pane(agent_id, config, launch, checked, list(crashes))
        program = self._starter.program(pane, launch)
        if not self._recovery.is_open:
            await self.open()
        previous = self._panes.get(agent_id)
        found = self._found.get(agent_id)
        if (previous is not None and previous.is_alive) or (found is not None and not found.dead):
            raise NotAllowedNow(f"Agent {agent_id} runs already.", remedy="Kill or restart it.", field="agent_id")
        if previous is not None:
            # The same lock goes on, so that what still works on the old record is waited for.
            pane.lock, pane.pane_id, pane.is_new = previous.lock, previous.pane_id, False
        elif found is not None:
            pane.pane_id, pane.is_new = found.pane_id, False
        self._panes[agent_id] = pane
        async with pane.lock:
            if previous is not None:
                if previous.is_alive:
                    self._panes[agent_id] = previous
                    raise NotAllowedNow(f"Agent {agent_id} runs already.", remedy="Restart it.", field="agent_id")
                previous.cancel_back_off()
                previous.leave(Phase.STOPPED)
            try:
                await self._starter.start(pane, program)
            except OrchestratorError:
                self._forget_unless_known(pane, previous)
                raise
            self._found.pop(agent_id, None)
            self._emit(EventType.SPAWN, pane, self._place(pane))
            return self._require_handle(pane)

    async def respawn(self, agent_id: int, launch: LaunchSpec, *, grace_ms: int = _SPAWN_GRACE_MS) -> AgentHandle:
        """Replaces the agent's program on purpose, in the same pane, ending the old one first.

        Raises UsageError for a launch that cannot start (the old program then lives on), TmuxUnavailable.
        """
        pane = self._pane(agent_id)
        program = self._starter.program(pane, launch)
        was_stopped = pane.phase is Phase.STOPPED
        async with pane.lock:
            if pane.phase is Phase.STOPPED and not was_stopped:
                raise NotAllowedNow(f"Agent {agent_id} was killed meanwhile.", field="agent_id")
            pane.cancel_back_off()
            await self._starter.end(pane, signal_number("SIGTERM") or 15, grace_ms)
            pane.generation += 1
            pane.leave(Phase.DEAD)
            try:
                await self._starter.start(pane, program)
            except TmuxUnavailable:
                if not self._server.is_alive():
                    self._restarts.settle(pane, Ending(None, None, SERVER_ENDED), at_once=True)
                    self._recovery.on_server_lost()
                raise
            pane.launch = launch
            self._emit(EventType.RESTART, pane, {"deliberate": True, **self._place(pane)})
            return self._require_handle(pane)

    async def restart(self, agent_id: int) -> AgentHandle:
        """Starts the agent anew because a person wants it: at once, not counted, whatever state it is in.

        Raises NotAllowedNow when ``relaunch`` declines.
        """
        pane = self._pane(agent_id)
        launch = await self._restarts.next_launch(pane)
        if launch is None:
            raise NotAllowedNow(f"Agent {agent_id} cannot restart: {NO_RELAUNCH}.", field="agent_id")
        if pane.phase is Phase.FAILED:
            # A person's decision opens a new budget.
            pane.crashes = []
        return await self.respawn(agent_id, launch)

    async def kill(self, agent_id: int, signal: str = "SIGTERM", *, grace_ms: int = _KILL_GRACE_MS) -> None:
        """Ends the agent on purpose: ``signal`` to its program, after ``grace_ms`` SIGKILL to its whole tree.

        What it left running is ended too. The window stays with the last screen. Raises UsageError for a signal
        that does not exist.
        """
        number = signal_number(signal)
        if number is None:
            raise UsageError(f"`signal`: {signal!r} is not a signal.", remedy="Use SIGTERM.", field="signal")
        pane = self._pane(agent_id)
        async with pane.lock:
            pane.cancel_back_off()
            if pane.phase is Phase.STOPPED:
                return
            how = await self._starter.end(pane, number, grace_ms)
            pane.generation += 1
            pane.leave(Phase.STOPPED)
            self._emit(EventType.KILL, pane, {**how.data(), "sent": signal})

    async def remove(self, agent_id: int) -> None:
        """Closes the agent's window and forgets the agent.

        Raises NotAllowedNow while its program runs.
        """
        pane = self._pane(agent_id)
        async with pane.lock:
            if pane.is_alive:
                raise NotAllowedNow(f"Agent {agent_id} still runs.", remedy="Kill it first.", field="agent_id")
            pane.cancel_back_off()
            pane.generation += 1
            pane.leave(Phase.STOPPED)
            if pane.pane_id:
                await self._link.batch([("kill-pane", "-t", pane.pane_id)])
            self._panes.pop(agent_id, None)

    async def set_options(self, agent_id: int, options: Mapping[str, str]) -> None:
        """Sets ``@`` options on the agent's pane; a later owner gets them from ``open``.

        Raises UsageError for a name or value that cannot be kept.
        """
        pane = self._pane(agent_id)
        checked = checked_options(options)
        pane.options.update(checked)
        if pane.pane_id:
            await self._link.batch(set_options(pane.pane_id, checked))

    # -- looking

    def watch_all(self) -> Subscription[Event]:
        """Every later event of every agent."""
        return self._bus.subscribe()

    def process(self, agent_id: int) -> ProcessInfo | None:
        """The agent's own process right now; None when it is gone, also when another has its pid."""
        pane = self._panes.get(agent_id)
        if pane is None or pane.process is None or not pane.is_alive:
            return None
        seen = self._processes.look(pane.process.pid)
        return seen if seen is not None and seen.id == pane.process and not seen.has_ended else None

    async def descendants(self, agent_id: int) -> int:
        """How many processes the agent's own one has below it."""
        pane = self._panes.get(agent_id)
        if pane is None or pane.process is None:
            return 0
        table = await asyncio.to_thread(self._processes.table)
        return max(0, len(table.tree(pane.process.pid)) - 1)

    async def health_check(self, agent_id: int) -> HealthStatus:
        """One agent's health; emits ``health``."""
        return (await self._check([self._pane(agent_id)]))[agent_id]

    async def health_all(self) -> dict[int, HealthStatus]:
        """Every agent's health from one look; emits ``health`` for each."""
        return await self._check(list(self._panes.values()))

    # -- inside

    def _hold_size(self, pane: Pane) -> None:
        """Together with those of all panes that are adopted in the same go."""
        if not self._unheld:
            self._run(self._hold_sizes())
        self._unheld.append(pane)

    async def _hold_sizes(self) -> None:
        panes = list(self._unheld)
        self._unheld.clear()
        with contextlib.suppress(TmuxUnavailable):
            await self._link.batch([resize(pane.pane_id, pane.config.cols, pane.config.rows) for pane in panes])

    async def _check(self, panes: list[Pane]) -> dict[int, HealthStatus]:
        found: dict[int, HealthStatus] = {}
        for agent_id, (status, row) in (await self._health.check(panes)).items():
            found[agent_id] = status
            pane = self._panes.get(agent_id)
            if pane is None:
                continue
            self._emit(EventType.HEALTH, pane, status.data())
            if row is not None and row.dead and pane.process is not None and row.pid == pane.process.pid:
                self._recovery.on_death(pane, pane.generation)
        return found

    def _emit(self, kind: EventType, pane: Pane, data: dict[str, object]) -> None:
        self._bus.publish(Event(kind, self._clock.now_ms(), agent_id=pane.agent_id, data=data))

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _protected_pids(self) -> set[int]:
        pids = {os.getpid(), self._link.client_pid, self._server.process.pid if self._server.process else None}
        return {pid for pid in pids if pid is not None}

    def _forget_unless_known(self, pane: Pane, previous: Pane | None) -> None:
        if previous is not None:
            self._panes[pane.agent_id] = previous
        else:
            self._panes.pop(pane.agent_id, None)

    def _require_handle(self, pane: Pane) -> AgentHandle:
        assert pane.process is not None
        return AgentHandle(pane.agent_id, pane.pane_id, pane.process.pid)

    def _place(self, pane: Pane) -> dict[str, object]:
        return {"pid": pane.process.pid if pane.process else None, "pane_id": pane.pane_id}
