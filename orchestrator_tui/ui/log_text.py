"""How the lines of the log's two tabs read, and what their details say: pure."""

import json
import time
from collections.abc import Mapping

from orchestrator_tui.core.event_words import event_sentence, printable
from orchestrator_tui.core.events import Event
from orchestrator_tui.core.history import CommandView
from orchestrator_tui.ui.event_text import EVENT_LOOKS
from orchestrator_tui.ui.format import Span, Spans, Token, fit

_ROOM_FOR_TYPE = 100
_TYPE_CELLS = 19
_AGENT_CELLS = 12


def stamp(ms: int, now_ms: int) -> str:
    """Local time in 14 cells: of another day with its date."""
    at, now = time.localtime(ms / 1000), time.localtime(now_ms / 1000)
    return time.strftime("%m-%d %H:%M:%S" if at[:3] != now[:3] else "      %H:%M:%S", at)


def event_header(width: int) -> Spans:
    """The event tab's column names."""
    kind = fit("TYPE", _TYPE_CELLS) + "  " if width >= _ROOM_FOR_TYPE else ""
    return (Span(f"  {'      TIME':14}    {kind}WHAT", "muted"),)


def event_line(event: Event, width: int, names: Mapping[int, str], now_ms: int, searched: str = "") -> Spans:
    """One event's row after its marker; what was searched for stands out."""
    look, room = EVENT_LOOKS[event.type], width - 21
    spans = [Span(stamp(event.at, now_ms) + "  ", "muted"), Span(look.glyph + " ", look.token)]
    if width >= _ROOM_FOR_TYPE:
        spans.append(Span(fit(event.type.value, _TYPE_CELLS) + "  ", "muted"))
        room -= _TYPE_CELLS + 2
    return (*spans, *marked(fit(event_sentence(event, names), max(1, room)), searched))


def marked(text: str, searched: str, token: Token = "text") -> Spans:
    """The text with every place of the searched words in the accent's colour."""
    folded, words = text.casefold(), searched.casefold()
    if not words or len(folded) != len(text):
        return (Span(text, token),)
    spans: list[Span] = []
    at = 0
    while (found := folded.find(words, at)) >= 0:
        if found > at:
            spans.append(Span(text[at:found], token))
        spans.append(Span(text[found : found + len(words)], "accent"))
        at = found + len(words)
    return (*spans, Span(text[at:], token)) if at < len(text) else tuple(spans)


def event_details(event: Event, names: Mapping[int, str]) -> tuple[Spans, ...]:
    """Everything that an event carries, a line each."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.at / 1000))
    agent = None if event.agent_id is None else f"{names.get(event.agent_id, 'gone')}  (agent {event.agent_id})"
    rows = [
        ("number", str(event.seq)),
        ("time", f"{when}.{event.at % 1000:03d}"),
        ("type", event.type.value),
        ("agent", agent),
        ("mission", event.mission_id),
        ("attempt", None if event.attempt is None else str(event.attempt)),
    ]
    lines: list[Spans] = [(Span(fit(name, 9), "muted"), Span(text)) for name, text in rows if text]
    for name, value in event.data.items():
        first, *more = _value_lines(value)
        lines.append((Span(fit(name, max(9, len(name) + 1)), "accent"), Span(first)))
        lines.extend((Span("         "), Span(line)) for line in more)
    return tuple(lines)


def _value_lines(value: object) -> list[str]:
    if isinstance(value, str):
        return [printable(line) for line in value.splitlines()] or [""]
    return [printable(line) for line in json.dumps(value, ensure_ascii=False, indent=1, default=str).splitlines()]


def command_header(width: int) -> Spans:
    """The command tab's column names."""
    agent = fit("AGENT", _AGENT_CELLS) + "  " if width >= _ROOM_FOR_TYPE else ""
    return (Span(f"  {'      TIME':14}  {'TOOK':>8}  {agent}    COMMAND", "muted"),)


def command_line(command: CommandView, width: int, names: Mapping[int, str], now_ms: int, searched: str = "") -> Spans:
    """One command's row after its marker: its error stands before what was run."""
    spans = [
        Span(stamp(command.at, now_ms) + "  ", "muted"),
        Span(fit(took(command.took_ms), 8, right=True) + "  ", "muted"),
    ]
    room = width - 31
    if width >= _ROOM_FOR_TYPE:
        agent = "-" if command.agent_id is None else names.get(command.agent_id, f"agent {command.agent_id}")
        spans.append(Span(fit(agent, _AGENT_CELLS) + "  ", "muted"))
        room -= _AGENT_CELLS + 2
    text = printable(" ; ".join(command.lines))
    if command.error is None:
        spans.append(Span("✓ ", "done"))
    else:
        problem = printable(" ".join(command.error.split()))
        problem = fit(problem, min(len(problem), max(10, room // 2))).rstrip() + "  "
        spans += [Span("× ", "failed"), Span(problem, "failed")]
        room -= len(problem)
    return (*spans, *marked(fit(text, max(1, room)), searched, "muted" if command.is_poll else "text"))


def command_text(command: CommandView, names: Mapping[int, str]) -> str:
    """What words of a filter or a search are looked for in."""
    agent = "" if command.agent_id is None else names.get(command.agent_id, f"agent {command.agent_id}")
    return " ".join((*command.lines, agent, command.error or ""))


def took(ms: float) -> str:
    """A duration as short as it can be told: ``0.08 ms`` ``12 ms`` ``1.4 s``."""
    if ms < 10:
        return f"{ms:.2f} ms"
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def command_details(command: CommandView, names: Mapping[int, str]) -> tuple[Spans, ...]:
    """Everything that is known of a command, a line each."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(command.at / 1000))
    agent = None if command.agent_id is None else names.get(command.agent_id, f"agent {command.agent_id}")
    result = (
        (Span("× ", "failed"), Span(printable(command.error), "failed")) if command.error else (Span("✓ ok", "done"),)
    )
    lines: list[Spans] = [
        (Span(fit("time", 9), "muted"), Span(f"{when}.{command.at % 1000:03d}")),
        (Span(fit("took", 9), "muted"), Span(took(command.took_ms))),
        (Span(fit("result", 9), "muted"), *result),
    ]
    if agent:
        lines.insert(2, (Span(fit("agent", 9), "muted"), Span(agent)))
    lines.append(())
    lines.extend((Span(printable(line)),) for line in command.lines)
    return tuple(lines)
