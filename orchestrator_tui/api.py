"""The getters of the Python API: one object of each kind a session and process, the session owned while any is open."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from orchestrator_tui.agents.spawner import AgentSpawner
from orchestrator_tui.composition import Runtime, make_manager, require_tmux
from orchestrator_tui.missions.queue import MissionQueue
from orchestrator_tui.pty.manager import PTYManager
from orchestrator_tui.pty.system_clock import SystemClock
from orchestrator_tui.session import Session, SessionLock, default_session, state_root
from orchestrator_tui.settings_files import load_settings, rule_files


class _Shared:
    """What this process has of one session."""

    def __init__(self, session: Session) -> None:
        session.create()
        self.session = session
        self.lock: SessionLock = session.lock("api")
        self._queue: MissionQueue | None = None
        self._manager: PTYManager | None = None
        self._runtime: Runtime | None = None
        self._is_started = False
        self._starting = asyncio.Lock()

    def queue(self) -> MissionQueue:
        if self._queue is None:
            self._queue = MissionQueue.opening(self.session.database, clock=SystemClock())
            self._queue.on_close = self._closed(self._forget_queue)
        return self._queue

    def manager(self) -> PTYManager:
        if self._manager is None:
            require_tmux()
            self._manager = make_manager(self.session)
            self._manager.on_close = self._closed(self._forget_manager)
        return self._manager

    def spawner(self) -> AgentSpawner:
        if self._runtime is None:
            cwd = Path.cwd()
            self._runtime = Runtime(
                self.session,
                "api",
                cwd=cwd,
                settings=load_settings(cwd, None),
                watched=rule_files(cwd, None),
                queue=self.queue(),
                manager=self.manager(),
            )
            spawner = self._runtime.supervisor.spawner
            spawner.before_use = self._start
            spawner.on_close = self._close_runtime
        return self._runtime.supervisor.spawner

    async def _start(self) -> None:
        async with self._starting:
            if self._runtime is not None and not self._is_started:
                await self._runtime.start()
                self._is_started = True

    async def _close_runtime(self) -> None:
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            await runtime.aclose()
            await self.manager().aclose()
            await self.queue().aclose()

    def _closed(self, forget: Callable[[], None]) -> Callable[[], Awaitable[None]]:
        async def close() -> None:
            forget()
            if self._queue is None and self._manager is None and self._runtime is None:
                self.lock.release()
                _shared.pop((str(self.session.root), self.session.name), None)

        return close

    def _forget_queue(self) -> None:
        self._queue = None

    def _forget_manager(self) -> None:
        self._manager = None


_shared: dict[tuple[str, str], _Shared] = {}


def _of(name: str | None) -> _Shared:
    session = Session(state_root(os.environ), name or default_session(Path.cwd()))
    key = (str(session.root), session.name)
    if key not in _shared:
        _shared[key] = _Shared(session)
    return _shared[key]


def get_pty_manager(session: str | None = None) -> PTYManager:
    """The panes of a session (by default the current directory's).

    Raises SessionOwned when another process has it, TmuxUnavailable.
    """
    return _of(session).manager()


def get_mission_queue(session: str | None = None) -> MissionQueue:
    """The mission queue of a session; must be called inside the event loop that uses it.

    Raises SessionOwned when another process has it.
    """
    return _of(session).queue()


def get_agent_spawner(session: str | None = None) -> AgentSpawner:
    """The agents of a session, with dispatcher and endpoint; they start at the first call.

    Raises SessionOwned when another process has it, TmuxUnavailable.
    """
    return _of(session).spawner()
