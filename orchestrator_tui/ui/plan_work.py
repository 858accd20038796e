"""What the action on plan files does: asks for one, shows what it would do, and imports it once that is wanted."""

from orchestrator_tui.core.plans import PlanPreview
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.dialogs.plan import PlanPathDialog
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.plan_screen import PlanScreen


class PlanWork:
    """Imports plan files; the path that was used last is offered again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._path = ""

    def handlers(self) -> Handlers:
        """What this object runs."""
        return {"mission.import": self._import}

    async def _import(self) -> None:
        desk = self._desk
        previews: list[PlanPreview] = []

        async def look(path: str) -> None:
            previews.append(await desk.client.preview_plan(path))
            self._path = path

        await desk.app.push_screen_wait(PlanPathDialog(look, desk.client.plan_files, self._path))
        if not previews:
            return
        done = await desk.app.push_screen_wait(PlanScreen(desk.client, previews[-1]))
        if done is None:
            return
        came = (*done.queued, *done.again)
        if came:
            desk.model.expected_mission = came[0]
            desk.model.settle_selection()
        desk.dashboard.go(Panel.MISSIONS)
        were = "was" if len(done.here) == 1 else "were"
        here = f" {len(done.here)} {were} here already." if done.here else ""
        desk.done(f"Queued {len(came)} mission{'s' * (len(came) != 1)}.{here}")
