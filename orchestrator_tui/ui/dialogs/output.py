"""What a person's command prints, while it runs and after."""

import shlex
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Log, Static

from orchestrator_tui.ui.command_output import MOST_BYTES, MOST_LINES
from orchestrator_tui.ui.command_run import CommandRun
from orchestrator_tui.ui.dialogs.base import Dialog, key_hints
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.widgets.frame import content_of

FOLLOWS_AFTER_S = 1.0
"""What is over sooner is read from its beginning; what prints longer is followed."""

REFRESH_S = 0.2
ROWS_AROUND = 14
"""What frame, command, standing and keys take of the terminal's height."""


class OutputDialog(Dialog[None]):
    """The output of one run. Closing it leaves a command running; opened again it shows the same run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("q", "cancel", "Close"),
        ("x", "stop", "Stop"),
        ("y", "copy", "Copy"),
        ("j", "scroll(1)", "Down"),
        ("k", "scroll(-1)", "Up"),
        ("g", "ends(False)", "Start"),
        ("G", "ends(True)", "End"),
    ]

    def __init__(self, run: CommandRun) -> None:
        super().__init__()
        self.heading = run.name
        self._run = run
        self._shown = 0
        self._has_followed = False
        self._log = Log(auto_scroll=False, id="output")

    def body(self) -> Iterable[Widget]:
        """What is run, its output, and how it stands."""
        # Textual's own content markup must not read what stands in arguments.
        yield Static(content_of((Span(shlex.join(self._run.argv), "muted"),)), id="argv")
        yield self._log
        yield Static("", id="standing")

    def on_mount(self) -> None:
        """Starts what the screen needs once it is there."""
        self._run.is_watched = True
        self.set_focus(self._log)
        self.set_interval(REFRESH_S, self.refresh_output)
        self.refresh_output()

    def on_unmount(self) -> None:
        """Nobody watches it any more."""
        self._run.is_watched = False

    def on_resize(self) -> None:
        """Gives the output what the terminal has room for."""
        self._fit()

    def refresh_output(self) -> None:
        """Shows what came since the last look."""
        run = self._run
        new = run.output.lines[self._shown :]
        # Whoever scrolled up reads there; at the end again, what comes is followed again.
        follows = run.seconds > FOLLOWS_AFTER_S and (not self._has_followed or self._log.is_vertical_scroll_end)
        if new:
            self._shown += len(new)
            self._log.write_lines(new, scroll_end=False)
            self._fit()
        if new and follows:
            self._has_followed = True
            self._log.scroll_end(animate=False)
        self.query_one("#standing", Static).update(content_of(standing_spans(run)))
        self.query_one("#hints", Static).update(content_of(_hints(run)))

    def action_stop(self) -> None:
        """Ends the command."""
        if self._run.status is None:
            self._run.stop()

    def action_copy(self) -> None:
        """Copies what is shown."""
        self.app.copy_to_clipboard("\n".join(self._run.output.lines))  # pyright: ignore[reportUnknownMemberType]
        self.notify("Copied.", timeout=3)

    def action_scroll(self, rows: int) -> None:
        """Scrolls by rows."""
        self._log.scroll_relative(y=rows, animate=False)

    def action_ends(self, last: bool) -> None:
        """Goes to an end."""
        (self._log.scroll_end if last else self._log.scroll_home)(animate=False)

    def _fit(self) -> None:
        self._log.styles.height = max(1, min(self._shown, self.size.height - ROWS_AROUND))


def standing_spans(run: CommandRun) -> Spans:
    """How the run stands: that it runs, or how it ended; and what was left out of its output."""
    if run.status is None:
        spans = [Span(f"● running {run.seconds:.0f} s", "working")]
    elif run.status == 0:
        spans = [Span(f"✓ {run.ending}", "done"), Span(f"  {run.seconds:.1f} s", "muted")]
    else:
        spans = [Span(f"× {run.ending}", "failed"), Span(f"  {run.seconds:.1f} s", "muted")]
    if run.output.is_cut:
        spans.append(
            Span(
                f"\n◆ Only the first {MOST_BYTES // 1_000_000} MB and {MOST_LINES:,} lines are shown; "
                f"it printed {run.output.bytes_seen:,} bytes.",
                "needs",
            )
        )
    elif run.status is not None and not run.output.lines:
        spans.append(Span("  It printed nothing.", "muted"))
    return tuple(spans)


def _hints(run: CommandRun) -> Spans:
    if run.status is None:
        return key_hints(("↑↓", "scroll"), ("x", "stop it"), ("y", "copy"), ("esc", "close, it goes on"))
    return key_hints(("↑↓", "scroll"), ("y", "copy"), ("esc", "close"))
