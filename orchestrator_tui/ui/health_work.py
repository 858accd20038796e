"""What can be done in the health panel."""

from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.health_screen import HealthScreen
from orchestrator_tui.ui.health_table import Order
from orchestrator_tui.ui.model import Panel


class HealthWork:
    """Opens the health screen; its order is kept while the dashboard runs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._order = Order()

    def handlers(self) -> Handlers:
        """What this object runs."""
        return {"health.open": self._open}

    async def _open(self) -> None:
        desk = self._desk
        screen = HealthScreen(desk.client, desk.model, desk.dashboard.clock, self._order)
        chosen = await desk.app.push_screen_wait(screen)
        if chosen is not None and chosen in desk.model.agents:
            desk.dashboard.go(Panel.AGENTS)
            desk.dashboard.choose(Panel.AGENTS, chosen)
