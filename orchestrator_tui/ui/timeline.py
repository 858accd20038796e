"""The last hour as a plot: what an agent did in each slice of time, and the axis above it. Pure.

Times are milliseconds since the epoch.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from orchestrator_tui.core.activity import HOUR_MS, StateSpan
from orchestrator_tui.core.models import AgentState
from orchestrator_tui.ui.format import Look, Span, Spans

_MINUTE_MS = 60_000
_SLICE_STEP_MS = 1_000
_TICKS_MIN = (5, 10, 15, 20, 30)
_LABEL_ROOM = 9


class Doing(Enum):
    """What a slice of time shows, the most telling first."""

    CRASHED = Look("▲", "crashed, restarting", "restarting")
    FAILED = Look("×", "failed", "failed")
    WAITED = Look("◆", "waited for you", "needs")
    WORKED = Look("▆", "worked", "working")
    IDLE = Look("·", "idle", "muted")
    ABSENT = Look(" ", "not there", "muted")


_DOING = {
    AgentState.STARTING: Doing.IDLE,
    AgentState.IDLE: Doing.IDLE,
    AgentState.BUSY: Doing.WORKED,
    AgentState.WAITING: Doing.WAITED,
    AgentState.CRASHED: Doing.CRASHED,
    AgentState.RESTARTING: Doing.CRASHED,
    AgentState.FAILED: Doing.FAILED,
    AgentState.STOPPED: Doing.ABSENT,
}


@dataclass(frozen=True, slots=True)
class Scale:
    """``count`` slices of ``slice_ms`` from ``start``; they stand at fixed times, so that a plot moves only once each.

    Together they cover at least the last hour.
    """

    start: int
    slice_ms: int
    count: int

    @property
    def end(self) -> int:
        """When the last slice ends."""
        return self.start + self.slice_ms * self.count


def scale(now: int, width: int) -> Scale:
    """The scale for ``width`` cells of which the last one holds ``now``."""
    count = max(1, width)
    # The last slice is only begun, so the others hold the hour.
    slice_ms = -(-HOUR_MS // max(1, count - 1) // _SLICE_STEP_MS) * _SLICE_STEP_MS
    end = (now // slice_ms + 1) * slice_ms
    return Scale(end - slice_ms * count, slice_ms, count)


def doings(spans: Sequence[StateSpan], on: Scale, now: int) -> tuple[Doing, ...]:
    """What each slice shows.

    A crash shows however short it was; then waiting or work, whichever took longer; then idleness.
    """
    taken: list[dict[Doing, int]] = [{} for _ in range(on.count)]
    for span in spans:
        doing, until = _DOING[span.state], min(now + 1, on.end if span.until is None else span.until)
        since = max(span.since, on.start)
        # A state that was left in the millisecond in which it began was seen all the same.
        until = max(until, since + 1)
        for index in range((since - on.start) // on.slice_ms, min(on.count, -(-(until - on.start) // on.slice_ms))):
            begun = on.start + index * on.slice_ms
            length = min(until, begun + on.slice_ms) - max(since, begun)
            taken[index][doing] = taken[index].get(doing, 0) + length
    return tuple(_most_telling(slice_taken) for slice_taken in taken)


def _most_telling(taken: dict[Doing, int]) -> Doing:
    for doing in (Doing.CRASHED, Doing.FAILED):
        if doing in taken:
            return doing
    active = {doing: taken[doing] for doing in (Doing.WAITED, Doing.WORKED) if doing in taken}
    if active:
        return max(active, key=lambda doing: active[doing])
    return Doing.IDLE if Doing.IDLE in taken else Doing.ABSENT


def plot_spans(cells: Sequence[Doing]) -> Spans:
    """The cells as coloured text, one run for equal neighbours."""
    spans: list[Span] = []
    start = 0
    for index in range(1, len(cells) + 1):
        if index == len(cells) or cells[index] is not cells[start]:
            look = cells[start].value
            spans.append(Span(look.glyph * (index - start), look.token))
            start = index
    return tuple(spans)


def axis(on: Scale) -> str:
    """Local times at round minutes, as wide as the plot."""
    per_minute = on.count / max(1, (on.end - on.start) // _MINUTE_MS)
    every_min = next((minutes for minutes in _TICKS_MIN if minutes * per_minute >= _LABEL_ROOM), _TICKS_MIN[-1])
    every = every_min * _MINUTE_MS
    cells = [" "] * on.count
    tick = -(-on.start // every) * every
    while tick < on.end:
        at = (tick - on.start) // on.slice_ms
        label = "╷" + time.strftime("%H:%M", time.localtime(tick / 1000))
        if at + len(label) <= on.count:
            cells[at : at + len(label)] = label
        tick += every
    return "".join(cells)


def legend(*, wide: bool) -> Spans:
    """What the glyphs mean."""
    shown = (Doing.WORKED, Doing.WAITED, Doing.CRASHED, Doing.FAILED, Doing.IDLE)
    spans = [
        part
        for doing in shown
        for part in (Span(f"{doing.value.glyph} ", doing.value.token), Span(f"{doing.value.word}  ", "muted"))
    ]
    return (*spans, Span("blank not there", "muted")) if wide else tuple(spans)
