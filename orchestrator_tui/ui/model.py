"""What the dashboard shows: the supervisor's views, the person's choices, and decisions over both. No I/O."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import assert_never

from orchestrator_tui.core.attention import AttentionItem
from orchestrator_tui.core.event_words import event_sentence
from orchestrator_tui.core.events import Event
from orchestrator_tui.core.models import QueueStats
from orchestrator_tui.core.views import (
    AgentChanged,
    AgentRemoved,
    AgentView,
    AttentionChanged,
    ConnectionChanged,
    EventLogged,
    MachineChanged,
    MachineView,
    MissionChanged,
    MissionView,
    Resynced,
    Snapshot,
    StatsChanged,
    Update,
)
from orchestrator_tui.ui.filters import agent_test, mission_test
from orchestrator_tui.ui.format import need
from orchestrator_tui.ui.marks import Marks
from orchestrator_tui.ui.mission_list import MissionList, Passes
from orchestrator_tui.ui.undo import UndoOffer

EVENTS_KEPT = 2000
MISSIONS_KEPT = 10_000
SAMPLES_KEPT = 120


class Panel(IntEnum):
    """The panels, by the key that goes to them."""

    AGENTS = 1
    HEALTH = 2
    PANE = 3
    MISSIONS = 4
    EVENTS = 5


class Layout(StrEnum):
    """How much the terminal has room for."""

    NONE = "none"
    LIST = "list"
    NARROW = "narrow"
    WIDE = "wide"


def layout_for(width: int, height: int) -> Layout:
    """The layout for a terminal of this size in cells."""
    if width < 40 or height < 10:
        return Layout.NONE
    if width < 60 or height < 16:
        return Layout.LIST
    return Layout.WIDE if width >= 100 and height >= 28 else Layout.NARROW


def visible_panels(layout: Layout, active: Panel, bottom: Panel, *, zoomed: bool) -> frozenset[Panel]:
    """Which panels are on the screen; ``bottom`` is the one of missions and events that was used last."""
    match layout:
        case Layout.NONE:
            return frozenset()
        case Layout.LIST:
            return frozenset({Panel.AGENTS if active is Panel.PANE and not zoomed else active})
        case Layout.NARROW:
            if zoomed or active not in (Panel.AGENTS, Panel.PANE):
                return frozenset({active})
            return frozenset({Panel.AGENTS, Panel.PANE})
        case Layout.WIDE:
            return frozenset({active} if zoomed else {Panel.AGENTS, Panel.HEALTH, Panel.PANE, bottom})
        case _:
            assert_never(layout)


def text_matcher(query: str) -> Callable[[Iterable[str | None]], bool]:
    """What decides whether texts hold all words of one of the query's alternatives (``needs|work``), in any case."""
    parts = [part.split() for part in query.casefold().split("|")]
    wanted = [words for words in parts if words]

    def passes(texts: Iterable[str | None]) -> bool:
        haystack = " ".join([text for text in texts if text]).casefold()
        return not wanted or any(all(word in haystack for word in words) for words in wanted)

    return passes


def matches(query: str, *texts: str | None) -> bool:
    """Whether the texts pass ``text_matcher``."""
    return text_matcher(query)(texts)


