"""Finding out exactly how a pane's program ended."""

import asyncio
import signal

from orchestrator_tui.pty.commands import PaneRow, parse_row, show_pane
from orchestrator_tui.pty.endings import WINDOW_CLOSED, Ending, ending
from orchestrator_tui.pty.link import TmuxLink
from orchestrator_tui.pty.procs import Processes, send_signal
from orchestrator_tui.pty.server import TmuxServer

LADDER_MS = (0, 1, 4, 15, 60, 250)


class Coroner:
    """Asks tmux; a server that lost the signal about a child's end is nudged with another one."""

    def __init__(self, link: TmuxLink, server: TmuxServer, processes: Processes) -> None:
        self._link = link
        self._server = server
        self._processes = processes

    async def ending(self, pane_id: str, pid: int) -> Ending:
        """How process ``pid``, known to be dead, ended in its pane.

        Raises TmuxUnavailable when the server is gone.
        """
        for wait_ms in LADDER_MS:
            if wait_ms:
                await asyncio.sleep(wait_ms / 1000)
            self._nudge()
            row = await self.look(pane_id)
            if row is None:
                return Ending(None, None, WINDOW_CLOSED)
            if row.pid == pid and row.ending is not None:
                return row.ending
        return ending(None, None)

    async def look(self, pane_id: str) -> PaneRow | None:
        """The pane now, or None when its window is gone.

        Raises TmuxUnavailable when the server is gone.
        """
        reply = (await self._link.batch([show_pane(pane_id)]))[0]
        return parse_row(reply.lines[0]) if reply.error is None and reply.lines else None

    def _nudge(self) -> None:
        if self._server.process is not None:
            send_signal(self._processes, self._server.process, signal.SIGCHLD)
