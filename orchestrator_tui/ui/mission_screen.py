"""One mission, whole: its text, attempts, output and timeline, kept up to date while it is open."""

from collections.abc import Callable
from typing import ClassVar, cast

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Markdown, Static

from orchestrator_tui.core.clock import Clock
from orchestrator_tui.core.errors import OrchestratorError
from orchestrator_tui.core.models import Mission
from orchestrator_tui.core.views import MissionView, ShutdownMode, SupervisorClient
from orchestrator_tui.ui.format import Span
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.mission_text import Lines, attempt_lines, head_lines, timeline_lines
from orchestrator_tui.ui.model import Model
from orchestrator_tui.ui.widgets.frame import content_of

REFRESH_S = 0.5
_SECTIONS = ("prompt", "context", "attempts", "output", "timeline")


class MissionScreen(Screen[None]):
    """Reads; ``act`` runs an action of the registry on the mission."""

    CSS_PATH = "mission.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q", "leave", "Back"),
        ("e", "act('mission.edit')", "Edit"),
        ("x", "act('mission.cancel')", "Cancel"),
        ("t", "act('mission.retry')", "Retry"),
        ("J", "act('mission.lower')", "Lower"),
        ("K", "act('mission.raise')", "Raise"),
        ("a", "act('mission.depend')", "Add a dependency"),
        ("y", "copy", "Copy the output"),
        ("j,down", "scroll(1)", "Down"),
        ("k,up", "scroll(-1)", "Up"),
        ("ctrl+d,pagedown,space", "scroll(15)", "Page down"),
        ("ctrl+u,pageup", "scroll(-15)", "Page up"),
    ]
    hints = key_hints(
        ("e", "edit"),
        ("x", "cancel"),
        ("t", "retry"),
        ("J/K", "priority"),
        ("a", "add dependency"),
        ("y", "copy output"),
        ("esc", "back"),
    )

    def __init__(
        self, client: SupervisorClient, model: Model, clock: Clock, mission_id: str, act: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._client = client
        self._model = model
        self._clock = clock
        self._mission_id = mission_id
        self._act = act
        self._mission: Mission | None = None
        self._seen: MissionView | None = None
        self._shown: dict[str, object] = {}

    @property
    def mission_id(self) -> str:
        """Whose page this is."""
        return self._mission_id

    def compose(self) -> ComposeResult:
        """The page."""
        yield Static("", id="mission-title")
        with VerticalScroll(id="mission-body"):
            yield Static("", id="mission-head", markup=False)
            for name in _SECTIONS:
                yield Static(content_of((Span(name.capitalize(), "strong"),)), id=f"{name}-title", classes="section")
                yield Markdown("", id=name) if name == "output" else Static("", id=name, markup=False)
        yield Static(content_of(self.hints), id="mission-keys")

    async def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_focus(self.query_one("#mission-body"))
        await self.refresh_mission()
        self.set_interval(REFRESH_S, self.refresh_mission)

    async def refresh_mission(self) -> None:
        """Shows the mission as it is now; it is asked for again only when its row changed."""
        view = self._model.missions.get(self._mission_id)
        if self._mission is None or view != self._seen:
            try:
                self._mission = await self._client.mission(self._mission_id)
            except OrchestratorError as problem:
                self.notify(str(problem), severity="error", markup=False)
                self.dismiss(None)
                return
            self._seen = view
        mission, names, now_ms = self._mission, self._model.agent_names(), self._clock.now_ms()
        width = max(20, self.size.width - 6)
        title = (Span(f" {mission.id}  ", "accent"), Span(mission.title, "strong"))
        self._show("mission-title", content_of(title))
        self._show("mission-head", _joined(head_lines(mission, view, now_ms)))
        self._section("prompt", Content(mission.prompt))
        self._section("context", Content(mission.context or ""))
        self._section("attempts", _joined(attempt_lines(mission, names)))
        self._section("timeline", _joined(timeline_lines(self._model.events, mission.id, width, names)))
        await self._show_output(mission.output or "")

    def action_leave(self) -> None:
        """Back to the dashboard."""
        self.dismiss(None)

    def action_act(self, action_id: str) -> None:
        """Does something to the mission."""
        self._act(action_id)

    def action_copy(self) -> None:
        """Copies what it brought."""
        output = self._mission.output if self._mission else None
        app = cast("App[ShutdownMode]", self.app)  # pyright: ignore[reportUnknownMemberType]
        app.copy_to_clipboard(output or "")
        self.notify("Copied the output." if output else "There is no output yet.", timeout=3)

    def action_scroll(self, rows: int) -> None:
        """Scrolls the page."""
        self.query_one("#mission-body", VerticalScroll).scroll_relative(y=rows, animate=False)

    async def _show_output(self, text: str) -> None:
        if self._shown.get("output") != text:
            self._shown["output"] = text
            await self.query_one(Markdown).update(text)
        self._hide_empty("output", bool(text))

    def _section(self, name: str, content: Content) -> None:
        self._show(name, content)
        self._hide_empty(name, bool(content.plain))

    def _hide_empty(self, name: str, has_content: bool) -> None:
        self.query_one(f"#{name}").display = has_content
        self.query_one(f"#{name}-title").display = has_content

    def _show(self, name: str, content: Content) -> None:
        if self._shown.get(name) != content:
            self._shown[name] = content
            self.query_one(f"#{name}", Static).update(content)


def _joined(lines: Lines) -> Content:
    return Content("\n").join(content_of(line) for line in lines)
