"""The pages of the screens that fill the terminal."""

from collections.abc import Iterator, Sequence

from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.plans import PlanPreview
from orchestrator_tui.core.work import ReviewComment, WorktreeDiff
from orchestrator_tui.ui.actions import ACTIONS, Action
from orchestrator_tui.ui.dashboard import Dashboard
from orchestrator_tui.ui.diff_screen import DiffScreen
from orchestrator_tui.ui.graph_screen import GraphScreen
from orchestrator_tui.ui.grid import GridScreen
from orchestrator_tui.ui.health_screen import HealthScreen
from orchestrator_tui.ui.health_table import Order
from orchestrator_tui.ui.log_screen import LogScreen
from orchestrator_tui.ui.mission_screen import MissionScreen
from orchestrator_tui.ui.plan_screen import PlanScreen
from orchestrator_tui.ui.review import Review
from orchestrator_tui.ui.widgets.event_rows import EventRows
from tests.ui.fake_client import BROKEN_PLAN, PLAN, FakeClient, FakeFeed
from tests.ui.preview.samples import FLEETS, Sample, model_of, sample
from tests.ui.preview.widgets import CLOCK, COMMANDS, COMMENT, NOTHING, plainly
from tests.ui.sample_activity import ACTIVITY
from tests.ui.sample_diff import CHANGES


def screen_samples() -> Iterator[Sample]:
    """Every screen, with each kind of data that makes it look otherwise."""
    for fleet in FLEETS:
        yield from _with_model(fleet)
    for name, diff in (("ordinary", CHANGES), ("empty", NOTHING)):

        def changes(diff: WorktreeDiff = diff) -> DiffScreen:
            async def load() -> WorktreeDiff:
                return diff

            return DiffScreen("api-auth", Review([COMMENT]), load, _send, _open, _tell)

        yield sample("diff_screen", name, changes)
    for name, plan in (("ordinary", PLAN), ("errors", BROKEN_PLAN)):

        def preview(plan: PlanPreview = plan) -> PlanScreen:
            return PlanScreen(FakeClient(plan=plan), plan)

        yield sample("plan_screen", name, preview)


def _with_model(fleet: str) -> Iterator[Sample]:
    snapshot, model = FLEETS[fleet], model_of(fleet)
    client = FakeClient(snapshot, known_activity=ACTIVITY, log=snapshot.events, ran=COMMANDS if snapshot.events else ())
    if snapshot.missions:
        mission = snapshot.missions[0].id
        client.feeds.append(FakeFeed(snapshot))
        client.outputs[mission] = "# Done\n\n- 漢字\n\n```python\nprint(1)\n```\n"
        yield sample("mission_screen", fleet, lambda: MissionScreen(client, model, CLOCK, mission, _act))
    yield sample("graph_screen", fleet, lambda: GraphScreen(model))
    yield sample("grid", fleet, lambda: GridScreen(client, model))
    yield sample("health_screen", fleet, lambda: HealthScreen(client, model, CLOCK, Order()))
    yield sample("log_screen", fleet, lambda: LogScreen(client, model, CLOCK, _export, plainly))
    yield sample(
        "dashboard",
        fleet,
        lambda: Dashboard(model, CLOCK, ACTIONS, _always, notice=None, pulses=lambda: False, guides=fleet == "empty"),
        lambda one: one.refresh_model(),
    )


def _always(action: Action) -> bool:
    del action
    return True


async def _send(comments: Sequence[ReviewComment]) -> str | None:
    del comments
    return None


async def _open(path: str, line: int | None) -> None:
    raise NotAllowedNow(f"{path}:{line} would be opened.", remedy="This is a preview.")


def _tell(error: BaseException) -> None:
    raise error


def _act(action_id: str) -> None:
    del action_id


async def _export(rows: EventRows) -> None:
    del rows
