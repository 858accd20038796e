"""Runs actions by id, or says why one cannot be run now."""

import logging
from collections.abc import Sequence

from orchestrator_tui.core.lifecycle import GONE_STATES
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.core.user_commands import UserCommand
from orchestrator_tui.ui.actions import Action
from orchestrator_tui.ui.agent_work import AgentWork
from orchestrator_tui.ui.availability import reason_unavailable
from orchestrator_tui.ui.code_work import CodeWork
from orchestrator_tui.ui.command_work import CommandWork
from orchestrator_tui.ui.desk import Desk, Handlers
from orchestrator_tui.ui.dialogs.help import HelpDialog
from orchestrator_tui.ui.dialogs.quit import QuitDialog
from orchestrator_tui.ui.health_work import HealthWork
from orchestrator_tui.ui.log_work import LogWork
from orchestrator_tui.ui.many_work import ManyWork
from orchestrator_tui.ui.mission_work import MissionWork
from orchestrator_tui.ui.outcomes import to_each
from orchestrator_tui.ui.pane_puller import PanePuller
from orchestrator_tui.ui.pane_work import PaneWork
from orchestrator_tui.ui.plan_work import PlanWork
from orchestrator_tui.ui.progress import name_job
from orchestrator_tui.ui.remembered import Remembered
from orchestrator_tui.ui.spawn_work import SpawnWork
from orchestrator_tui.ui.tools import NO_TOOLS, Tools
from orchestrator_tui.ui.view_work import ViewWork

_log = logging.getLogger(__name__)


class Operations:
    """The actions' handlers, gathered. Failures become toasts; none of them ends the dashboard."""

    def __init__(
        self,
        desk: Desk,
        actions: Sequence[Action],
        remembered: Remembered,
        tools: Tools = NO_TOOLS,
        commands: Sequence[UserCommand] = (),
    ) -> None:
        self._actions = {action.id: action for action in actions}
        self.desk = desk
        self.puller = PanePuller(desk.client, desk.dashboard.show_frame, desk.tell)
        self.pane = PaneWork(desk, self.puller)
        self.agents = AgentWork(desk, self.pane)
        self.code = CodeWork(desk, tools)
        self.missions = MissionWork(desk, self.run, self.code.edit_text)
        self.log = LogWork(desk, self.missions.open_page)
        self.view = ViewWork(desk, self.pane, remembered)
        self.many = ManyWork(desk)
        self.spawning = SpawnWork(desk, remembered)
        self.health = HealthWork(desk)
        self.commands = CommandWork(desk, commands)
        self._handlers: Handlers = {
            **self.agents.handlers(),
            **self.missions.handlers(),
            **PlanWork(self.desk).handlers(),
            **self.view.handlers(),
            **self.log.handlers(),
            **self.many.handlers(),
            **self.code.handlers(),
            **self.spawning.handlers(),
            **self.health.handlers(),
            **self.commands.handlers(),
            "app.palette": desk.app.action_command_palette,
            "app.help": self._help,
            "app.quit": self._quit,
        }

    def handled_ids(self) -> frozenset[str]:
        """The ids of the actions that this object runs."""
        return frozenset(self._handlers)

    def is_enabled(self, action: Action) -> bool:
        """Whether the action can run now."""
        return self.many.instead_of(action.id) is not None or self._reason_against(action) is None

    def run(self, action_id: str) -> None:
        """Runs the action, or says why it cannot be run."""
        handler = self.many.instead_of(action_id)
        reason = None if handler else self._reason_against(self._actions[action_id])
        if reason is not None:
            self.desk.warn(reason)
            return
        work = (handler or self._handlers[action_id])()
        if work is not None:
            self.desk.start(work, action_id, self._actions[action_id].label.capitalize())

    def _reason_against(self, action: Action) -> str | None:
        target = self.desk.target()
        return reason_unavailable(action.when, target) or self.commands.reason(action.id, target)

    async def _help(self) -> None:
        await self.desk.app.push_screen_wait(HelpDialog(tuple(self._actions.values())))

    async def _quit(self) -> None:
        if self.desk.model.viewer_of is not None:
            # The supervisor is another process, which goes on without this screen.
            self.desk.app.exit("keep")
            return
        living = sum(agent.state not in GONE_STATES for agent in self.desk.model.agents.values())
        mode = await self.desk.app.push_screen_wait(QuitDialog(living))
        if mode == "stop_agents":
            await self._stop_agents()
        if mode is not None:
            self.desk.app.exit(mode)

    async def _stop_agents(self) -> None:
        """Ends them while it can still be seen; whoever leaves with this answer ends those that could not be."""
        living = [
            (agent.id, agent.name) for agent in self.desk.model.agents.values() if agent.state is not AgentState.STOPPED
        ]
        name_job(f"Stopping {len(living)} agent{'s' * (len(living) != 1)}")
        outcome = await to_each(living, self.desk.client.kill)
        for _, name, reason in outcome.refused:
            _log.warning("%s could not be stopped: %s", name, reason)
