"""The dashboard as a Textual app: wiring only."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import Input, TextArea

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import CannotRun
from orchestrator_tui.core.memory import Memories
from orchestrator_tui.core.settings_report import SettingLine
from orchestrator_tui.core.user_commands import UserCommand
from orchestrator_tui.core.views import ShutdownMode, Stroke, SupervisorClient
from orchestrator_tui.ui.actions import Action, When, action_for
from orchestrator_tui.ui.attach import Attacher, attach_full_screen
from orchestrator_tui.ui.availability import Target, reason_unavailable
from orchestrator_tui.ui.bell import Bell
from orchestrator_tui.ui.bridge import Bridge
from orchestrator_tui.ui.dashboard import Dashboard
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.held_keys import HeldKeys
from orchestrator_tui.ui.model import Model, Panel
from orchestrator_tui.ui.mouse import Clicks
from orchestrator_tui.ui.notify import notification_codes
from orchestrator_tui.ui.palette import Entry, Found, Palette, PaletteCommands
from orchestrator_tui.ui.progress import person_is_asked
from orchestrator_tui.ui.remembered import Remembered
from orchestrator_tui.ui.terminal_guard import TerminalGuard
from orchestrator_tui.ui.theme import ANSI_VARIABLES, DARK, LIGHT, THEME_NAMES, ThemeChoice
from orchestrator_tui.ui.tools import NO_TOOLS, Tools
from orchestrator_tui.ui.user_commands import registry
from orchestrator_tui.ui.widgets.filter_bar import FilterBar
from orchestrator_tui.ui.widgets.pane_view import PaneView
from orchestrator_tui.ui.widgets.progress_line import ProgressView

if TYPE_CHECKING:
    from orchestrator_tui.ui.operations import Operations
    from orchestrator_tui.ui.palette_work import PaletteWork

_OPENS = {
    Panel.AGENTS: "agent.attach",
    Panel.HEALTH: "health.open",
    Panel.PANE: "agent.attach",
    Panel.MISSIONS: "mission.open",
    Panel.EVENTS: "log.open",
}
"""What a double click does in a panel."""


class OrchestratorApp(App[ShutdownMode], inherit_bindings=False):
    """Shows a supervisor's fleet and hands a person's commands to it.

    Exits with ``"keep"`` or ``"stop_agents"``. ``notice`` stands above an empty fleet; ``keys`` overrides the
    registry's keys (``{action id: "key,key"}``); what waits longer than ``notify_after_s`` rings once (0: never);
    ``tools`` are the person's own programs, ``memories`` what earlier starts left, ``presets`` pools by name,
    ``commands`` the person's own, ``settings`` what is in force, for the palette to show.
    Raises ConfigError for overrides that cannot be used.
    """

    # Textual does not load the CSS of a default screen, so the dashboard's stands here.
    CSS_PATH = "dashboard.tcss"
    TITLE = "orchestrator_tui"
    COMMANDS: ClassVar = {PaletteCommands}
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        client: SupervisorClient,
        *,
        clock: Clock,
        notice: str | None = None,
        theme: ThemeChoice = "dark",
        keys: Mapping[str, str] | None = None,
        notify_after_s: float = 0,
        attacher: Attacher = attach_full_screen,
        tools: Tools = NO_TOOLS,
        memories: Memories | None = None,
        presets: Mapping[str, str] | None = None,
        commands: Sequence[UserCommand] = (),
        settings: Sequence[SettingLine] = (),
    ) -> None:
        self._action_registry = registry(commands, keys or {})
        self._terminal_guard = TerminalGuard()
        super().__init__()
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = THEME_NAMES[theme]
        self._client = client
        self._bell = Bell(notify_after_s)
        self._clock = clock
        self._remembered = Remembered(memories, presets or {})
        self._tools = tools
        self._commands = commands
        self._settings = settings
        self._model = Model(filters=self._remembered.filters())
        self._dashboard = Dashboard(
            self._model,
            clock,
            self._action_registry,
            self._is_enabled,
            notice=notice,
            pulses=lambda: self.animation_level != "none",
            guides=self._remembered.takes_guidance(),
        )
        self._desk = Desk(self, client, self._model, self._dashboard, attacher)
        self._held_keys = HeldKeys(lambda: self.screen, lambda: self.call_later(self._press_held))
        self._progress = ProgressView(self, self._desk.progress)
        self._clicks = Clicks(self)
        self._bridge = Bridge(client, self._model, self._dashboard.refresh_model)
        for key in dict.fromkeys(key for action in self._action_registry for key in action.keys):
            self.bind(key, f"press('{key}')", show=False)

    @property
    def model(self) -> Model:
        """What the dashboard shows."""
        return self._model

    @property
    def dashboard(self) -> Dashboard:
        """The main screen."""
        return self._dashboard

    @cached_property
    def operations(self) -> "Operations":
        """What the actions do: all dialogs and further screens with it, which the first picture does not wait for."""
        from orchestrator_tui.ui.operations import Operations

        return Operations(self._desk, self._action_registry, self._remembered, self._tools, self._commands)

    async def push_screen_wait(  # pyright: ignore[reportIncompatibleMethodOverride] - one signature serves all overloads
        self, screen: Screen[Any] | str, *, mode: str | None = None
    ) -> Any:
        """Asks a person; what asks does not count as working meanwhile."""
        with person_is_asked():
            return await super().push_screen_wait(screen, mode=mode)

    def get_default_screen(self) -> Dashboard:
        """The dashboard."""
        return self._dashboard

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our tokens for themes that are not ours."""
        return dict(ANSI_VARIABLES)

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_interval(1.0, self.tell_waiting)
        # Once it is drawn: what can be done, and what it shows, can take longer.
        self.call_after_refresh(self._begin)

    async def on_unmount(self) -> None:
        """Ends what was started here."""
        if self._can_operate:
            await self.operations.commands.aclose()

    def _begin(self) -> None:
        self._work(self._begin_operations(), "operations")
        self._work(self._follow_feed(), "feed")

    async def _begin_operations(self) -> None:
        await asyncio.to_thread(import_module, "orchestrator_tui.ui.operations")
        self._work(self.operations.puller.run(), "pane")
        self._work(self.operations.pane.typing.run(), "typing")
        self._dashboard.refresh_model()
        self.on_dashboard_selection_changed()

    @property
    def _can_operate(self) -> bool:
        """Whether the operations are there; to ask for them before the first picture would delay it."""
        return "operations" in self.__dict__

    def _work(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self.run_worker(self._desk.guard(work), name=name, group=name, exit_on_error=False)

    def tell_waiting(self) -> None:
        """Rings for what has waited longer than the set time, once each; not for what did before this was opened."""
        model = self._model
        for item in self._bell.due(model.attention, self._clock.now_ms(), is_loaded=bool(model.session)):
            who = item.agent_name or item.mission_id or "the session"
            self.send_to_terminal(notification_codes(f"{who} needs you", item.text))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and the guard in front of the terminal."""
        return (*super().get_line_filters(), self._terminal_guard)

    def send_to_terminal(self, codes: str) -> None:
        """Sends codes that draw nothing."""
        # Textual's own bell and clipboard go this way; there is no public one.
        if self._driver is not None:
            self._driver.write(codes)
            self._driver.flush()

    def action_command_palette(self) -> None:
        """Opens the palette."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_press(self, key: str) -> None:
        """Does what the key means where the keyboard is."""
        action = action_for(self._action_registry, key, self._dashboard.active)
        if action is not None:
            self.action_run(action.id)

    def action_run(self, action_id: str) -> None:
        """Runs an action of the registry."""
        if self.screen is self._dashboard:
            self.operations.run(action_id)

    def action_focus_next(self) -> None:
        """Tab: the next panel, or in a dialog the next field."""
        self._focus_step(1)

    def action_focus_previous(self) -> None:
        """Shift+tab: the previous panel, or in a dialog the previous field."""
        self._focus_step(-1)

    def palette_entries(self) -> Sequence[Entry]:
        """Every action that can run now, every agent, every setting."""
        return self._palette_work.entries()

    def palette_search(self, query: str) -> Sequence[Found]:
        """The missions that fit."""
        return self._palette_work.search(query)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Keeps the cursor of a field still: nothing blinks here."""
        if isinstance(event.widget, Input | TextArea):
            event.widget.cursor_blink = False

    def on_filter_bar_typed(self, event: FilterBar.Typed) -> None:
        """Hands on what is typed."""
        self.operations.view.typed(event.text)

    def on_filter_bar_ended(self, event: FilterBar.Ended) -> None:
        """Hands on the end of typing."""
        if not self._can_operate:
            # The line is hidden for the first time: nothing was typed.
            return
        self.operations.view.line_ended(kept=event.kept)

    def on_dashboard_selection_changed(self) -> None:
        """Pulls the screen of the agent that is chosen and seen."""
        if not self._can_operate or not self.screen_stack or not self._dashboard.is_whole:
            # The app begins, or it ends and this was on its way.
            return
        # What fills the whole terminal covers the dashboard's own pane; a dialog stands only before it.
        is_lent = self.operations.agents.is_attached or self._desk.is_lent
        is_covered = is_lent or any(not one.is_modal for one in self.screen_stack[1:])
        seen = self._dashboard.is_pane_seen and not is_covered
        self.operations.code.look_at(self._model.selected_agent)
        agent = self._model.agent() if seen else None
        typing = self._dashboard.pane.is_typing
        self.operations.puller.want(
            agent.id if agent is not None and agent.pane_id is not None else None, typing=typing
        )
        if typing and (agent is None or reason_unavailable(When.LIVING_AGENT, Target(agent)) is not None):
            self._stop_typing()

    async def on_event(self, event: events.Event) -> None:
        """Keeps keys back that a closing dialog would swallow."""
        if isinstance(event, events.Key) and not event.is_forwarded and self._held_keys.holds(event, self.focused):
            return
        await super().on_event(event)

    async def _press_held(self) -> None:
        for key in self._held_keys.take():
            await self.on_event(key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing of the dashboard's runs while somebody types into an agent."""
        typing = self.screen is self._dashboard and self._dashboard.is_mounted and self._dashboard.pane.is_typing
        return False if typing else super().check_action(action, parameters)

    def on_pane_view_history_wanted(self) -> None:
        """Shows what the pane remembers."""
        agent = self._model.agent()
        if agent is not None:
            self._desk.start(self.operations.pane.read_back(agent), "read back")

    def on_pane_view_pressed(self, event: PaneView.Pressed) -> None:
        """Types for the agent."""
        typing = self.operations.pane.typing
        if isinstance(event.what, Stroke):
            typing.press(event.what)
        else:
            typing.paste(event.what)

    def on_pane_view_typing_ended(self) -> None:
        """Gives the keyboard back."""
        self._stop_typing()

    def on_pane_view_fitted(self) -> None:
        """Gives the agent the room that there is."""
        self._desk.start(self.operations.pane.refit(), "fit")

    def on_dashboard_opened(self, event: Dashboard.Opened) -> None:
        """Attaches to the agent, or opens what was double-clicked."""
        self.action_run(_OPENS[event.panel])

    async def on_click(self, event: events.Click) -> None:
        """Does what the text below the pointer stands for."""
        await self._clicks.take(event)

    async def action_hit(self, key: str) -> None:
        """Does what the key does: somebody clicked its name."""
        await self._clicks.hit(key)

    def _focus_step(self, step: int) -> None:
        if self.screen is not self._dashboard:
            self.screen.focus_next() if step > 0 else self.screen.focus_previous()
        elif not self._dashboard.is_typing:
            self.operations.run("panel.next" if step > 0 else "panel.previous")

    def _is_enabled(self, action: Action) -> bool:
        if not self._can_operate:
            return reason_unavailable(action.when, self._desk.target()) is None
        return self.operations.is_enabled(action)

    @cached_property
    def _palette_work(self) -> "PaletteWork":
        from orchestrator_tui.ui.palette_work import Offered, PaletteWork

        offered = Offered(self._action_registry, self.action_run, self._bell, self._settings)
        return PaletteWork(self._desk, self.operations, offered)

    def _stop_typing(self) -> None:
        self._desk.start(self.operations.pane.stop_typing(), "stop typing")

    async def _follow_feed(self) -> None:
        await self._bridge.run()
        raise CannotRun("The supervisor ended its feed.", remedy="q leaves; start the dashboard again.")
