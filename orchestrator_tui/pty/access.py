"""Reading and typing: what can be done with an agent's pane without changing its life."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator_tui.core.errors import NotAllowedNow, UnknownAgent
from orchestrator_tui.core.models import AgentHandle
from orchestrator_tui.core.views import PaneFrame, Stroke
from orchestrator_tui.pty.panes import Pane
from orchestrator_tui.pty.screens import Screens, ScreenText
from orchestrator_tui.pty.sight import PaneSight


class PaneAccess:
    """The part of the manager that looks at panes and types into them."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._panes: dict[int, Pane] = {}

    def handle(self, agent_id: int) -> AgentHandle | None:
        """The living agent's handle."""
        pane = self._panes.get(agent_id)
        return pane.handle if pane is not None else None

    def knows(self, agent_id: int) -> bool:
        """Whether the agent has a pane under supervision, alive or not."""
        return agent_id in self._panes

    def is_alive(self, agent_id: int) -> bool:
        """Whether the agent's program runs."""
        pane = self._panes.get(agent_id)
        return pane is not None and pane.is_alive

    def newest_pid(self, agent_id: int) -> int | None:
        """The process id of the agent's newest program, alive or dead; None before the first."""
        pane = self._panes.get(agent_id)
        return pane.process.pid if pane is not None and pane.process is not None else None

    def crashes(self, agent_id: int) -> tuple[int, ...]:
        """The times of the agent's recent crashes."""
        return tuple(self._pane(agent_id).crashes)

    def note_activity(self, agent_id: int, at_ms: int) -> None:
        """The agent gave a sign of life at ``at_ms``."""
        pane = self._panes.get(agent_id)
        if pane is not None:
            pane.heartbeat_at = max(at_ms, pane.heartbeat_at or 0)

    async def capture(self, agent_id: int) -> PaneFrame | None:
        """The agent's screen now with its colours, None without a pane."""
        pane = self._pane(agent_id)
        return await self._screens.capture(agent_id, pane.pane_id) if pane.pane_id else None

    async def capture_text(self, agent_id: int) -> str:
        """The agent's screen as plain text, empty without a pane."""
        pane = self._pane(agent_id)
        return await self._screens.text(pane.pane_id) if pane.pane_id else ""

    async def look(self, agent_id: int, history: int = 0) -> ScreenText | None:
        """The agent's screen as text, after up to ``history`` older lines; None without a pane."""
        pane = self._pane(agent_id)
        return await self._screens.look(pane.pane_id, history) if pane.pane_id else None

    async def history(self, agent_id: int, limit: int) -> tuple[bytes, ...]:
        """The screen with its colours after up to ``limit`` older lines, nothing without a pane."""
        pane = self._pane(agent_id)
        return await self._screens.history(pane.pane_id, limit) if pane.pane_id else ()

    async def type_strokes(self, agent_id: int, strokes: Sequence[Stroke]) -> None:
        """Types what a person pressed, in order.

        Raises NotAllowedNow when the program is dead.
        """
        if not self.is_alive(agent_id):
            raise NotAllowedNow("The agent's program does not run.", remedy="Restart it first.", field="agent_id")
        await self._screens.strokes(self._window(agent_id).pane_id, strokes)

    async def fit(self, agent_id: int, size: tuple[int, int] | None) -> None:
        """Gives the agent's window ``size`` (columns, rows), or the one of its configuration."""
        pane = self._pane(agent_id)
        if pane.pane_id:
            cols, rows = size or (pane.config.cols, pane.config.rows)
            await self._screens.resize(pane.pane_id, cols, rows)

    async def paste(self, agent_id: int, text: str) -> None:
        """Pastes ``text`` without submitting it; several lines arrive as one where the program asked for that.

        Raises as ``type_line`` does.
        """
        await self._screens.paste(self._window(agent_id).pane_id, text)

    async def clients(self, agent_id: int) -> int:
        """How many people look at the agent's window through tmux."""
        return (await self._screens.clients()).get(self._pane(agent_id).pane_id, 0)

    async def sight(self, agent_id: int) -> PaneSight | None:
        """The agent's pane for somebody who wants to type into it; None without a pane."""
        pane = self._pane(agent_id)
        sight = await self._screens.sight(pane.pane_id) if pane.pane_id else None
        if sight is None or pane.typed_at is None:
            return sight
        return replace(sight, typed_at=max(pane.typed_at, sight.typed_at or 0))

    def note_typing(self, agent_id: int, at_ms: int) -> None:
        """A person typed into the pane at ``at_ms`` without being attached to it."""
        self._pane(agent_id).typed_at = at_ms

    async def typed_at(self) -> dict[int, int]:
        """When people last pressed a key in each agent's window; agents without any are left out."""
        attached = await self._screens.people()
        times = {pane.agent_id: max(pane.typed_at or 0, attached.get(pane.pane_id, 0)) for pane in self._panes.values()}
        return {agent_id: at for agent_id, at in times.items() if at}

    async def attached_clients(self) -> dict[int, int]:
        """How many people look at each agent's window; agents without any are left out."""
        counts = await self._screens.clients()
        return {pane.agent_id: counts[pane.pane_id] for pane in self._panes.values() if pane.pane_id in counts}

    def attach_argv(self, agent_id: int) -> tuple[str, ...]:
        """The argv that shows the agent's window full screen; start it without ``TMUX`` in the environment."""
        return self._screens.attach_argv(self._pane(agent_id).agent_id)

    async def type_line(self, agent_id: int, text: str) -> None:
        """Types ``text`` as one line and submits it.

        Raises NotAllowedNow when the program is dead or someone reads back in the pane.
        """
        await self._screens.type_line(self._window(agent_id).pane_id, text)

    async def type_text(self, agent_id: int, text: str) -> None:
        """Types ``text`` as one line without submitting it.

        Raises as ``type_line`` does.
        """
        await self._screens.type_text(self._window(agent_id).pane_id, text)

    async def send_keys(self, agent_id: int, *keys: str) -> None:
        """Presses tmux keys (``Enter``, ``C-c``, ``Escape``, ``a``).

        Raises as ``type_line`` does.
        """
        await self._screens.send_keys(self._window(agent_id).pane_id, keys)

    def _pane(self, agent_id: int) -> Pane:
        pane = self._panes.get(agent_id)
        if pane is None:
            raise UnknownAgent(f"There is no agent {agent_id}.", remedy="Look at the list.", field="agent_id")
        return pane

    def _window(self, agent_id: int) -> Pane:
        pane = self._pane(agent_id)
        if not pane.pane_id:
            raise NotAllowedNow("The agent's program does not run.", remedy="Restart it first.", field="agent_id")
        return pane
