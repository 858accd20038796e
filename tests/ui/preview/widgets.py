"""The pages of ui/widgets."""

from collections.abc import Awaitable, Iterator
from dataclasses import replace

from orchestrator_tui.core.activity import Activity
from orchestrator_tui.core.history import CommandView
from orchestrator_tui.core.views import PaneFrame
from orchestrator_tui.core.work import FileDiff, ReviewComment, WorktreeDiff
from orchestrator_tui.ui.actions import ACTIONS
from orchestrator_tui.ui.dashboard import TooSmall
from orchestrator_tui.ui.dialogs.choice import Choice
from orchestrator_tui.ui.event_history import EventHistory
from orchestrator_tui.ui.filter_hints import hint_for, problem_of
from orchestrator_tui.ui.health_table import Order
from orchestrator_tui.ui.model import Layout, Panel
from orchestrator_tui.ui.progress import Job
from orchestrator_tui.ui.review import Review
from orchestrator_tui.ui.widgets.agent_list import AgentList
from orchestrator_tui.ui.widgets.command_rows import CommandRows
from orchestrator_tui.ui.widgets.diff_files import DiffFiles
from orchestrator_tui.ui.widgets.diff_view import DiffView
from orchestrator_tui.ui.widgets.event_log import EventLog
from orchestrator_tui.ui.widgets.event_rows import EventRows
from orchestrator_tui.ui.widgets.filter_bar import FilterBar
from orchestrator_tui.ui.widgets.footer import KeyBar
from orchestrator_tui.ui.widgets.frame import content_of
from orchestrator_tui.ui.widgets.guidance import Guidance
from orchestrator_tui.ui.widgets.header import Header
from orchestrator_tui.ui.widgets.health import Health
from orchestrator_tui.ui.widgets.health_parts import AgentGauges, AgentTable, FleetGauges, LightLines, Timeline
from orchestrator_tui.ui.widgets.live_pane import LivePane
from orchestrator_tui.ui.widgets.mission_table import MissionTable
from orchestrator_tui.ui.widgets.pane_view import PaneView
from orchestrator_tui.ui.widgets.progress_line import ProgressLine, progress_spans
from orchestrator_tui.ui.widgets.scrollback import Scrollback
from orchestrator_tui.ui.widgets.tab_bar import TabBar
from tests.ui.fake_client import FLEET, NOW_MS, SCREEN, FakeClient, FrozenClock
from tests.ui.preview.samples import FLEETS, Sample, model_of, sample
from tests.ui.sample_activity import ACTIVITY
from tests.ui.sample_diff import CHANGES

CLOCK = FrozenClock()
COMMENT = ReviewComment(
    "auth/tokens.py", 116, 116, ("    async def rotate(self, token: str) -> TokenPair:",), "Who revokes it now? 🔑"
)
NOTHING = replace(CHANGES, files=())
COMMANDS = (
    CommandView(1, NOW_MS - 9_000, "git", ("git -C /acme/api worktree add ../1",), 41.0, agent_id=1),
    CommandView(2, NOW_MS - 7_000, "tmux", ("tmux send-keys -t %12 -l -- (14 characters)",), 0.2, agent_id=1),
    CommandView(3, NOW_MS - 6_000, "tmux", ("tmux respawn-pane -k -t %17",), 3.0, error="can't find pane: %17"),
)
WIDE_SCREEN = tuple(line.encode() for line in ("\x1b[1m漢字と絵文字 🚀\x1b[0m", "", "日本語の行", "e\u0301", "─" * 74))


async def plainly(work: Awaitable[None]) -> None:
    """A guard that guards nothing: what fails here shall be seen."""
    await work


def widget_samples() -> Iterator[Sample]:
    """Every widget, with each kind of data that makes it look otherwise."""
    for fleet in FLEETS:
        yield from _with_model(fleet)
    yield from _panes()
    yield from _logs()
    yield from _changes()
    yield from _lines()


def _with_model(fleet: str) -> Iterator[Sample]:
    model = model_of(fleet)
    activity = ACTIVITY if fleet == "busy" else Activity(NOW_MS)
    agent, ids, at = model.agent(), tuple(model.agents), model.selected_agent
    yield sample("agent_list", fleet, lambda: AgentList(model, id="agents"), _show_agents)
    yield sample("mission_table", fleet, lambda: MissionTable(model, id="missions"), lambda one: one.update(NOW_MS))
    yield sample("event_log", fleet, lambda: EventLog(model, id="events"), lambda one: one.update())
    yield sample("health", fleet, lambda: Health(model, CLOCK, id="health"), lambda one: one.refresh_model())
    yield sample("header", fleet, lambda: Header(model, id="header"), _show_header)
    yield sample("tab_bar", fleet, lambda: TabBar(model, id="tabs"), lambda one: one.refresh_model(Panel.MISSIONS))
    parts = "health_parts"
    yield sample(parts, f"fleet, {fleet}", lambda: FleetGauges(id="fleet"), lambda one: one.show(activity, model))
    yield sample(parts, f"agent, {fleet}", lambda: AgentGauges(id="chosen"), lambda one: one.show(activity, agent))
    table = lambda: AgentTable(model, Order(), id="table")  # noqa: E731
    yield sample(parts, f"table, {fleet}", table, lambda one: one.show_agents(activity, at, NOW_MS))
    yield sample(
        parts, f"hour, {fleet}", lambda: Timeline(model, id="hour"), lambda one: one.show_hour(activity, ids, at)
    )
    yield sample(
        *(parts, f"lights, {fleet}", lambda: LightLines(id="lights")), lambda one: one.show(activity, model, NOW_MS)
    )


