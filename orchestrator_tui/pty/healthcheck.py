"""Looking at every agent's health with one question to tmux and one pass over the processes."""

import asyncio
from collections.abc import Collection

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import TmuxUnavailable
from orchestrator_tui.core.models import HealthStatus
from orchestrator_tui.pty.commands import PaneRow, list_all, parse_row
from orchestrator_tui.pty.health import Observation, cpu_percent, cpu_sample, health_status
from orchestrator_tui.pty.link import TmuxLink
from orchestrator_tui.pty.panes import Pane
from orchestrator_tui.pty.procs import Processes, ProcessInfo, ProcessTable


class HealthCheck:
    """Keeps each pane's last processor sample up to date."""

    def __init__(self, link: TmuxLink, processes: Processes, clock: Clock) -> None:
        self._link = link
        self._processes = processes
        self._clock = clock

    async def check(self, panes: Collection[Pane]) -> dict[int, tuple[HealthStatus, PaneRow | None]]:
        """Each agent's status and its row in tmux's list, None when tmux did not answer or lists it no more."""
        # tmux answers while the processes are read: neither needs the other.
        looking = asyncio.get_running_loop().run_in_executor(None, self._pass)
        asked_at = self._clock.monotonic_ms()
        rows: dict[str, PaneRow] = {}
        answered_in: int | None = None
        try:
            rows = {row.pane_id: row for row in map(parse_row, await self._link.run(*list_all()))}
            answered_in = self._clock.monotonic_ms() - asked_at
        except TmuxUnavailable:
            pass  # what tmux cannot tell shows as not responsive
        table, passed_at = await looking
        now = self._clock.now_ms()
        found: dict[int, tuple[HealthStatus, PaneRow | None]] = {}
        for pane in panes:
            row = rows.get(pane.pane_id)
            tree = self._tree(pane, table)
            percent = None
            if tree:
                sample = cpu_sample(tree, passed_at)
                percent = cpu_percent(pane.cpu, sample)
                pane.cpu = sample
            seen = Observation(
                now_ms=now,
                is_alive=pane.is_alive and bool(tree) and not (row is not None and row.dead),
                answered_in_ms=answered_in if row is not None else None,
                tree=tree,
                cpu_percent=percent,
                started_at=pane.started_at,
                heartbeat_at=pane.heartbeat_at,
                output_at=row.output_at if row is not None else None,
            )
            found[pane.agent_id] = (health_status(seen), row)
        return found

    def _pass(self) -> tuple[ProcessTable, int]:
        return self._processes.table(), self._clock.monotonic_ms()

    def _tree(self, pane: Pane, table: ProcessTable) -> tuple[ProcessInfo, ...]:
        if pane.process is None or not pane.is_alive:
            return ()
        tree = table.tree(pane.process.pid)
        if tree and tree[0].id == pane.process:
            return tree
        # It may have started after the pass came by.
        seen = self._processes.look(pane.process.pid)
        return (seen,) if seen is not None and seen.id == pane.process else ()
