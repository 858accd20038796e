"""What the palette offers: what can be done now, where one can go, and what can be set."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from orchestrator_tui.core.settings_report import SettingLine
from orchestrator_tui.core.views import AgentView, MissionView
from orchestrator_tui.ui.actions import Action
from orchestrator_tui.ui.bell import Bell
from orchestrator_tui.ui.desk import Desk
from orchestrator_tui.ui.dialogs.settings import SettingsDialog
from orchestrator_tui.ui.format import MISSION_LOOKS, agent_look
from orchestrator_tui.ui.model import Panel
from orchestrator_tui.ui.operations import Operations
from orchestrator_tui.ui.palette import Entry, Found
from orchestrator_tui.ui.palette_match import find_missions, offsets_of
from orchestrator_tui.ui.theme import THEME_NAMES

MOST_WORDS = 120
"""Characters of a mission's line: more than fits is cut by the terminal anyhow."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What of the app the palette needs besides the desk: its actions, the bell, and the settings at the start."""

    actions: Sequence[Action]
    run: Callable[[str], None]
    bell: Bell
    settings: Sequence[SettingLine] = ()


class PaletteWork:
    """Makes the entries when the palette opens, and those of missions when one is searched for."""

    def __init__(self, desk: Desk, operations: Operations, offered: Offered) -> None:
        self._desk = desk
        self._operations = operations
        self._offered = offered

    def entries(self) -> list[Entry]:
        """Every action that can run now, every agent, every setting that can be changed here."""
        return [*self._actions(), *self._agents(), *self._others(), *self._settings()]

    def search(self, query: str) -> list[Found]:
        """The missions that fit best, and where there are more a way to all of them."""
        found, total = find_missions(self._desk.model.missions.values(), query)
        words = query.casefold().split()
        entries = [
            Found(entry := self._mission(one), score, offsets_of(words, entry.title.casefold())) for score, one in found
        ]
        if total > len(found):
            all_of_them = Entry(
                f"Filter the missions by “{query}”", f"{total:,} missions", partial(self._filter_missions, query)
            )
            # Behind the missions that are shown.
            entries.append(Found(all_of_them, found[-1][0] - 0.5, ()))
        return entries

    def _actions(self) -> Iterator[Entry]:
        for action in self._offered.actions:
            if action.id != "app.palette" and self._operations.is_enabled(action):
                key = f"  ({action.shown_key})" if action.keys else ""
                own = self._operations.commands.words(action.id)
                title = action.help if own else action.help.removesuffix(".")
                yield Entry(title + key, own or action.id, partial(self._offered.run, action.id), action.label)

    def _agents(self) -> Iterator[Entry]:
        shown = self._desk.model.shown_agents()
        hidden = set(self._desk.model.agents) - {agent.id for agent in shown}
        for agent in (*shown, *(self._desk.model.agents[key] for key in sorted(hidden))):
            about = f"{agent.role.value}, {agent_look(agent).word}"
            if agent.id in hidden:
                about += ", hidden by the filter"
            yield Entry(f"Go to {agent.name}", about, partial(self._go_to_agent, agent), about)

    def _mission(self, mission: MissionView) -> Entry:
        look = MISSION_LOOKS[mission.state]
        about = " · ".join(part for part in (f"{look.glyph} {look.word}", mission.agent_name, mission.next) if part)
        return Entry(f"{mission.id}  {mission.title}"[:MOST_WORDS], about, partial(self._open_mission, mission.id))

    def _others(self) -> list[Entry]:
        return [*self._operations.spawning.palette_entries(), *self._operations.commands.palette_entries()]

    def _settings(self) -> Iterator[Entry]:
        app, bell = self._desk.app, self._offered.bell
        for panel, text in self._desk.model.filters.items():
            if text:
                name = panel.name.lower()
                yield Entry(f"Clear the filter of the {name}", text, partial(self._clear_filter, panel), "settings")
        for choice, name in THEME_NAMES.items():
            here = " (now)" if app.theme == name else ""
            yield Entry(
                f"Theme: {choice}", f"Change the colours{here}", partial(setattr, app, "theme", name), "settings"
            )
        if bell.after_s > 0:
            change = "off" if bell.is_on else "on"
            about = f"Rings once for what waits longer than {bell.after_s:g} s; until you leave"
            yield Entry(f"Bell: {change}", about, partial(setattr, bell, "is_on", not bell.is_on), "settings notify")
        if self._offered.settings:
            yield Entry("Settings: show", "What is in force, and which file set it", self._show_settings)

    def _show_settings(self) -> None:
        chosen = next((choice for choice, name in THEME_NAMES.items() if name == self._desk.app.theme), None)
        lines = [
            replace(line, value=chosen, source="chosen in the palette")
            if line.key == "theme" and chosen is not None and chosen != line.value
            else line
            for line in self._offered.settings
        ]

        async def show() -> None:
            await self._desk.app.push_screen_wait(SettingsDialog(lines))

        self._desk.start(show(), "settings")

    def _go_to_agent(self, agent: AgentView) -> None:
        if agent.id in self._desk.model.agents:
            self._show_all_if_hidden(Panel.AGENTS, agent.id)
            self._desk.dashboard.go(Panel.AGENTS)
            self._desk.dashboard.choose(Panel.AGENTS, agent.id)

    def _open_mission(self, mission_id: str) -> None:
        self._show_all_if_hidden(Panel.MISSIONS, mission_id)
        self._desk.dashboard.go(Panel.MISSIONS)
        self._desk.dashboard.choose(Panel.MISSIONS, mission_id)
        self._desk.start(self._operations.missions.open_page(mission_id), "open")

    def _show_all_if_hidden(self, panel: Panel, key: int | str) -> None:
        """What one goes to cannot be behind a filter."""
        model = self._desk.model
        shown = model.shown_mission_ids() if panel is Panel.MISSIONS else [one.id for one in model.shown_agents()]
        if key not in shown:
            self._operations.view.set_filter(panel, "")

    def _filter_missions(self, query: str) -> None:
        self._desk.dashboard.go(Panel.MISSIONS)
        self._operations.view.set_filter(Panel.MISSIONS, query)

    def _clear_filter(self, panel: Panel) -> None:
        self._operations.view.set_filter(panel, "")
