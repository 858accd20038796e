"""What happens when a program, or the tmux server with all of them, turns out to be dead."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from orchestrator_tui.core.errors import OrchestratorError, TmuxUnavailable
from orchestrator_tui.pty.coroner import Coroner
from orchestrator_tui.pty.endings import SERVER_ENDED, Ending, ending
from orchestrator_tui.pty.link import TmuxLink
from orchestrator_tui.pty.panes import Pane, Phase
from orchestrator_tui.pty.restarting import Restarts
from orchestrator_tui.pty.server import TmuxServer

_SERVER_PAUSE_S = 1.0
_VERDICT_PAUSE_S = 0.05
_VERDICT_LOOKS = 60


class Recovery:
    """Settles deaths and brings the server back; ``run`` starts a task that the owner keeps and cancels."""

    def __init__(
        self,
        *,
        panes: Mapping[int, Pane],
        server: TmuxServer,
        link: TmuxLink,
        coroner: Coroner,
        restarts: Restarts,
        run: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._panes = panes
        self._server = server
        self._link = link
        self._coroner = coroner
        self._restarts = restarts
        self._run = run
        self._recovering: asyncio.Task[None] | None = None
        self.is_open = False
        self.problem: str | None = None

    def on_death(self, pane: Pane, generation: int) -> None:
        """The process of this generation ended: finds out how, unless someone ends it on purpose right now."""
        if pane.generation != generation or pane.phase is not Phase.ALIVE:
            return
        pane.died.set()
        if not pane.is_ending:
            self._run(self.autopsy(pane, generation))

    async def autopsy(self, pane: Pane, generation: int) -> None:
        """Settles a dead program with its exact ending."""
        for _ in range(_VERDICT_LOOKS):
            async with pane.lock:
                if pane.generation != generation or pane.phase is not Phase.ALIVE:
                    return
                with contextlib.suppress(TmuxUnavailable):
                    assert pane.process is not None
                    how = await self._coroner.ending(pane.pane_id, pane.process.pid)
                    self._restarts.settle(pane, how)
                    return
            # The server may be what ended: then every agent did, and recovery settles them all.
            if not self._server.is_alive():
                self.on_server_lost()
                return
            await asyncio.sleep(_VERDICT_PAUSE_S)
        if pane.generation == generation and pane.phase is Phase.ALIVE:
            self._restarts.settle(pane, ending(None, None))

    def on_server_lost(self) -> None:
        """Brings the server and all its living agents back; called again meanwhile, does nothing."""
        if self.is_open and (self._recovering is None or self._recovering.done()):
            self._recovering = self._run(self._recover())

    async def _recover(self) -> None:
        self._restarts.ready.clear()
        how = Ending(None, None, SERVER_ENDED)
        for pane in self._panes.values():
            pane.pane_id = ""
            if pane.phase is Phase.ALIVE and not pane.is_ending:
                self._restarts.settle(pane, how, at_once=True)
        while True:
            try:
                await self._server.start()
                await self._link.open()
            except OrchestratorError as error:
                self.problem = str(error)
                await asyncio.sleep(_SERVER_PAUSE_S)
            else:
                self.problem = None
                self._restarts.ready.set()
                return
