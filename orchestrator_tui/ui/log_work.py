"""What the actions on the log do: showing it, going to what an event is about, and exporting events."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.event_export import export_lines
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.dialogs.confirm import ConfirmDialog
from orchestrator_tui.ui.dialogs.line import ExportDialog
from orchestrator_tui.ui.export import export_path, write_export
from orchestrator_tui.ui.log_screen import LogScreen
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.widgets.event_rows import EventRows


class LogWork:
    """Opens the log. ``open_mission`` shows a mission's page."""

    def __init__(self, desk: Desk, open_mission: Callable[[str], Awaitable[None]]) -> None:
        self._desk = desk
        self._open_mission = open_mission
        self._file = ""

    def handlers(self) -> Handlers:
        """What this object runs."""
        return {"log.open": self._open}

    async def _open(self) -> None:
        desk = self._desk
        screen = LogScreen(desk.client, desk.model, desk.dashboard.clock, self._export, desk.guard)
        place = await desk.app.push_screen_wait(screen)
        if isinstance(place, str):
            desk.dashboard.go(Panel.MISSIONS)
            desk.dashboard.choose(Panel.MISSIONS, place)
            await self._open_mission(place)
        elif place is not None:
            desk.dashboard.go(Panel.AGENTS)
            desk.dashboard.choose(Panel.AGENTS, place)

    async def _export(self, rows: EventRows) -> None:
        desk = self._desk
        now = time.localtime(desk.dashboard.clock.now_ms() / 1000)
        name = self._file or f"events-{desk.model.session}-{time.strftime('%Y%m%d-%H%M%S', now)}.jsonl"

        async def submit(text: str) -> None:
            path, shape = export_path(text, desk.model.cwd)
            overwrite = await asyncio.to_thread(path.exists)
            if overwrite and not await desk.app.push_screen_wait(
                ConfirmDialog("Overwrite", f"{path} exists. Write over it?", yes="write over it")
            ):
                raise NotAllowedNow(f"{path.name} stays as it is.", remedy="Choose another name.", field="text")
            await rows.load_all()
            names, events = desk.model.agent_names(), list(rows.history.lines)
            await asyncio.to_thread(write_export, path, export_lines(events, names, shape), overwrite=overwrite)
            self._file = text
            desk.done(f"Wrote {len(events):,} events to {path}.")

        await desk.app.push_screen_wait(ExportDialog(submit, text=name))
