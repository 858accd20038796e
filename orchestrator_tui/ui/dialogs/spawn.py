"""Starts one or more agents, optionally with a first mission."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from pydantic import ValidationError
from textual.widget import Widget
from textual.widgets import Input

from orchestrator_tui.core.config import AgentConfig
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.models import IsolationMode, MissionSpec, ModelTier, Role
from orchestrator_tui.core.pool import parse_pool
from orchestrator_tui.core.views import SpawnRequest
from orchestrator_tui.ui.dialogs.base import Form, row
from orchestrator_tui.ui.dialogs.choice import Choice
from orchestrator_tui.ui.dialogs.forms import read_count
from orchestrator_tui.ui.hints import key_hints

BY_ROLE = "by role"
NO_PRESET = "none"
POOL_EXAMPLE = "3 coders + 1 reviewer:opus"
MOST_AT_ONCE = 50


class SpawnDialog(Form[tuple[SpawnRequest, ...]]):
    """Asks how the agents shall be; worktree is preselected inside a git repository.

    A pool says role, model and count itself; ``presets`` are pools by name, ``keep_preset`` keeps another one.
    """

    heading = "New agent"
    hints = key_hints(("enter", "start"), ("↑↓", "field"), ("←→", "choose"), ("esc", "cancel"))

    def __init__(
        self,
        submit: Callable[[tuple[SpawnRequest, ...]], Awaitable[None]],
        *,
        provider: str,
        in_git_repo: bool,
        with_mission: bool,
        providers: tuple[str, ...],
        presets: Mapping[str, str],
        keep_preset: Callable[[str, str], None],
    ) -> None:
        super().__init__(submit)
        self._provider = provider
        self._isolation = IsolationMode.WORKTREE if in_git_repo else IsolationMode.SHARED
        self._with_mission = with_mission
        self._presets = presets
        self._keep_preset = keep_preset
        self._providers = providers if provider in providers else (*providers, provider)

    def body(self) -> Iterable[Widget]:
        """The fields."""
        yield row("Role", Choice(list(Role), Role.GENERALIST, id="field-role"))
        yield row("Model", Choice([BY_ROLE, *ModelTier], BY_ROLE, id="field-model"))
        yield row("Provider", Choice(self._providers, self._provider, id="field-provider"))
        yield row("Works in", Choice(list(IsolationMode), self._isolation, id="field-isolation_mode"))
        yield row("Count", Input("1", compact=True, id="field-count", restrict=r"[0-9]*", max_length=2))
        yield row("Name", Input(placeholder="agent-N", compact=True, id="field-name"))
        if self._presets:
            yield row("Preset", Choice([NO_PRESET, *self._presets], NO_PRESET, id="field-preset"))
        yield row("Pool", Input(placeholder=POOL_EXAMPLE, compact=True, id="field-pool"))
        yield row("Save as", Input(placeholder="keeps the pool as a preset", compact=True, id="field-preset_name"))
        yield row("Mission", Input(placeholder="none: waits for one", compact=True, id="field-prompt"))

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        for choice in self.query("#field-preset").results(Choice):
            self.watch(choice, "index", self._preset_chosen, init=False)
        self.set_focus(self.query_one("#field-prompt" if self._with_mission else "#field-role"))

    def on_key(self) -> None:
        """Takes a key that is its own."""
        self.say(None)

    def collect(self) -> tuple[SpawnRequest, ...]:
        """The requests; raises UsageError naming the field."""
        pool = self.query_one("#field-pool", Input).value.strip()
        preset_name = self.query_one("#field-preset_name", Input).value.strip()
        if preset_name and not pool:
            raise UsageError("There is no pool to save.", remedy=f"Write one, as {POOL_EXAMPLE}.", field="pool")
        requests = self._of_pool(pool) if pool else (self._of_fields(),)
        if preset_name:
            self._keep_preset(preset_name, pool)
        return requests

    def _preset_chosen(self) -> None:
        name = self.query_one("#field-preset", Choice).value
        self.query_one("#field-pool", Input).value = self._presets.get(name, "")

    def _of_pool(self, pool: str) -> tuple[SpawnRequest, ...]:
        if self.query_one("#field-name", Input).value.strip():
            raise UsageError("One name cannot serve a pool.", remedy="Leave it empty.", field="name")
        provider = self.query_one("#field-provider", Choice).value
        requests = pool_requests(pool, provider, IsolationMode(self.query_one("#field-isolation_mode", Choice).value))
        prompt = self._prompt()
        first = MissionSpec(prompt=prompt) if prompt else None
        return (*requests[:-1], replace(requests[-1], first_mission=first))

    def _prompt(self) -> str:
        prompt = self.query_one("#field-prompt", Input).value.strip()
        if self._with_mission and not prompt:
            raise UsageError("The mission has no text.", remedy="Write what to do.", field="prompt")
        return prompt

    def _of_fields(self) -> SpawnRequest:
        count = read_count(self.query_one("#field-count", Input).value, "count", least=1, most=MOST_AT_ONCE) or 1
        name = self.query_one("#field-name", Input).value.strip() or None
        if name and count > 1:
            raise UsageError("One name cannot serve several agents.", remedy="Leave it empty.", field="name")
        model = self.query_one("#field-model", Choice).value
        prompt = self._prompt()
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


def pool_requests(pool: str, provider: str, isolation: IsolationMode) -> tuple[SpawnRequest, ...]:
    """One request for each kind of agent in the pool. Raises UsageError naming ``pool``."""
    return tuple(
        SpawnRequest(
            AgentConfig(role=part.role, model=part.model, provider=provider, isolation_mode=isolation), part.count
        )
        for part in parse_pool(pool)
    )