@dataclass(slots=True)
class Model:
    """The state behind the panels. Selections are ids, so a row may move without losing the cursor.

    ``viewer_of`` is the process id of a supervisor elsewhere, ``connection_problem`` what is wrong with the way to it.
    ``now_ms`` is the time by which ages are filtered.
    """

    session: str = ""
    cwd: str = ""
    default_provider: str = "claude"
    in_git_repo: bool = False
    providers: tuple[str, ...] = ("claude", "demo")
    agents: dict[int, AgentView] = field(default_factory=dict[int, AgentView])
    mission_list: MissionList = field(init=False)
    stats: QueueStats = field(default_factory=QueueStats)
    machine: MachineView = field(default_factory=MachineView)
    events: deque[Event] = field(default_factory=lambda: deque[Event](maxlen=EVENTS_KEPT))
    cpu_samples: deque[float] = field(default_factory=lambda: deque[float](maxlen=SAMPLES_KEPT))
    memory_samples: deque[float] = field(default_factory=lambda: deque[float](maxlen=SAMPLES_KEPT))
    attention: tuple[AttentionItem, ...] = ()
    loaded: bool = False
    viewer_of: int | None = None
    connection_problem: str | None = None
    now_ms: int = 0
    filters: dict[Panel, str] = field(default_factory=dict[Panel, str])
    selected_agent: int | None = None
    selected_mission: str | None = None
    expected_agent: int | None = None
    expected_mission: str | None = None
    marks: Marks = field(default_factory=Marks)
    undos: list[UndoOffer] = field(default_factory=list[UndoOffer])

    def __post_init__(self) -> None:
        self.mission_list = MissionList(self._mission_passes)

    def tick(self, now_ms: int) -> None:
        """Takes the time; a filter by age is asked anew once a second."""
        is_later = now_ms // 1000 != self.now_ms // 1000
        self.now_ms = now_ms
        if is_later and "age" in self.filters.get(Panel.MISSIONS, ""):
            self.mission_list.filter_anew()

    def load(self, snapshot: Snapshot) -> None:
        """Replaces everything the supervisor tells; the person's choices stay where they still fit."""
        self.session, self.cwd = snapshot.session, snapshot.cwd
        self.default_provider, self.in_git_repo = snapshot.default_provider, snapshot.in_git_repo
        self.providers, self.viewer_of = snapshot.providers, snapshot.viewer_of
        self.agents = {agent.id: agent for agent in snapshot.agents}
        self.mission_list.load(snapshot.missions)
        self.stats = snapshot.stats
        self.attention = snapshot.attention
        self.events = deque(snapshot.events, maxlen=EVENTS_KEPT)
        self._take_machine(snapshot.machine)
        self.loaded = True
        self.settle_selection()

    def apply(self, updates: Iterable[Update]) -> None:
        """Takes updates in their order."""
        missions: dict[str, MissionView] = {}
        for update in updates:
            match update:
                case AgentChanged(agent):
                    self.agents[agent.id] = agent
                case AgentRemoved(agent_id):
                    self.agents.pop(agent_id, None)
                case MissionChanged(mission):
                    missions[mission.id] = mission
                case StatsChanged(stats):
                    self.stats = stats
                case MachineChanged(machine):
                    self._take_machine(machine)
                case AttentionChanged(items):
                    self.attention = items
                case EventLogged(event):
                    self.events.append(event)
                case Resynced(snapshot):
                    self.load(snapshot)
                case ConnectionChanged(problem):
                    self.connection_problem = problem
                case _:
                    assert_never(update)
        if missions:
            self.mission_list.put(missions.values())
            self.mission_list.trim(MISSIONS_KEPT)
        self.settle_selection()

    @property
    def missions(self) -> Mapping[str, MissionView]:
        """Every mission by id."""
        return self.mission_list.views

    def shown_agents(self) -> tuple[AgentView, ...]:
        """Agents that pass the filter, those that need a person first; by id inside one state."""
        test = agent_test(self.filters.get(Panel.AGENTS, ""))
        kept = [agent for agent in self.agents.values() if test is None or test(agent, self.now_ms)]
        return tuple(sorted(kept, key=lambda agent: (need(agent.state), agent.id)))

    def shown_missions(self) -> tuple[MissionView, ...]:
        """Missions that pass the filter: those at work, the queue in its order, then the newest ended."""
        return tuple(self.missions[mission_id] for mission_id in self.shown_mission_ids())

    def shown_mission_ids(self) -> tuple[str, ...]:
        """The ids of ``shown_missions``: the very same tuple until one comes, goes or moves."""
        return self.mission_list.shown(self.filters.get(Panel.MISSIONS, ""))

    def shown_events(self) -> tuple[Event, ...]:
        """Events that pass the filter, the newest first."""
        query = self.filters.get(Panel.EVENTS, "")
        names = self.agent_names()
        if not query:
            return tuple(reversed(self.events))
        return tuple(event for event in reversed(self.events) if matches(query, event_sentence(event, names)))

    def agent_names(self) -> dict[int, str]:
        """Names by id."""
        return {agent.id: agent.name for agent in self.agents.values()}

    def agent(self) -> AgentView | None:
        """The selected agent."""
        return None if self.selected_agent is None else self.agents.get(self.selected_agent)

    def mission(self) -> MissionView | None:
        """The selected mission."""
        return None if self.selected_mission is None else self.missions.get(self.selected_mission)

    def find_agent(self, name: str) -> int | None:
        """The id of the first shown agent whose name begins with, else contains, ``name``."""
        wanted, shown = name.casefold(), self.shown_agents()
        if not wanted:
            return None
        starting = (agent.id for agent in shown if agent.name.casefold().startswith(wanted))
        containing = (agent.id for agent in shown if wanted in agent.name.casefold())
        return next(starting, next(containing, None))

    def choose_agent(self, agent_id: int) -> None:
        """Puts the cursor on an agent; one that was still expected no longer takes it."""
        self.selected_agent, self.expected_agent = agent_id, None

    def choose_mission(self, mission_id: str) -> None:
        """Puts the cursor on a mission; one that was still expected no longer takes it."""
        self.selected_mission, self.expected_mission = mission_id, None

    def settle_selection(self) -> None:
        """Moves a selection to what was expected and has come, or to the first row when its own is not shown."""
        self.marks.keep(self.agents, self.missions)
        agents = [agent.id for agent in self.shown_agents()]
        if self.expected_agent in agents:
            self.selected_agent, self.expected_agent = self.expected_agent, None
        if self.selected_agent not in agents:
            self.selected_agent = agents[0] if agents else None
        query = self.filters.get(Panel.MISSIONS, "")
        if self.mission_list.is_shown(self.expected_mission, query):
            self.selected_mission, self.expected_mission = self.expected_mission, None
        if not self.mission_list.is_shown(self.selected_mission, query):
            self.selected_mission = next(iter(self.mission_list.shown(query)), None)

    def _mission_passes(self, query: str) -> Passes:
        test = mission_test(query)
        return lambda mission: test is None or test(mission, self.now_ms)

    def _take_machine(self, machine: MachineView) -> None:
        self.machine = machine
        self.cpu_samples.append(machine.cpu_percent)
        self.memory_samples.append(machine.memory_percent)
