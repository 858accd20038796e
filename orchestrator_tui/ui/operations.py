"""Runs actions by id, or says why one cannot be run now."""

from collections.abc import Sequence

from orchestrator_tui.core.lifecycle import GONE_STATES
from orchestrator_tui.ui.actions import Action
from orchestrator_tui.ui.agent_work import AgentWork
from orchestrator_tui.ui.availability import reason_unavailable
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.dialogs.help import HelpDialog
from orchestrator_tui.ui.dialogs.quit import QuitDialog
from orchestrator_tui.ui.mission_work import MissionWork
from orchestrator_tui.ui.pane_puller import PanePuller
from orchestrator_tui.ui.pane_work import PaneWork
from orchestrator_tui.ui.view_work import ViewWork


class Operations:
    """The actions' handlers, gathered. Failures become toasts; none of them ends the dashboard."""

    def __init__(self, desk: Desk, actions: Sequence[Action]) -> None:
        self._actions = {action.id: action for action in actions}
        self.desk = desk
        self.puller = PanePuller(desk.client, desk.dashboard.show_frame, desk.tell)
        self.pane = PaneWork(desk, self.puller)
        self.agents = AgentWork(desk, self.pane)
        self.missions = MissionWork(desk, self.run)
        self.view = ViewWork(desk, self.pane)
        self._handlers: Handlers = {
            **self.agents.handlers(),
            **self.missions.handlers(),
            **self.view.handlers(),
            "app.palette": desk.app.action_command_palette,
            "app.help": self._help,
            "app.quit": self._quit,
        }

    def handled_ids(self) -> frozenset[str]:
        """The ids of the actions that this object runs."""
        return frozenset(self._handlers)

    def is_enabled(self, action: Action) -> bool:
        """Whether the action can run now."""
        return reason_unavailable(action.when, self.desk.target()) is None

    def run(self, action_id: str) -> None:
        """Runs the action, or says why it cannot be run."""
        reason = reason_unavailable(self._actions[action_id].when, self.desk.target())
        if reason is not None:
            self.desk.warn(reason)
            return
        work = self._handlers[action_id]()
        if work is not None:
            self.desk.start(work, action_id)

    async def _help(self) -> None:
        await self.desk.app.push_screen_wait(HelpDialog(tuple(self._actions.values())))

    async def _quit(self) -> None:
        living = sum(agent.state not in GONE_STATES for agent in self.desk.model.agents.values())
        mode = await self.desk.app.push_screen_wait(QuitDialog(living))
        if mode is not None:
            self.desk.app.exit(mode)
