"""What the actions on missions do: asking through dialogs and commanding through the client."""

from collections.abc import Awaitable, Callable
from functools import partial

from orchestrator_tui.core.models import MissionSpec, Priority
from orchestrator_tui.core.views import MissionChanges
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.dialogs.confirm import ConfirmDialog
from orchestrator_tui.ui.dialogs.depend import DependDialog
from orchestrator_tui.ui.dialogs.mission import MissionDialog, changes_between
from orchestrator_tui.ui.graph_screen import GraphScreen
from orchestrator_tui.ui.mission_screen import MissionScreen
from orchestrator_tui.ui.model import Panel


class MissionWork:
    """Queues, shows, changes and ends missions.

    ``run`` runs an action by id, for a mission's own page; ``edit`` takes a text to the person's editor and back.
    """

    def __init__(self, desk: Desk, run: Callable[[str], None], edit: Callable[[str], Awaitable[str]]) -> None:
        self._desk = desk
        self._run = run
        self._edit = edit

    def handlers(self) -> Handlers:
        """What this object runs."""
        return {
            "mission.add": self._add_mission,
            "mission.open": self._open_mission,
            "mission.edit": self._edit_mission,
            "mission.graph": self._graph,
            "mission.depend": self._depend,
            "mission.cancel": self._cancel_mission,
            "mission.retry": self._retry_mission,
            "mission.lower": partial(self._shift_priority, 1),
            "mission.raise": partial(self._shift_priority, -1),
        }

    async def _add_mission(self) -> None:
        async def submit(spec: MissionSpec) -> None:
            mission_id = await self._desk.client.add_mission(spec)
            self._desk.model.expected_mission = mission_id
            self._desk.model.settle_selection()
            self._desk.done(f"Queued {mission_id}.")

        await self._desk.app.push_screen_wait(MissionDialog(submit, edit=self._edit))

    async def _open_mission(self) -> None:
        await self.open_page(self._desk.mission().id)

    async def open_page(self, mission_id: str) -> None:
        """Shows a mission's own page until it is left."""
        screen = MissionScreen(self._desk.client, self._desk.model, self._desk.dashboard.clock, mission_id, self._run)
        self._desk.page = mission_id
        try:
            await self._desk.app.push_screen_wait(screen)
        finally:
            self._desk.page = None

    async def _edit_mission(self) -> None:
        whole = await self._desk.client.mission(self._desk.mission().id)

        async def submit(spec: MissionSpec) -> None:
            changes = changes_between(whole, spec)
            if changes is not None:
                await self._desk.client.update_mission(whole.id, changes)

        await self._desk.app.push_screen_wait(MissionDialog(submit, whole, edit=self._edit))

    async def _graph(self) -> None:
        chosen = await self._desk.app.push_screen_wait(GraphScreen(self._desk.model))
        if chosen is not None:
            self._desk.dashboard.go(Panel.MISSIONS)
            self._desk.dashboard.choose(Panel.MISSIONS, chosen)
            await self.open_page(chosen)

    async def _depend(self) -> None:
        mission = self._desk.mission()

        async def submit(ids: tuple[str, ...]) -> None:
            for on in ids:
                await self._desk.client.add_dependency(mission.id, on)
            self._desk.done(f"{mission.id} starts after {', '.join(ids)}.")

        await self._desk.app.push_screen_wait(DependDialog(submit, mission.id))

    async def _cancel_mission(self) -> None:
        mission = self._desk.mission()
        losses = (f"{mission.agent_name} is interrupted.",) if mission.agent_name else ()
        dialog = ConfirmDialog(f"Cancel {mission.id}", f"Cancel “{mission.title}”?", losses, yes="cancel the mission")
        if await self._desk.app.push_screen_wait(dialog):
            await self._desk.client.cancel_mission(mission.id)

    async def _retry_mission(self) -> None:
        mission = self._desk.mission()
        await self._desk.client.retry_mission(mission.id)
        self._desk.done(f"{mission.id} is queued again.")

    async def _shift_priority(self, by: int) -> None:
        mission, order = self._desk.mission(), list(Priority)
        rank = mission.priority.rank + by
        if 0 <= rank < len(order):
            await self._desk.client.update_mission(mission.id, MissionChanges(priority=order[rank]))
