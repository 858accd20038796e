"""Fleets to look at: ordinary, none, long names, wide characters, two hundred of everything, all that can fail."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from textual.widget import Widget

from orchestrator_tui.core.models import AgentState, MissionState
from orchestrator_tui.core.views import Snapshot
from orchestrator_tui.ui.model import Model
from tests.ui.fake_client import EMPTY, FLEET, MINUTE, NOW_MS, SECOND, agent, mission
from tests.ui.sample_activity import BUSY_FLEET

W = TypeVar("W", bound=Widget)

LONG = replace(
    FLEET,
    agents=tuple(replace(one, name=f"{one.name}-of-the-authentication-service-{one.id}") for one in FLEET.agents),
    missions=tuple(replace(one, title=f"{one.title}, and all else that nobody did") for one in FLEET.missions),
    attention=tuple(replace(one, text=f"{one.text} && {'very ' * 40}long") for one in FLEET.attention),
)
CJK = replace(
    FLEET,
    agents=tuple(replace(one, name=f"認証サービス-{one.id}", note="要確認 🚀") for one in FLEET.agents),
    missions=tuple(replace(one, title=f"リフレッシュトークン 🔑 {one.title}") for one in FLEET.missions),
)
_STATES = (AgentState.BUSY, AgentState.IDLE, AgentState.FAILED, AgentState.STOPPED)
MANY = replace(
    FLEET,
    agents=tuple(agent(n, f"agent-{n:03}", _STATES[n % len(_STATES)], n * SECOND) for n in range(1, 201)),
    missions=tuple(
        mission(n, f"Mission number {n}", tuple(MissionState)[n % len(MissionState)], n * MINUTE) for n in range(200)
    ),
    events=tuple(replace(event, seq=seq) for seq, event in enumerate((FLEET.events * 34)[:200], 1)),
    attention=tuple(replace(FLEET.attention[n % 3], id=f"item-{n}") for n in range(200)),
)
BROKEN = replace(
    FLEET,
    machine=replace(
        FLEET.machine,
        dead_panes=2,
        tmux_error="does not answer",
        mcp_error="port 8765 is taken by another program of this user",
        store_error="the disk is full",
        quota="claude: limit until 14:00",
    ),
)
FLEETS: dict[str, Snapshot] = {
    "ordinary": FLEET,
    "empty": EMPTY,
    "long names": LONG,
    "wide characters": CJK,
    "200 rows": MANY,
    "errors": BROKEN,
    "busy": BUSY_FLEET,
}


def model_of(fleet: str) -> Model:
    """A model that shows the fleet of this name."""
    model = Model()
    model.load(FLEETS[fleet])
    model.tick(NOW_MS)
    model.cpu_samples.extend((12.0, 25.0, 55.0, 30.0, 80.0, 38.0))
    model.memory_samples.extend((44.0, 46.0, 52.0, 55.0, 60.0, 61.0))
    return model


@dataclass(frozen=True)
class Sample:
    """One thing to look at. ``fresh`` makes it anew, and what writes the sample data into it once it is there."""

    page: str
    name: str
    fresh: Callable[[], tuple[Widget, Callable[[], object]]]

    @property
    def title(self) -> str:
        """How it is called in the list."""
        return f"{self.page}  {self.name}" if self.name else self.page


def sample(page: str, name: str, make: Callable[[], W], feed: Callable[[W], object] = id) -> Sample:
    """A sample of the widget or screen that ``make`` makes; ``feed`` shows it the data."""

    def fresh() -> tuple[Widget, Callable[[], object]]:
        widget = make()
        return widget, lambda: feed(widget)

    return Sample(page, name, fresh)
