"""Starting, ending and restarting agents' programs in their panes; knows no restart policy."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import CannotRun, TmuxUnavailable
from orchestrator_tui.core.models import LaunchSpec
from orchestrator_tui.pty.commands import (
    PaneRow,
    Program,
    list_all,
    new_window,
    parse_created,
    parse_row,
    resize,
    respawn_pane,
    set_options,
    window_target,
)
from orchestrator_tui.pty.coroner import Coroner
from orchestrator_tui.pty.death import DeathWatcher
from orchestrator_tui.pty.endings import Ending, ending
from orchestrator_tui.pty.killing import Reaper
from orchestrator_tui.pty.launching import agent_markers, resolve_program
from orchestrator_tui.pty.link import TmuxLink
from orchestrator_tui.pty.panes import Pane, Phase
from orchestrator_tui.pty.procs import Processes, ProcessId
from orchestrator_tui.pty.transport import TmuxError

_KILL_WAIT_S = 5.0
_LEFTOVER_PATIENCE_MS = 500


class Starter:
    """Effects on one pane's program; the caller holds the pane's lock and decides what to tell whom."""

    def __init__(
        self,
        *,
        socket: Path,
        link: TmuxLink,
        processes: Processes,
        deaths: DeathWatcher,
        reaper: Reaper,
        coroner: Coroner,
        clock: Clock,
        on_death: Callable[[Pane, int], None],
    ) -> None:
        self._socket = socket
        self._link = link
        self._processes = processes
        self._deaths = deaths
        self._reaper = reaper
        self._coroner = coroner
        self._clock = clock
        self._on_death = on_death

    def program(self, pane: Pane, launch: LaunchSpec | None) -> Program:
        """The checked program for a start.

        Raises UsageError naming the field that cannot be used.
        """
        return resolve_program(pane.config, launch, os.environ, agent_markers(pane.agent_id, self._socket))

    async def start(self, pane: Pane, program: Program) -> None:
        """Runs ``program`` in the pane, in a new window when it has none; whatever ran there is ended first.

        Raises TmuxUnavailable.
        """
        if not pane.is_new:
            await self._reaper.end((), agent_markers(pane.agent_id, self._socket), _LEFTOVER_PATIENCE_MS)
        pid = await self._respawn(pane, program) if pane.pane_id else None
        if pid is None:
            pid = await self._create(pane, program)
        pane.is_new = False
        self.watch(pane, pid)

    def watch(self, pane: Pane, pid: int) -> None:
        """Begins to look after process ``pid`` in the pane."""
        if pane.watch is not None:
            pane.watch.cancel()
        # A process that is already gone gets an identity that matches none, and is reported dead at once.
        process = self._processes.identify(pid) or ProcessId(pid, -1)
        pane.begin(process, self._clock.now_ms())
        generation = pane.generation
        pane.watch = self._deaths.watch(process, lambda: self._on_death(pane, generation))

    async def end(self, pane: Pane, number: int, grace_ms: int) -> Ending:
        """Ends the pane's program on purpose and all that it left behind.

        ``number`` goes to the program itself; after ``grace_ms`` its whole tree is killed.
        Raises CannotRun when the kernel does not end it.
        """
        process, died = pane.process, pane.died
        pane.is_ending = True
        try:
            tree: tuple[ProcessId, ...] = ()
            if process is not None and pane.is_alive:
                tree = await self._reaper.tree(process)
                self._reaper.signal(process, number)
                if not await _within(died, grace_ms / 1000):
                    tree = tuple({*tree, *await self._reaper.tree(process)})
                    for member in tree:
                        self._reaper.signal(member, signal.SIGKILL)
                    if not await _within(died, _KILL_WAIT_S):
                        raise CannotRun(
                            f"Process {process.pid} of agent {pane.agent_id} does not end.",
                            remedy="It hangs in the kernel, perhaps on a disk or network share.",
                        )
            await self._reaper.end(tree, agent_markers(pane.agent_id, self._socket), _LEFTOVER_PATIENCE_MS)
            return await self._how(pane)
        finally:
            pane.is_ending = False
            if died.is_set() and pane.phase is Phase.ALIVE:
                pane.leave(Phase.DEAD)

    async def _how(self, pane: Pane) -> Ending:
        if not pane.pane_id or pane.process is None:
            return ending(None, None)
        with contextlib.suppress(TmuxUnavailable):
            return await self._coroner.ending(pane.pane_id, pane.process.pid)
        return ending(None, None)

    async def _create(self, pane: Pane, program: Program) -> int:
        target = window_target(pane.agent_id)
        commands = [
            new_window(pane.agent_id, program),
            *set_options(target, pane.all_options),
            resize(target, pane.config.cols, pane.config.rows),
        ]
        try:
            replies = await self._link.batch(commands, repeatable=False)
        except TmuxUnavailable:
            # The window may have been made before the way to tmux broke: a second one would be a second agent.
            made = await self._find(pane.agent_id)
            if made is None:
                raise
            pane.pane_id = made.pane_id
            return made.pid
        if replies[0].error is not None:
            raise TmuxError(f"tmux refused `new-window`: {replies[0].error}.")
        pane.pane_id, pid = parse_created(replies[0].lines[0])
        return pid

    async def _find(self, agent_id: int) -> PaneRow | None:
        rows = map(parse_row, await self._link.run(*list_all()))
        return next((row for row in rows if row.agent_id == agent_id), None)

    async def _respawn(self, pane: Pane, program: Program) -> int | None:
        commands = [
            resize(pane.pane_id, pane.config.cols, pane.config.rows),
            respawn_pane(pane.pane_id, program),
            *set_options(pane.pane_id, pane.all_options),
        ]
        replies = await self._link.batch(commands)
        if replies[1].error is not None:
            row = await self._coroner.look(pane.pane_id)
            if row is not None:
                raise TmuxError(f"tmux refused `respawn-pane`: {replies[1].error}.")
            pane.pane_id = ""
            return None
        row = await self._coroner.look(pane.pane_id)
        if row is None:
            pane.pane_id = ""
            return None
        return row.pid


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
