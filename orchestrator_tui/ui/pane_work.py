"""What can be done in the pane's panel: reading back, searching, copying, and typing into the agent."""

import asyncio

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.views import AgentView
from orchestrator_tui.ui.ansi import plain_text
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.pane_puller import PanePuller
from orchestrator_tui.ui.type_mode import TypeMode
from orchestrator_tui.ui.widgets.pane_view import PaneView
from orchestrator_tui.ui.widgets.scrollback import Scrollback

HISTORY_LINES = 5_000


class PaneWork:
    """Joins the pane's widget to the client."""

    def __init__(self, desk: Desk, puller: PanePuller) -> None:
        self._desk = desk
        self.typing = TypeMode(desk.client, puller.hurry, desk.tell)

    @property
    def _pane(self) -> PaneView:
        return self._desk.dashboard.pane

    async def type_into(self, agent: AgentView) -> None:
        """Turns the pane into a terminal of the agent."""
        self._desk.dashboard.go(Panel.PANE)
        if not self._desk.dashboard.is_pane_seen:
            raise NotAllowedNow("There is no room for a pane here.", remedy="Make the terminal larger.")
        room = self._pane.room
        await self.typing.enter(agent.id, (room.width, room.height))
        self._pane.set_typing(True)
        self._desk.dashboard.refresh_model()

    async def stop_typing(self) -> None:
        """Gives the keyboard back to the dashboard."""
        self._pane.set_typing(False)
        try:
            await self.typing.leave()
        finally:
            self._desk.dashboard.refresh_model()

    async def refit(self) -> None:
        """The pane has another size."""
        room = self._pane.room
        await self.typing.resize((room.width, room.height))

    async def read_back(self, agent: AgentView) -> None:
        """Shows what the agent's pane remembers."""
        lines = await self._desk.client.pane_history(agent.id, HISTORY_LINES)
        # Thousands of coloured lines take a fifth of a second: too long for the loop that draws.
        history = await asyncio.to_thread(Scrollback, lines)
        if self._pane.agent is not None and self._pane.agent.id == agent.id:
            self._pane.show_history(history)

    async def search(self, agent: AgentView, words: str) -> None:
        """Marks words in what the pane remembers."""
        if self._pane.follows:
            await self.read_back(agent)
        if not self._pane.search(words):
            self._desk.done(f"“{words}” is not in the last {HISTORY_LINES:,} lines.")

    async def copy(self, agent: AgentView) -> str:
        """Copies what is seen while reading back, else the agent's whole screen; returns it."""
        text = self._pane.visible_text()
        if not text:
            frame = await self._desk.client.pane_frame(agent.id)
            text = plain_text(frame.lines) if frame else ""
        self._desk.app.copy_to_clipboard(text)
        return text
