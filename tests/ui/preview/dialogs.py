"""The pages of ui/dialogs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.errors import NotAllowedNow
from orchestrator_tui.core.models import Mission, MissionState, Priority, Role, TaskType
from orchestrator_tui.core.questions import Option, Question
from orchestrator_tui.core.settings_report import BUILT_IN, SettingLine
from orchestrator_tui.core.views import KillPreview, PaneFrame
from orchestrator_tui.ui.actions import ACTIONS
from orchestrator_tui.ui.command_run import CommandRun
from orchestrator_tui.ui.dialogs.approve import ApproveDialog
from orchestrator_tui.ui.dialogs.assign import AssignDialog
from orchestrator_tui.ui.dialogs.broadcast import BroadcastDialog
from orchestrator_tui.ui.dialogs.comment import CommentDialog
from orchestrator_tui.ui.dialogs.confirm import ConfirmDialog
from orchestrator_tui.ui.dialogs.confirm_kill import ConfirmKillDialog
from orchestrator_tui.ui.dialogs.confirm_many import ConfirmManyDialog
from orchestrator_tui.ui.dialogs.depend import DependDialog
from orchestrator_tui.ui.dialogs.help import HelpDialog
from orchestrator_tui.ui.dialogs.inbox import InboxDialog
from orchestrator_tui.ui.dialogs.inbox_forms import DenyDialog, RuleDialog, WordsDialog
from orchestrator_tui.ui.dialogs.line import ExportDialog, NoteDialog, RenameDialog, SendDialog
from orchestrator_tui.ui.dialogs.log_entry import LogEntryDialog
from orchestrator_tui.ui.dialogs.mission import MissionDialog
from orchestrator_tui.ui.dialogs.output import OutputDialog
from orchestrator_tui.ui.dialogs.plan import PlanPathDialog
from orchestrator_tui.ui.dialogs.quit import QuitDialog
from orchestrator_tui.ui.dialogs.settings import SettingsDialog
from orchestrator_tui.ui.dialogs.spawn import SpawnDialog
from orchestrator_tui.ui.dialogs.why import WhyDialog
from orchestrator_tui.ui.format import Span
from orchestrator_tui.ui.model import Model
from tests.ui.fake_client import FLEET, MINUTE, NOW_MS, SCREEN, FakeClient, FrozenClock
from tests.ui.preview.samples import CJK, FLEETS, LONG, MANY, Sample, model_of, sample
from tests.ui.preview.widgets import COMMENT

LONG_TEXT = "Write the parser, then read it, then write it again. " * 30
MISSION = Mission(
    id="m-047",
    seq=47,
    prompt=LONG_TEXT,
    context="日本語のコンテキスト 🚀",
    type=TaskType.CODING,
    priority=Priority.HIGH,
    state=MissionState.PENDING,
    created_at=NOW_MS - 3 * MINUTE,
    timeout_ms=30 * MINUTE,
    max_retries=2,
)
PERMISSION, QUESTION = FLEET.attention[1], FLEET.attention[2]
PLAN = AttentionItem(
    *("plan-1", AttentionKind.PLAN, NOW_MS, "A plan to approve"),
    agent_id=1,
    agent_name="api-auth",
    tool="ExitPlanMode",
    tool_input={"plan": "# Tokens\n\n1. Rotate them\n2. Revoke **old** ones\n\n" + "- and more\n" * 40},
    can_answer=True,
)
SEVERAL = replace(
    QUESTION,
    id="ask-9",
    questions=(
        *QUESTION.questions,
        Question(
            "どのファイルですか？",
            "Files",
            tuple(Option(f"{n}", "説明 " * n) for n in range(9)),
            takes_several=True,
        ),
    ),
)


async def taken(value: object) -> None:
    """Takes whatever a form hands over."""
    del value


async def refused(value: object) -> None:
    """Refuses whatever a form hands over."""
    raise NotAllowedNow("The agent shows a dialog.", remedy="Answer it first.", field="text")


async def edited(text: str) -> str:
    """What comes back from an editor."""
    return text


def dialog_samples() -> Iterator[Sample]:
    """Every dialog, with each kind of data that makes it look otherwise."""
    yield from _questions()
    yield from _forms()
    yield from _reading()


def _questions() -> Iterator[Sample]:
    screen, client = PaneFrame(1, "%12", 74, 26, SCREEN), FakeClient()
    yield sample("approve", "ordinary", lambda: ApproveDialog("api-auth", screen, "Bash: alembic upgrade head"))
    yield sample("approve", "empty", lambda: ApproveDialog("認証サービス", None, "Bash: " + "very long " * 30))
    for name, fleet in (("ordinary", FLEET), ("wide characters", CJK), ("200 rows", MANY), ("empty", FLEETS["empty"])):

        def assign(fleet: object = fleet) -> AssignDialog:
            assert isinstance(fleet, type(FLEET))
            return AssignDialog("m-047", fleet.agents, frozenset({Role.CODER}))

        yield sample("assign", name, assign)
    yield sample("confirm", "", lambda: ConfirmDialog("Cancel m-047", "Cancel it?", ("api-auth is stopped.",)))
    losses = ("Its mission m-041 goes back to the queue.", "3 uncommitted files in its worktree.")
    yield sample("confirm_kill", "losses", lambda: ConfirmKillDialog(KillPreview("api-auth", losses)))
    yield sample("confirm_kill", "nothing is lost", lambda: ConfirmKillDialog(KillPreview(LONG.agents[0].name, ())))
    many = tuple((one.name, "its mission goes back to the queue") for one in MANY.agents)
    yield sample(
        "confirm_many", "200 rows", lambda: ConfirmManyDialog("Kill 200", "End 200 agents?", many, yes="kill them")
    )
    yield sample("quit", "ordinary", lambda: QuitDialog(9))
    yield sample("quit", "empty", lambda: QuitDialog(0))
    for name, items in (
        *(("ordinary", FLEET.attention), ("empty", ()), ("long names", LONG.attention), ("200 rows", MANY.attention)),
        *(("plan", (PLAN,)), ("several questions", (SEVERAL,))),
    ):

        def inbox(items: tuple[AttentionItem, ...] = items) -> InboxDialog:
            return InboxDialog(client, _waiting(items), FrozenClock())

        yield sample("inbox", name, inbox)


def _waiting(items: tuple[AttentionItem, ...]) -> Model:
    model = model_of("ordinary")
    model.attention = items
    return model


def _forms() -> Iterator[Sample]:
    yield sample("broadcast", "200 rows", lambda: BroadcastDialog(taken, MANY.agents, whence="all that are shown"))
    yield sample("comment", "", lambda: CommentDialog(taken, COMMENT))
    yield sample("depend", "", lambda: DependDialog(taken, "m-047"))
    yield sample("inbox_forms", "rule", lambda: RuleDialog(taken, PERMISSION, "/home/ada/.config/rules.toml"))
    yield sample("inbox_forms", "deny", lambda: DenyDialog(taken, LONG.attention[1]))
    yield sample("inbox_forms", "own words", lambda: WordsDialog(taken, SEVERAL.questions[1], "全部 🚀"))
    yield sample("line", "send", lambda: SendDialog(taken, agent_name="api-auth"))
    yield sample("line", "send, error", lambda: SendDialog(refused, agent_name="api-auth"), _refuse)
    yield sample("line", "rename", lambda: RenameDialog(taken, agent_name="api-auth", text="認証サービス"))
    yield sample("line", "export", lambda: ExportDialog(taken, text="events.csv"))
    yield sample("line", "note", lambda: NoteDialog(taken, agent_name=LONG.agents[0].name, text=LONG_TEXT))
    yield sample("mission", "new", lambda: MissionDialog(taken, edit=edited))
    yield sample("mission", "edit", lambda: MissionDialog(taken, MISSION, edit=edited))
    yield sample("plan", "", lambda: PlanPathDialog(taken, _files, "plan.yaml"))
    for with_mission in (False, True):

        def spawn(with_mission: bool = with_mission) -> SpawnDialog:
            return SpawnDialog(
                taken,
                provider="claude",
                in_git_repo=True,
                with_mission=with_mission,
                providers=("claude", "demo", "a-provider-with-a-long-name"),
                presets={"usual": "3 coders + 1 reviewer"},
                keep_preset=lambda name, pool: None,
            )

        yield sample("spawn", "with mission" if with_mission else "", spawn)


def _reading() -> Iterator[Sample]:
    client = FakeClient()
    yield sample("help", "", lambda: HelpDialog(ACTIONS))
    yield sample("why", "", lambda: WhyDialog(client, 1, "api-auth"))
    lines = tuple((Span(f"{n:>4}  ", "muted"), Span("漢字 and text " * (n % 9))) for n in range(200))
    yield sample("log_entry", "200 rows", lambda: LogEntryDialog("api-auth started m-041", lines, 1, "m-041"))
    yield sample("settings", "", lambda: SettingsDialog(SETTINGS))
    for name, printed, status in (("done", MANY_LINES, 0), ("failed", (), 1), ("running", MANY_LINES[:3], None)):

        def output(printed: tuple[str, ...] = printed, status: int | None = status) -> OutputDialog:
            run = CommandRun("Unit tests", ("pytest", "-q", "tests/auth"), "/home/ada/acme/api")
            run.output.take(1, "".join(printed).encode())
            run.output.take(2, b"E: no such test\n" if status else b"")
            run.status, run.took_s = status, 4.2
            return OutputDialog(run)

        yield sample("output", name, output)
    yield sample("log_entry", "short", lambda: LogEntryDialog("tmux ended", lines[1:2], None, None))


SETTINGS = (
    SettingLine("provider", "claude", BUILT_IN),
    SettingLine("theme", "light", "ORCHESTRATOR_THEME"),
    SettingLine("claude_command", f"/opt/{'long/' * 30}claude", "/home/ada/.config/orchestrator-tui/config.toml"),
)
MANY_LINES = tuple(f"{n:>4}  漢字 and text 🚀\n" for n in range(200))


async def _files(typed: str) -> Sequence[str]:
    return [name for name in ("plans/", "plan.yaml", "plan-b.yml") if name.startswith(typed)]


def _refuse(dialog: SendDialog) -> None:
    dialog.say(NotAllowedNow("The agent shows a dialog.", remedy="Answer it first.", field="text"))
