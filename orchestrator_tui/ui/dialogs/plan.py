"""Asks for a plan file; tab goes on with what is typed as far as the files there allow."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input, Static

from orchestrator_tui.core.errors import OrchestratorError, UsageError
from orchestrator_tui.ui.dialogs.base import Form, row
from orchestrator_tui.ui.format import Span
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.widgets.frame import content_of

_LISTED = 6


class PathInput(Input):
    """A line in which tab completes a path; ``offer`` gives what it can go on as, ``tell`` shows that."""

    BINDINGS: ClassVar[list[BindingType]] = [("tab", "complete", "Complete")]

    def __init__(
        self,
        text: str,
        offer: Callable[[str], Awaitable[Sequence[str]]],
        tell: Callable[[Sequence[str]], None],
        *,
        id: str,
    ) -> None:
        super().__init__(text, placeholder="plan.yaml", compact=True, id=id)
        self._offer = offer
        self._tell = tell

    async def action_complete(self) -> None:
        """Writes as much as all that is offered has in common."""
        offered = await self._offer(self.value)
        common = _common(offered)
        if len(common) > len(self.value):
            self.value = common
            self.cursor_position = len(common)
        self._tell(offered)


class PlanPathDialog(Form[str]):
    """The path of a plan file; stays open while that cannot be read."""

    heading = "Import a plan"
    hints = key_hints(("enter", "show what it would do"), ("tab", "complete"), ("esc", "cancel"))

    def __init__(
        self, submit: Callable[[str], Awaitable[None]], offer: Callable[[str], Awaitable[Sequence[str]]], text: str
    ) -> None:
        super().__init__(submit)
        self._offer = offer
        self._text = text

    def body(self) -> Iterable[Widget]:
        """The line, and what it can go on as."""
        yield row("Path", PathInput(self._text, self._offer, self._show_offered, id="field-path"))
        yield Static("", id="offered")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self.query_one(Input).focus()
        self._show_offered(())

    def collect(self) -> str:
        """The path; raises UsageError when it is empty."""
        text = self.query_one(Input).value.strip()
        if not text:
            raise UsageError("The path is empty.", remedy="Write the path of a plan file, or esc.", field="path")
        # What is read after this may take a while; an earlier mistake is not its own.
        self.say(None)
        line = self.query_one("#offered", Static)
        line.update(content_of((Span("Reading…", "muted"),)))
        line.display = True
        return text

    def say(self, problem: OrchestratorError | None) -> None:
        """Shows what is wrong with the path."""
        super().say(problem)
        self._show_offered(())

    def _show_offered(self, offered: Sequence[str]) -> None:
        line = self.query_one("#offered", Static)
        names = [name.rstrip("/").rpartition("/")[2] + ("/" if name.endswith("/") else "") for name in offered]
        more = f"  and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        line.update(content_of((Span("  ".join(names[:_LISTED]), "muted"), Span(more, "muted"))))
        line.display = len(offered) > 1


def _common(offered: Sequence[str]) -> str:
    """What all of them begin with."""
    if not offered:
        return ""
    first, last = min(offered), max(offered)
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:same]
