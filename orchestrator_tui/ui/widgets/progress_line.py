"""A bar above the last line of whatever screen is open, while something takes long; nothing moves for it."""

import asyncio
from typing import Any

from textual.app import App
from textual.timer import Timer
from textual.widgets import Static

from orchestrator_tui.ui.format import Span, Spans, duration
from orchestrator_tui.ui.progress import Job, Progress
from orchestrator_tui.ui.widgets.frame import content_of

STEP_S = 0.25
BAR = 16
_RUNNER = 5


class ProgressLine(Static):
    """Lies over the screen."""

    DEFAULT_CSS = """
    ProgressLine {
        layer: progress;
        dock: bottom;
        width: auto;
        height: 1;
        margin: 0 0 1 2;
        background: $panel;
        color: $foreground;
        text-wrap: nowrap;
    }
    """


class ProgressView:
    """Puts the line on the open screen, keeps it up to date and takes it away; costs nothing without work."""

    def __init__(self, app: App[Any], progress: Progress) -> None:
        self._app = app
        self._progress = progress
        self._line: ProgressLine | None = None
        self._timer: Timer | None = None
        self._steps = 0
        progress.changed = self.refresh

    def refresh(self) -> None:
        """Shows what takes long now."""
        jobs = self._progress.shown()
        if not jobs or not self._app.is_running:
            self._end()
            return
        if self._line is not None and self._line.screen is not self._app.screen:
            self._line.remove()
            self._line = None
        if self._line is None:
            self._line = ProgressLine()
            self._app.screen.mount(self._line)
        moves = self._app.animation_level != "none"
        if self._timer is None:
            self._timer = self._app.set_interval(STEP_S if moves else 1.0, self._step)
        elapsed_ms = int(1000 * (asyncio.get_running_loop().time() - jobs[0].since_s))
        room = max(0, self._app.size.width - 6)
        self._line.update(content_of(progress_spans(jobs, elapsed_ms, self._steps if moves else None, room)))

    def _step(self) -> None:
        self._steps += 1
        self.refresh()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._line is not None:
            self._line.remove()
            self._line = None


def progress_spans(jobs: tuple[Job, ...], elapsed_ms: int, step: int | None, room: int) -> Spans:
    """The oldest work's bar, name and time in at most ``room`` cells; ``step`` None for a bar that stands still."""
    job = jobs[0]
    if job.total:
        filled = min(BAR, BAR * (job.done or 0) // job.total)
        bar = (Span("━" * filled, "accent"), Span("━" * (BAR - filled), "muted"))
        count = f"  {job.done} of {job.total}"
    else:
        at = 0 if step is None else step % (BAR - _RUNNER + 1)
        runner = 0 if step is None else _RUNNER
        bar = (Span("━" * at, "muted"), Span("━" * runner, "accent"), Span("━" * (BAR - at - runner), "muted"))
        count = ""
    more = f"  and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    facts = f"{count}  {duration(elapsed_ms)}{more} "
    name = f"  {job.name}"[: max(0, room - BAR - 1 - len(facts))]
    return Span(" "), *(span for span in bar if span.text), Span(name, "strong"), Span(facts, "muted")