def _panes() -> Iterator[Sample]:
    agent = FLEET.agents[0]
    for name, screen in (("live", SCREEN), ("wide characters", WIDE_SCREEN), ("blank", ())):

        def show(pane: LivePane, screen: tuple[bytes, ...] = screen) -> None:
            pane.show_agent(agent)
            pane.show_frame(PaneFrame(1, "%12", 74, 26, screen, cursor_x=2, cursor_y=3))

        yield sample("live_pane", name, lambda: LivePane(id="pane"), show)
        yield sample("pane_view", name, lambda: PaneView(id="pane"), show)

    def type_into(pane: PaneView) -> None:
        pane.show_agent(agent)
        pane.set_typing(True)

    def read_back(pane: PaneView) -> None:
        if pane.agent is None:
            pane.show_agent(agent)
            pane.show_history(Scrollback((*(b"older line %d" % n for n in range(200)), *SCREEN)))
            pane.search("token")

    yield sample("pane_view", "typing", lambda: PaneView(id="pane"), type_into)
    yield sample("scrollback", "searched", lambda: PaneView(id="pane"), read_back)
    yield sample("pane_view", "no agent", lambda: PaneView(id="pane"), lambda one: one.show_agent(None))
    yield sample("pane_view", "failed", lambda: PaneView(id="pane"), lambda one: one.show_agent(FLEET.agents[6]))


def _logs() -> Iterator[Sample]:
    model = model_of("ordinary")
    for name, client in (("ordinary", FakeClient(log=FLEET.events, ran=COMMANDS)), ("empty", FakeClient())):

        def events(client: FakeClient = client) -> EventRows:
            return EventRows(EventHistory(client, model, CLOCK), model, CLOCK, plainly, id="log-events")

        def commands(client: FakeClient = client) -> CommandRows:
            return CommandRows(client, model, CLOCK, plainly, id="log-commands")

        yield sample("event_rows", name, events)
        yield sample("command_rows", name, commands, lambda one: one.ask())


def _changes() -> Iterator[Sample]:
    chosen = CHANGES.files[1]
    review = Review([COMMENT])
    for name, diff in (("ordinary", CHANGES), ("empty", NOTHING)):

        def show(files: DiffFiles, diff: WorktreeDiff = diff) -> None:
            files.update(diff, chosen.path)

        yield sample("diff_files", name, lambda: DiffFiles(review, id="diff-files"), show)
    for name, file in (("ordinary", chosen), ("binary", CHANGES.files[0]), ("empty", None)):

        def lines(view: DiffView, file: FileDiff | None = file) -> None:
            view.show(file, (COMMENT,) if file is chosen else ())

        yield sample("diff_view", name, lambda: DiffView(id="diff-lines"), lines)


def _lines() -> Iterator[Sample]:
    yield sample("footer", "agents", _key_bar, lambda one: one.refresh_keys(Panel.AGENTS, lambda action: True))
    yield sample(
        "footer", "nothing can be done", _key_bar, lambda one: one.refresh_keys(Panel.MISSIONS, lambda action: False)
    )
    yield sample("filter_bar", "typing", lambda: FilterBar(id="filter"), lambda one: _type_filter(one, "role:coder"))
    yield sample("filter_bar", "error", lambda: FilterBar(id="filter"), lambda one: _type_filter(one, "rule:coder"))
    yield sample("guidance", "", lambda: Guidance(id="guidance"))
    for name, done in (("counted", 3), ("unknown", None)):

        def show(line: ProgressLine, done: int | None = done) -> None:
            job = Job("Starting 7 agents", lambda: None)
            job.done, job.total = done, None if done is None else 7
            line.update(content_of(progress_spans((job,), 4_000, 2, line.screen.size.width - 6)))

        yield sample("progress_line", name, lambda: ProgressLine(), show)
    yield sample("choice", "fits", lambda: Choice(("low", "normal", "high"), "high", id="choice"))
    yield sample("choice", "does not fit", lambda: Choice([f"word-{n}" for n in range(30)], "word-7", id="choice"))
    yield sample("too_small", "", lambda: TooSmall(id="too-small"))


def _show_agents(rows: AgentList) -> None:
    rows.update(NOW_MS, dimmed=False, notice="`claude` is not on PATH. Install it, or start agents with the demo.")


def _show_header(header: Header) -> None:
    header.refresh_model(NOW_MS, Layout.WIDE if header.size.width >= 100 else Layout.NARROW)


def _key_bar() -> KeyBar:
    return KeyBar(ACTIONS, id="keys")


def _type_filter(bar: FilterBar, text: str) -> None:
    if bar.text != text:
        bar.open("/", text)
        bar.hint(hint_for(Panel.AGENTS, text, problem_of(Panel.AGENTS, text)))
