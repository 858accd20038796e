"""Starts one or more agents, optionally with a first mission."""

from collections.abc import Awaitable, Callable, Iterable

from pydantic import ValidationError
from textual.widget import Widget
from textual.widgets import Input

from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.models import IsolationMode, MissionSpec, ModelTier, Role
from orchestrator_tui.core.views import SpawnRequest
from orchestrator_tui.ui.dialogs.base import Form, key_hints, row
from orchestrator_tui.ui.dialogs.choice import Choice
from orchestrator_tui.ui.dialogs.forms import read_count

BY_ROLE = "by role"
MOST_AT_ONCE = 50


class SpawnDialog(Form[SpawnRequest]):
    """Asks how the agents shall be; worktree is preselected inside a git repository."""

    heading = "New agent"
    hints = key_hints(("enter", "start"), ("↑↓", "field"), ("←→", "choose"), ("esc", "cancel"))

    def __init__(
        self,
        submit: Callable[[SpawnRequest], Awaitable[None]],
        *,
        provider: str,
        in_git_repo: bool,
        with_mission: bool,
        providers: tuple[str, ...],
    ) -> None:
        super().__init__(submit)
        self._provider = provider
        self._isolation = IsolationMode.WORKTREE if in_git_repo else IsolationMode.SHARED
        self._with_mission = with_mission
        self._providers = providers if provider in providers else (*providers, provider)

    def body(self) -> Iterable[Widget]:
        """The fields."""
        yield row("Role", Choice(list(Role), Role.GENERALIST, id="field-role"))
        yield row("Model", Choice([BY_ROLE, *ModelTier], BY_ROLE, id="field-model"))
        yield row("Provider", Choice(self._providers, self._provider, id="field-provider"))
        yield row("Works in", Choice(list(IsolationMode), self._isolation, id="field-isolation_mode"))
        yield row("Count", Input("1", compact=True, id="field-count", restrict=r"[0-9]*", max_length=2))
        yield row("Name", Input(placeholder="agent-N", compact=True, id="field-name"))
        yield row("Mission", Input(placeholder="none: waits for one", compact=True, id="field-prompt"))

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_focus(self.query_one("#field-prompt" if self._with_mission else "#field-role"))

    def on_key(self) -> None:
        """Takes a key that is its own."""
        self.say(None)

    def collect(self) -> SpawnRequest:
        """The request; raises UsageError naming the field."""
        count = read_count(self.query_one("#field-count", Input).value, "count", least=1, most=MOST_AT_ONCE) or 1
        name = self.query_one("#field-name", Input).value.strip() or None
        if name and count > 1:
            raise UsageError("One name cannot serve several agents.", remedy="Leave it empty.", field="name")
        model = self.query_one("#field-model", Choice).value
        prompt = self.query_one("#field-prompt", Input).value.strip()
        if self._with_mission and not prompt:
            raise UsageError("The mission has no text.", remedy="Write what to do.", field="prompt")
        role = Role(self.query_one("#field-role", Choice).value)
        try:
            config = AgentConfig(
                name=name,
                role=role,
                model=None if model == BY_ROLE else ModelTier(model),
                provider=self.query_one("#field-provider", Choice).value,
                isolation_mode=IsolationMode(self.query_one("#field-isolation_mode", Choice).value),
            )
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            raise UsageError(
                "This name cannot be used.",
                remedy="Write 1 to 32 letters, digits, dots, dashes or underscores.",
                field=field,
            ) from None
        first = MissionSpec(prompt=prompt, role=role) if prompt else None
        return SpawnRequest(config=config, count=count, first_mission=first)
