"""What each action does: one method an action, asking through dialogs and commanding through the client."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from textual.app import App

from orchestrator_tui.core.attention import AttentionKind
from orchestrator_tui.core.errors import NotAllowedNow, OrchestratorError
from orchestrator_tui.core.models import AgentState, MissionSpec, Priority
from orchestrator_tui.core.views import (
    AgentView,
    MissionChanges,
    MissionView,
    ShutdownMode,
    SpawnRequest,
    SupervisorClient,
)
from orchestrator_tui.ui.actions import Action, When
from orchestrator_tui.ui.attach import Attacher, attach_full_screen, can_attach
from orchestrator_tui.ui.availability import Target, reason_unavailable
from orchestrator_tui.ui.dashboard import Dashboard
from orchestrator_tui.ui.dialogs.approve import ApproveDialog
from orchestrator_tui.ui.dialogs.confirm import ConfirmDialog
from orchestrator_tui.ui.dialogs.confirm_kill import ConfirmKillDialog
from orchestrator_tui.ui.dialogs.depend import DependDialog
from orchestrator_tui.ui.dialogs.help import HelpDialog
from orchestrator_tui.ui.dialogs.inbox import InboxDialog
from orchestrator_tui.ui.dialogs.line import RenameDialog, SendDialog
from orchestrator_tui.ui.dialogs.mission import MissionDialog, changes_between
from orchestrator_tui.ui.dialogs.quit import QuitDialog
from orchestrator_tui.ui.dialogs.spawn import SpawnDialog
from orchestrator_tui.ui.dialogs.why import WhyDialog
from orchestrator_tui.ui.graph_screen import GraphScreen
from orchestrator_tui.ui.grid import GridScreen
from orchestrator_tui.ui.mission_screen import MissionScreen
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.pane_puller import PanePuller
from orchestrator_tui.ui.pane_work import PaneWork

_log = logging.getLogger(__name__)

_ENDED = (AgentState.STOPPED, AgentState.FAILED)


class Operations:
    """Runs actions by id. Failures become toasts; none of them ends the dashboard."""

    def __init__(
        self,
        app: App[ShutdownMode],
        client: SupervisorClient,
        model: Model,
        dashboard: Dashboard,
        actions: Sequence[Action],
        attacher: Attacher,
    ) -> None:
        self._app = app
        self._client = client
        self._model = model
        self._dashboard = dashboard
        self._actions = {action.id: action for action in actions}
        self._attacher = attacher
        self._line_purpose: str | None = None
        self._line_panel = Panel.AGENTS
        self._before_find: int | None = None
        self._searched = ""
        self._page: str | None = None
        self.is_attached = False
        self.puller = PanePuller(client, dashboard.show_frame, self.tell)
        self.pane = PaneWork(app, client, dashboard, self.puller, self.tell)
        self._at_once = self._immediate()
        self._waiting = self._asynchronous()

    def handled_ids(self) -> frozenset[str]:
        """The ids of the actions that this object runs."""
        return frozenset(self._at_once) | frozenset(self._waiting)

    def target(self) -> Target:
        """What an action would act on: in the missions panel the mission and its agent, else the chosen agent."""
        agent, mission = self._model.agent(), None
        if self._page is not None:
            # What is done on a mission's page is done to that mission, wherever the cursor went meanwhile.
            mission = self._model.missions.get(self._page)
        elif self._dashboard.active is Panel.MISSIONS:
            mission = self._model.mission()
        if self._page is not None or self._dashboard.active is Panel.MISSIONS:
            holder = mission.agent_id if mission else None
            agent = None if holder is None else self._model.agents.get(holder)
        return Target(
            agent=agent,
            mission=mission,
            can_attach=self._attacher is not attach_full_screen or can_attach(self._app),
            reads_back=self._dashboard.is_mounted and not self._dashboard.pane.follows,
        )

    def is_enabled(self, action: Action) -> bool:
        """Whether the action can run now."""
        return reason_unavailable(action.when, self.target()) is None

    def run(self, action_id: str) -> None:
        """Runs the action, or says why it cannot be run."""
        reason = reason_unavailable(self._actions[action_id].when, self.target())
        if reason is not None:
            self._app.notify(reason, severity="warning", markup=False)
        elif action_id in self._at_once:
            self._at_once[action_id]()
        else:
            self.start(self._waiting[action_id](), action_id)

    def start(self, work: Awaitable[None], name: str) -> None:
        """Does the work beside the screen; a failure is told."""
        self._app.run_worker(self.guard(work), name=name, group="action", exit_on_error=False)

    async def guard(self, work: Awaitable[None]) -> None:
        """Awaits the work; a failure is told instead of raised."""
        try:
            await work
        except Exception as error:
            self.tell(error)

    def tell(self, error: BaseException) -> None:
        """A toast for the person: what is wrong and what to do; the unexpected is logged whole."""
        if isinstance(error, OrchestratorError):
            text = f"{error.message}\n{error.remedy}".strip()
            self._app.notify(text, severity="error", markup=False)
            return
        _log.error("unexpected failure in the dashboard", exc_info=error)
        self._app.notify(
            f"{type(error).__name__}: {error}\nThe details are in the log; the agents are not affected.",
            title="Something unexpected failed",
            severity="error",
            markup=False,
        )

    def typed(self, text: str) -> None:
        """Takes what stands in the line for a filter or a name."""
        if self._line_purpose == "search":
            self._searched = text
            return
        if self._line_purpose == "filter":
            self._model.filters[self._line_panel] = text
            self._model.settle_selection()
        else:
            found = self._model.find_agent(text)
            self._model.selected_agent = self._before_find if found is None else found
        self._dashboard.refresh_model()

    def line_ended(self, *, kept: bool) -> None:
        """Keeps or gives up what was typed."""
        if self._line_purpose == "search":
            agent = self._model.agent()
            if kept and agent is not None:
                self.start(self.pane.search(agent, self._searched), "search")
        elif not kept and self._line_purpose == "filter":
            self._model.filters.pop(self._line_panel, None)
        elif not kept:
            self._model.selected_agent = self._before_find
        self._line_purpose = None
        self._dashboard.end_line()

    def _immediate(self) -> Mapping[str, Callable[[], None]]:
        screen = self._dashboard
        return {
            "move.down": partial(screen.move, 1),
            "move.up": partial(screen.move, -1),
            "move.first": partial(screen.move, None),
            "move.last": partial(screen.move, None, last=True),
            "move.half_down": partial(screen.move, 0, half_pages=1),
            "move.half_up": partial(screen.move, 0, half_pages=-1),
            "panel.agents": partial(screen.go, Panel.AGENTS),
            "panel.health": partial(screen.go, Panel.HEALTH),
            "panel.pane": partial(screen.go, Panel.PANE),
            "panel.missions": partial(screen.go, Panel.MISSIONS),
            "panel.events": partial(screen.go, Panel.EVENTS),
            "panel.next": partial(screen.go_on, 1),
            "panel.previous": partial(screen.go_on, -1),
            "view.zoom": partial(screen.zoom, True),
            "view.unzoom": partial(screen.zoom, False),
            "view.filter": self._filter,
            "view.find": self._find,
            "view.clear": self._clear,
            "pane.older_match": lambda: self._dashboard.pane.go_to_match(-1),
            "pane.newer_match": lambda: self._dashboard.pane.go_to_match(1),
            "app.palette": self._app.action_command_palette,
        }

    def _asynchronous(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        return {
            "agent.spawn": partial(self._spawn, with_mission=False),
            "agent.spawn_with_mission": partial(self._spawn, with_mission=True),
            "agent.attach": self._attach,
            "agent.approve": self._approve,
            "inbox.open": self._inbox,
            "agent.why": self._why,
            "agent.send": self._send,
            "agent.kill": self._kill,
            "agent.restart": self._restart,
            "agent.rename": self._rename,
            "agent.hold": self._hold,
            "quota.release": self._release_quota,
            "mission.add": self._add_mission,
            "mission.open": self._open_mission,
            "mission.edit": self._edit_mission,
            "mission.graph": self._graph,
            "mission.depend": self._depend,
            "mission.cancel": self._cancel_mission,
            "mission.retry": self._retry_mission,
            "mission.lower": partial(self._shift_priority, 1),
            "mission.raise": partial(self._shift_priority, -1),
            "pane.copy": self._copy,
            "pane.type": self._type,
            "view.grid": self._grid,
            "app.help": self._help,
            "app.quit": self._quit,
        }

    def _filter(self) -> None:
        active = self._dashboard.active
        if active is Panel.PANE:
            self._line_purpose = "search"
            self._dashboard.ask_line("search", self._searched)
            return
        self._line_panel = active if active in (Panel.MISSIONS, Panel.EVENTS) else Panel.AGENTS
        self._line_purpose = "filter"
        self._dashboard.ask_line("/", self._model.filters.get(self._line_panel, ""))

    def _find(self) -> None:
        self._line_purpose, self._before_find = "find", self._model.selected_agent
        self._dashboard.ask_line("find agent", "")

    def _clear(self) -> None:
        active = self._dashboard.active
        if active is Panel.PANE and not self._dashboard.pane.follows:
            self._dashboard.pane.follow_end()
            return
        panel = active if active in (Panel.MISSIONS, Panel.EVENTS) else Panel.AGENTS
        if self._model.filters.pop(panel, ""):
            self._model.settle_selection()
            self._dashboard.refresh_model()
        elif self._dashboard.is_zoomed:
            self._dashboard.zoom(False)

    def _agent(self) -> AgentView:
        agent = self.target().agent
        assert agent is not None, "checked by run"
        return agent

    def _mission(self) -> MissionView:
        mission = self.target().mission
        assert mission is not None, "checked by run"
        return mission

    def _done(self, text: str) -> None:
        self._app.notify(text, timeout=3, markup=False)

    async def _spawn(self, *, with_mission: bool) -> None:
        async def submit(request: SpawnRequest) -> None:
            agents = await self._client.spawn(request)
            if agents:
                self._model.expected_agent = agents[0].id
                self._model.settle_selection()
            self._done("Starting " + ", ".join(agent.name for agent in agents) + ".")

        model = self._model
        await self._app.push_screen_wait(
            SpawnDialog(
                submit,
                provider=model.default_provider,
                in_git_repo=model.in_git_repo,
                with_mission=with_mission,
                providers=model.providers,
            )
        )

    async def _attach(self) -> None:
        argv = await self._client.attach_argv(self._agent().id)
        self.is_attached = True
        self._dashboard.refresh_model()
        try:
            await self._attacher(self._app, argv)
        finally:
            self.is_attached = False
            self._dashboard.refresh_model()

    async def _approve(self) -> None:
        agent = self._agent()
        items = [item for item in self._model.attention if item.agent_id == agent.id]
        item = next((item for item in items if item.can_answer or item.can_choose), None)
        if item is None:
            raise NotAllowedNow(f"{agent.name} asks nothing that can be answered here.", remedy="enter attaches.")
        if item.kind is not AttentionKind.PERMISSION:
            await self._inbox(item.id)
            return
        frame = await self._client.pane_frame(agent.id)
        allow = await self._app.push_screen_wait(ApproveDialog(agent.name, frame, item.text))
        if allow is not None:
            # By the request's own id: another prompt that came meanwhile is not answered by this key.
            await self._client.answer(item.id, allow)
            self._done(f"{'Allowed' if allow else 'Denied'}: {agent.name}.")

    async def _inbox(self, item_id: str | None = None) -> None:
        dialog = InboxDialog(self._client, self._model, self._dashboard.clock, item_id)
        chosen = await self._app.push_screen_wait(dialog)
        if chosen is not None and chosen.agent_id is not None:
            self._dashboard.choose(Panel.AGENTS, chosen.agent_id)
            reason = reason_unavailable(When.ATTACHABLE, self.target())
            if reason is not None:
                self._app.notify(reason, severity="warning", markup=False)
            else:
                await self._attach()

    async def _why(self) -> None:
        agent = self._agent()
        await self._app.push_screen_wait(WhyDialog(self._client, agent.id, agent.name))

    async def _send(self) -> None:
        agent = self._agent()
        await self._app.push_screen_wait(SendDialog(partial(self._client.send, agent.id), agent_name=agent.name))

    async def _rename(self) -> None:
        agent = self._agent()
        rename = partial(self._client.rename, agent.id)
        await self._app.push_screen_wait(RenameDialog(rename, agent_name=agent.name, text=agent.name))

    async def _kill(self) -> None:
        agent = self._agent()
        if agent.state in _ENDED:
            question = f"Forget {agent.name} and close its window?"
            dialog = ConfirmDialog(f"Remove {agent.name}", question, yes="remove")
            if await self._app.push_screen_wait(dialog):
                await self._client.remove(agent.id)
            return
        preview = await self._client.kill_preview(agent.id)
        if await self._app.push_screen_wait(ConfirmKillDialog(preview)):
            await self._client.kill(agent.id)

    async def _restart(self) -> None:
        agent = self._agent()
        if agent.current_task and agent.state in (AgentState.BUSY, AgentState.WAITING):
            question = f"Restart {agent.name} while it works on {agent.current_task}?"
            losses = ("This attempt of the mission ends; the next one goes on in the same conversation.",)
            dialog = ConfirmDialog(f"Restart {agent.name}", question, losses, yes="restart")
            if not await self._app.push_screen_wait(dialog):
                return
        await self._client.restart(agent.id)
        self._done(f"Restarting {agent.name}.")

    async def _hold(self) -> None:
        agent = self._agent()
        await self._client.hold(agent.id, not agent.held)
        told = "takes missions again" if agent.held else "takes no new mission"
        self._done(f"{agent.name} {told}.")

    async def _release_quota(self) -> None:
        released = await self._client.release_quota()
        self._done("Missions start again, one after the other." if released else "No account is at its limit.")

    async def _add_mission(self) -> None:
        async def submit(spec: MissionSpec) -> None:
            mission_id = await self._client.add_mission(spec)
            self._model.expected_mission = mission_id
            self._model.settle_selection()
            self._done(f"Queued {mission_id}.")

        await self._app.push_screen_wait(MissionDialog(submit))

    async def _edit_mission(self) -> None:
        whole = await self._client.mission(self._mission().id)

        async def submit(spec: MissionSpec) -> None:
            changes = changes_between(whole, spec)
            if changes is not None:
                await self._client.update_mission(whole.id, changes)

        await self._app.push_screen_wait(MissionDialog(submit, whole))

    async def _graph(self) -> None:
        chosen = await self._app.push_screen_wait(GraphScreen(self._model))
        if chosen is not None:
            self._dashboard.go(Panel.MISSIONS)
            self._dashboard.choose(Panel.MISSIONS, chosen)
            await self._open_page(chosen)

    async def _open_mission(self) -> None:
        await self._open_page(self._mission().id)

    async def _open_page(self, mission_id: str) -> None:
        screen = MissionScreen(self._client, self._model, self._dashboard.clock, mission_id, self.run)
        self._page = mission_id
        try:
            await self._app.push_screen_wait(screen)
        finally:
            self._page = None

    async def _depend(self) -> None:
        mission = self._mission()

        async def submit(ids: tuple[str, ...]) -> None:
            for on in ids:
                await self._client.add_dependency(mission.id, on)
            self._done(f"{mission.id} starts after {', '.join(ids)}.")

        await self._app.push_screen_wait(DependDialog(submit, mission.id))

    async def _cancel_mission(self) -> None:
        mission = self._mission()
        losses = (f"{mission.agent_name} is interrupted.",) if mission.agent_name else ()
        dialog = ConfirmDialog(f"Cancel {mission.id}", f"Cancel “{mission.title}”?", losses, yes="cancel the mission")
        if await self._app.push_screen_wait(dialog):
            await self._client.cancel_mission(mission.id)

    async def _retry_mission(self) -> None:
        mission = self._mission()
        await self._client.retry_mission(mission.id)
        self._done(f"{mission.id} is queued again.")

    async def _shift_priority(self, by: int) -> None:
        mission, order = self._mission(), list(Priority)
        rank = mission.priority.rank + by
        if 0 <= rank < len(order):
            await self._client.update_mission(mission.id, MissionChanges(priority=order[rank]))

    async def _copy(self) -> None:
        agent = self._agent()
        count = len((await self.pane.copy(agent)).splitlines())
        self._done(f"Copied {count} line{'s' * (count != 1)} of {agent.name}.")

    async def _type(self) -> None:
        await self.pane.type_into(self._agent())

    async def _grid(self) -> None:
        chosen = await self._app.push_screen_wait(GridScreen(self._client, self._model))
        self._dashboard.refresh_model()
        if chosen is not None and chosen in self._model.agents:
            self._dashboard.choose(Panel.AGENTS, chosen)
            self._dashboard.go(Panel.PANE)
            self._dashboard.zoom(True)

    async def _help(self) -> None:
        await self._app.push_screen_wait(HelpDialog(tuple(self._actions.values())))

    async def _quit(self) -> None:
        living = sum(agent.state not in _ENDED for agent in self._model.agents.values())
        mode = await self._app.push_screen_wait(QuitDialog(living))
        if mode is not None:
            self._app.exit(mode)
