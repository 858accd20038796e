"""The top line: project, what needs a person, the endpoint's light, the time."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from orchestrator_tui.ui.format import Span, Spans, agent_counts, clock_time, duration
from orchestrator_tui.ui.model import Layout, Model
from orchestrator_tui.ui.widgets.frame import content_of

_ROOM_FOR_COUNTS = 20


class HeaderLine(Widget):
    """A part of the header, rewritten only when its text changes."""

    def __init__(self, *, classes: str) -> None:
        super().__init__(classes=classes)
        self._shown: Spans = ()

    def show(self, spans: Spans) -> None:
        """Shows the text."""
        if spans != self._shown:
            self._shown = spans
            self.refresh()

    def render(self) -> Content:
        """The text."""
        return content_of(self._shown)


class Header(Horizontal):
    """One line. The clock is a widget of its own, so that its tick writes a few cells and not the whole line."""

    DEFAULT_CSS = """
    Header {
        HeaderLine { height: 1; width: 1fr; }
        .clock { width: 12; }
    }
    """

    def __init__(self, model: Model, *, id: str) -> None:
        super().__init__(id=id)
        self._model = model
        self._facts, self._clock = HeaderLine(classes="facts"), HeaderLine(classes="clock")

    def compose(self) -> ComposeResult:
        """The two parts."""
        yield self._facts
        yield self._clock

    def refresh_model(self, now_ms: int, layout: Layout) -> None:
        """Shows the model at this time."""
        *facts, clock = header_spans(self._model, now_ms, self.size.width, wide=layout is Layout.WIDE)
        self._facts.show(tuple(facts))
        self._clock.show((clock,))


def header_spans(model: Model, now_ms: int, width: int, *, wide: bool) -> Spans:
    """The header's text, exactly ``width`` cells; words beside the counts only where there is room."""
    left: list[Span] = [Span(" orchestrator_tui", "strong")]
    if wide:
        left.append(Span("   " + "/".join(PurePath(model.cwd).parts[-2:]).lstrip("/"), "muted"))
    machine = model.machine
    if machine.mcp_error is not None:
        light = Span("×", "failed")
    else:
        light = Span("●", "working") if machine.mcp_url else Span("○", "muted")
    right = [Span("MCP ", "muted"), light, Span(f"   {clock_time(now_ms)} ", "muted")]
    if machine.quota is not None and width - _cells(left) - _cells(right) - len(machine.quota) >= _ROOM_FOR_COUNTS:
        right.insert(0, Span(f"◆ {machine.quota}   ", "needs"))
    if model.attention:
        oldest = now_ms - min(item.since for item in model.attention)
        waits = f"! {len(model.attention)} · {duration(oldest)}   "
        if width - _cells(left) - _cells(right) - len(waits) >= _ROOM_FOR_COUNTS:
            right.insert(0, Span(waits, "needs", "app.run('inbox.open')"))
    if model.viewer_of is not None:
        _say_viewer(model, left, right, width)
    room = width - _cells(left) - _cells(right)
    counts = next((form for form in _count_forms(model, wide=wide) if _cells(form) + 4 <= room), ())
    free = room - _cells(counts)
    before = free // 2 if wide else 2
    return (*left, Span(" " * before), *counts, Span(" " * (free - before)), *right)


def _say_viewer(model: Model, left: list[Span], right: list[Span], width: int) -> None:
    """Whose supervisor this is, or what is wrong with the way to it: that stands instead of what may be old."""
    if model.connection_problem is None:
        room = width - _cells(left) - _cells(right) - _ROOM_FOR_COUNTS
        forms = (f"   viewer of pid {model.viewer_of}", "  viewer")
        left.extend(Span(form, "accent") for form in [form for form in forms if len(form) <= room][:1])
        return
    del left[1:]
    right[:] = right[-1:]
    room = width - _cells(left) - _cells(right) - 2
    left.append(Span(f"  × {model.connection_problem}"[: max(0, room)], "failed"))


_LONG_WORDS = {"restart": "restarting", "stopped": ""}


def _count_forms(model: Model, *, wide: bool) -> Iterator[Spans]:
    """The counts, from the most words to none."""
    counts = agent_counts(tuple(model.agents.values()))
    short = {look.word for look, _ in counts if look.word not in ("needs you", "failed", "working")}
    plain = {look.word for look, _ in counts}
    every = len(counts)
    forms = [(every, 2, plain), (every, 1, plain), (4, 2, plain), (2, 1, plain)]
    if wide:
        forms = [(every, 3, set[str]()), (every, 2, set[str]()), (every, 3, short), (every, 2, short), *forms]
    for kept, gap, wordless in forms:
        spans: list[Span] = []
        for look, count in counts[:kept]:
            word = "" if look.word in wordless else _LONG_WORDS.get(look.word, look.word)
            if word == "needs you" and count > 1:
                word = "need you"
            spans.append(Span(f"{look.glyph} {count} {word}".rstrip(), look.token))
            spans.append(Span(" " * gap))
        yield tuple(spans[:-1])


def _cells(spans: Sequence[Span]) -> int:
    return sum(len(span.text) for span in spans)
