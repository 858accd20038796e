"""Runs actions by id, or says why one cannot be run now."""

from collections.abc import Sequence

from textual.app import App

from orchestrator_tui.core.lifecycle import GONE_STATES
from orchestrator_tui.core.views import ShutdownMode, SupervisorClient
from orchestrator_tui.ui.actions import Action
from orchestrator_tui.ui.agent_work import AgentWork
from orchestrator_tui.ui.attach import Attacher
from orchestrator_tui.ui.availability import Target, reason_unavailable
from orchestrator_tui.ui.code_work import CodeWork
from orchestrator_tui.ui.dashboard import Dashboard
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.dialogs.help import HelpDialog
from orchestrator_tui.ui.dialogs.quit import QuitDialog
from orchestrator_tui.ui.health_work import HealthWork
from orchestrator_tui.ui.log_work import LogWork
from orchestrator_tui.ui.many_work import ManyWork
from orchestrator_tui.ui.mission_work import MissionWork
from orchestrator_tui.ui.model import Model
from orchestrator_tui.ui.pane_puller import PanePuller
from orchestrator_tui.ui.pane_work import PaneWork
from orchestrator_tui.ui.remembered import Remembered
from orchestrator_tui.ui.spawn_work import SpawnWork
from orchestrator_tui.ui.tools import NO_TOOLS, Tools
from orchestrator_tui.ui.view_work import ViewWork


class Operations:
    """The actions' handlers, gathered. Failures become toasts; none of them ends the dashboard."""

    def __init__(
        self,
        app: App[ShutdownMode],
        client: SupervisorClient,
        model: Model,
        dashboard: Dashboard,
        actions: Sequence[Action],
        attacher: Attacher,
        remembered: Remembered,
        tools: Tools = NO_TOOLS,
    ) -> None:
        self._actions = {action.id: action for action in actions}
        self.desk = Desk(app, client, model, dashboard, attacher)
        self.puller = PanePuller(client, dashboard.show_frame, self.desk.tell)
        self.pane = PaneWork(app, client, dashboard, self.puller, self.desk.tell)
        self.agents = AgentWork(self.desk, self.pane)
        self.code = CodeWork(self.desk, tools)
        self.missions = MissionWork(self.desk, self.run, self.code.edit_text)
        self.log = LogWork(self.desk, self.missions.open_page)
        self.view = ViewWork(self.desk, self.pane, remembered)
        self.many = ManyWork(self.desk)
        self.spawning = SpawnWork(self.desk, remembered)
        self.health = HealthWork(self.desk)
        self._handlers: Handlers = {
            **self.agents.handlers(),
            **self.missions.handlers(),
            **self.view.handlers(),
            **self.log.handlers(),
            **self.many.handlers(),
            **self.code.handlers(),
            **self.spawning.handlers(),
            **self.health.handlers(),
            "app.palette": app.action_command_palette,
            "app.help": self._help,
            "app.quit": self._quit,
        }

    def handled_ids(self) -> frozenset[str]:
        """The ids of the actions that this object runs."""
        return frozenset(self._handlers)

    def target(self) -> Target:
        """What an action would act on."""
        return self.desk.target()

    def is_enabled(self, action: Action) -> bool:
        """Whether the action can run now."""
        return self.many.instead_of(action.id) is not None or reason_unavailable(action.when, self.target()) is None

    def run(self, action_id: str) -> None:
        """Runs the action, or says why it cannot be run."""
        handler = self.many.instead_of(action_id)
        reason = None if handler else reason_unavailable(self._actions[action_id].when, self.target())
        if reason is not None:
            self.desk.warn(reason)
            return
        work = (handler or self._handlers[action_id])()
        if work is not None:
            self.desk.start(work, action_id)

    async def _help(self) -> None:
        await self.desk.app.push_screen_wait(HelpDialog(tuple(self._actions.values())))

    async def _quit(self) -> None:
        if self.desk.model.viewer_of is not None:
            # The supervisor is another process, which goes on without this screen.
            self.desk.app.exit("keep")
            return
        living = sum(agent.state not in GONE_STATES for agent in self.desk.model.agents.values())
        mode = await self.desk.app.push_screen_wait(QuitDialog(living))
        if mode is not None:
            self.desk.app.exit(mode)
