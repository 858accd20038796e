"""Queues a mission, or changes one."""

from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, TextArea

from orchestrator_tui.core.errors import OrchestratorError, UsageError
from orchestrator_tui.core.models import Mission, MissionSpec, Priority, Role, TaskType
from orchestrator_tui.core.views import MissionChanges
from orchestrator_tui.ui.dialogs.base import Form, row
from orchestrator_tui.ui.dialogs.choice import Choice
from orchestrator_tui.ui.dialogs.forms import read_count, read_duration_ms, read_ids, write_duration
from orchestrator_tui.ui.hints import key_hints

ANY = "any"
MOST_RETRIES = 100


class MissionDialog(Form[MissionSpec]):
    """Asks for a whole mission; ``mission`` fills the fields in, and those that cannot change are left out.

    ``edit`` takes the prompt to the person's editor and back.
    """

    # Before the field's own: there the key goes to the end of a line, as the end key does.
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+e", "edit", "Editor", priority=True)]

    heading = "New mission"
    hints = key_hints(("^s", "save"), ("^e", "editor"), ("tab", "field"), ("←→", "choose"), ("esc", "cancel"))

    def __init__(
        self,
        submit: Callable[[MissionSpec], Awaitable[None]],
        mission: Mission | None = None,
        *,
        edit: Callable[[str], Awaitable[str]],
    ) -> None:
        super().__init__(submit)
        self._edit = edit
        self._mission = mission
        if mission is not None:
            self.heading = f"Edit {mission.id}"

    def body(self) -> Iterable[Widget]:
        """The fields."""
        old = self._mission
        yield row("Prompt", _area(old.prompt if old else "", "field-prompt"))
        yield row("Context", _area((old.context or "") if old else "", "field-context"))
        if old is None:
            yield row("Type", Choice(list(TaskType), TaskType.GENERAL, id="field-type"))
        yield row("Priority", Choice(list(Priority), old.priority if old else Priority.NORMAL, id="field-priority"))
        if old is None or old.role is None:
            yield row("Role", Choice([ANY, *Role], ANY, id="field-role"))
        else:
            yield row("Role", Choice(list(Role), old.role, id="field-role"))
        timeout = write_duration(old.timeout_ms) if old else ""
        retries = "" if old is None or old.max_retries is None else str(old.max_retries)
        yield row("Timeout", Input(timeout, placeholder="as its agent: 30m, 2h", compact=True, id="field-timeout_ms"))
        yield row("Retries", Input(retries, placeholder="as its agent", compact=True, id="field-max_retries"))
        if old is None:
            yield row("After", Input(placeholder="ids of missions", compact=True, id="field-depends_on"))

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.set_focus(self.query_one("#field-prompt"))

    def action_edit(self) -> None:
        """Writes the prompt in the editor."""
        self.run_worker(self._edit_prompt(), group="edit", name="edit", exclusive=True, exit_on_error=False)

    async def _edit_prompt(self) -> None:
        area = self.query_one("#field-prompt", TextArea)
        try:
            area.text = await self._edit(area.text)
        except OrchestratorError as problem:
            self.say(problem)
        else:
            self.say(None)
        area.focus()

    def collect(self) -> MissionSpec:
        """The mission; raises UsageError naming the field."""
        prompt = self.query_one("#field-prompt", TextArea).text.strip()
        if not prompt:
            raise UsageError("The mission has no text.", remedy="Write what to do.", field="prompt")
        role = self.query_one("#field-role", Choice).value
        timeout = self.query_one("#field-timeout_ms", Input).value
        retries = self.query_one("#field-max_retries", Input).value
        is_new = self._mission is None
        return MissionSpec(
            prompt=prompt,
            context=self.query_one("#field-context", TextArea).text.strip() or None,
            type=TaskType(self.query_one("#field-type", Choice).value) if is_new else TaskType.GENERAL,
            priority=Priority(self.query_one("#field-priority", Choice).value),
            role=None if role == ANY else Role(role),
            timeout_ms=read_duration_ms(timeout, "timeout_ms"),
            max_retries=read_count(retries, "max_retries", least=0, most=MOST_RETRIES),
            depends_on=read_ids(self.query_one("#field-depends_on", Input).value) if is_new else (),
        )


def changes_between(old: Mission, new: MissionSpec) -> MissionChanges | None:
    """What an edit changed, None for nothing; an emptied context is an empty text, other emptied fields stay."""
    changes = MissionChanges(
        prompt=new.prompt if new.prompt != old.prompt else None,
        context=(new.context or "") if (new.context or "") != (old.context or "") else None,
        priority=new.priority if new.priority != old.priority else None,
        timeout_ms=new.timeout_ms if new.timeout_ms != old.timeout_ms else None,
        max_retries=new.max_retries if new.max_retries != old.max_retries else None,
        role=new.role if new.role != old.role else None,
    )
    return None if changes == MissionChanges() else changes


def _area(text: str, name: str) -> TextArea:
    # Tab moves on: an indented prompt is rarer than a form filled in by keyboard.
    return TextArea(text, compact=True, tab_behavior="focus", id=name, soft_wrap=True)
