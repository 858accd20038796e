"""The preview: all pages on the left, the chosen one live on the right, enter shows it on the whole terminal."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import OptionList, Static
from typing_extensions import TypeIs

from orchestrator_tui.ui.format import Span
from orchestrator_tui.ui.hints import key_hints
from orchestrator_tui.ui.mouse import Clicks
from orchestrator_tui.ui.theme import ANSI_VARIABLES, DARK, LIGHT, THEME_NAMES, ThemeChoice
from orchestrator_tui.ui.widgets.frame import content_of
from tests.ui.preview.dialogs import dialog_samples
from tests.ui.preview.samples import Sample
from tests.ui.preview.screens import screen_samples
from tests.ui.preview.widgets import widget_samples

FEED_S = 0.5
SAMPLES: tuple[Sample, ...] = (*widget_samples(), *dialog_samples(), *screen_samples())


def samples_of(page: str | None) -> tuple[Sample, ...]:
    """The samples of one page, or all; raises LookupError naming the pages."""
    found = tuple(one for one in SAMPLES if page in (None, one.page))
    if not found:
        raise LookupError(f"There is no page {page!r}. There are: {', '.join(sorted({one.page for one in SAMPLES}))}.")
    return found


def is_screen(widget: Widget) -> TypeIs[Screen[Any]]:
    """Whether it fills a terminal."""
    return isinstance(widget, Screen)


class Stage(Vertical):
    """Shows one widget and keeps its data up to date."""

    def __init__(self, widget: Widget, feed: Callable[[], object], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._widget = widget
        self._feed = feed

    def compose(self) -> ComposeResult:
        yield self._widget

    def on_mount(self) -> None:
        self.call_after_refresh(self.feed)
        self.set_interval(FEED_S, self.feed)

    def on_resize(self) -> None:
        self.call_after_refresh(self.feed)

    def feed(self) -> None:
        if self._widget.is_mounted and self._widget.is_attached:
            self._feed()


class Whole(Screen[None]):
    """One widget on the whole terminal."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Back")]

    def __init__(self, widget: Widget, feed: Callable[[], object]) -> None:
        super().__init__()
        self._stage = Stage(widget, feed)

    def compose(self) -> ComposeResult:
        yield self._stage


class PreviewApp(App[None]):
    """Has the dashboard's colours and style sheets, and none of its actions."""

    CSS_PATH = "../../../orchestrator_tui/ui/dashboard.tcss"
    CSS = """
    #pages { width: 34; height: 1fr; border: none; background: $surface; scrollbar-size-vertical: 1; }
    #side { width: 1fr; height: 1fr; padding: 0 1; }
    #note { height: auto; padding: 1; }
    #preview-keys { height: 1; background: $panel; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "next_theme", "Theme", priority=True),
        Binding("ctrl+q", "leave", "Back or quit", priority=True),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, samples: Sequence[Sample] = SAMPLES, theme: ThemeChoice = "dark") -> None:
        super().__init__()
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = THEME_NAMES[theme]
        self._samples = samples
        self._clicks = Clicks(self)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(ANSI_VARIABLES)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield OptionList(*(one.title for one in self._samples), id="pages", compact=True, markup=False)
            yield Vertical(id="side")
        hints = key_hints(("↑↓", "choose"), ("enter", "whole terminal"), ("F2", "theme"), ("^q", "back, quit"))
        yield Static(content_of(hints), id="preview-keys")

    async def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Shows the sample at the side; a screen fills a terminal and stands on its own."""
        if event.option_list.id != "pages":
            return
        side = self.query_one("#side", Vertical)
        await side.remove_children()
        widget, feed = self._samples[event.option_index].fresh()
        if is_screen(widget):
            words = (Span(type(widget).__name__, "strong"), Span(" fills the terminal: enter opens it.", "muted"))
            await side.mount(Static(content_of(words), id="note"))
        else:
            await side.mount(Stage(widget, feed))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Opens the sample on the whole terminal."""
        if event.option_list.id == "pages":
            self.open(self._samples[event.option_index])

    def open(self, sample: Sample) -> None:
        """Shows the sample on the whole terminal."""
        widget, feed = sample.fresh()
        if is_screen(widget):
            self.push_screen(widget)
            widget.call_after_refresh(feed)
        else:
            self.push_screen(Whole(widget, feed))

    def action_leave(self) -> None:
        """Back to the list, or out."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.exit()

    def action_next_theme(self) -> None:
        """The next of the themes."""
        names = list(THEME_NAMES.values())
        self.theme = names[(names.index(self.theme) + 1) % len(names)]

    async def on_click(self, event: events.Click) -> None:
        """Runs what a text stands for, as far as it is known here."""
        await self._clicks.take(event)

    async def action_hit(self, key: str) -> None:
        """Does what the key does."""
        await self._clicks.hit(key)
