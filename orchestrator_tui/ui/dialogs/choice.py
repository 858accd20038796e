"""A one-line field that chooses one of a few words."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class Choice(Widget, can_focus=True):
    """Shows all words where they fit, else the chosen one; left and right or a first letter choose."""

    BINDINGS: ClassVar[list[BindingType]] = [("left", "step(-1)", "Previous"), ("right,space", "step(1)", "Next")]
    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; }
    """

    index: reactive[int] = reactive(0)

    def __init__(self, options: Sequence[str], chosen: str, *, id: str) -> None:
        super().__init__(id=id)
        self._options = tuple(options)
        self.set_reactive(Choice.index, self._options.index(chosen))

    @property
    def value(self) -> str:
        """The chosen word."""
        return self._options[self.index]

    def action_step(self, by: int) -> None:
        """Chooses the next or previous word, round and round."""
        self.index = (self.index + by) % len(self._options)

    def on_key(self, event: events.Key) -> None:
        """Takes a key that is its own."""
        character = (event.character or "").casefold()
        if len(character) != 1 or not character.isalpha():
            return
        order = [(self.index + step) % len(self._options) for step in range(1, len(self._options) + 1)]
        for index in order:
            if self._options[index].casefold().startswith(character):
                self.index = index
                event.stop()
                return

    def on_click(self, event: events.Click) -> None:
        """Takes a click on what is written there."""
        if not self._fits:
            # ‹ goes back, the rest goes on.
            self.action_step(-1 if event.x < len(" ‹ ") else 1)
            return
        position = 0
        for index, option in enumerate(self._options):
            position += len(option) + 2
            if event.x < position:
                self.index = index
                return

    def render(self) -> Content:
        """All words with the chosen one marked, or ``‹ word ›  3 of 10``."""
        mark = "bold $background on $accent" if self.has_focus else "bold $foreground on $panel"
        if self._fits:
            return Content.assemble(
                *(
                    (f" {option} ", mark if index == self.index else "$muted")
                    for index, option in enumerate(self._options)
                )
            )
        return Content.assemble(
            (f" ‹ {self.value} › ", mark), (f"  {self.index + 1} of {len(self._options)}", "$muted")
        )

    @property
    def _fits(self) -> bool:
        return sum(len(option) + 2 for option in self._options) <= self.size.width

    def watch_has_focus(self, value: bool) -> None:
        """Shows where the keyboard is."""
        super().watch_has_focus(value)
        self.refresh()
