"""A whole mission in words and tables: pure."""

from collections.abc import Iterable, Mapping

from orchestrator_tui.core.events import Event
from orchestrator_tui.core.models import Mission
from orchestrator_tui.core.views import MissionView
from orchestrator_tui.ui.event_text import event_row
from orchestrator_tui.ui.format import MISSION_LOOKS, PRIORITY_WORDS, Span, Spans, clock_time, duration
from orchestrator_tui.ui.money import cost_word, count_word

Lines = tuple[Spans, ...]


def head_lines(mission: Mission, view: MissionView | None, now_ms: int) -> Lines:
    """What it is, how it stands, and what it waits for."""
    look = MISSION_LOOKS[mission.state]
    priority, token = PRIORITY_WORDS[mission.priority]
    about = [str(mission.type), f"for a {mission.role}" if mission.role else "for any role"]
    first = (Span(f"{look.glyph} {look.word}", look.token), Span("   "), Span(priority, token))
    lines: list[Spans] = [(*first, Span("   " + "   ".join(about), "muted"))]
    if view is not None and view.next:
        lines.append((Span(view.next, "needs" if view.next.startswith("waits") else "text"),))
    facts = [f"queued {duration(now_ms - mission.created_at)} ago", f"{mission.attempts} tries"]
    if view is not None and view.agent_name:
        facts.append(f"agent {view.agent_name}")
    if mission.started_at is not None:
        facts.append(f"worked {duration((mission.ended_at or now_ms) - mission.started_at)}")
    if mission.timeout_ms is not None:
        facts.append(f"limit {duration(mission.timeout_ms)}")
    lines.append((Span("   ".join(facts), "muted"),))
    used = usage_words(mission)
    if used:
        lines.append((Span("   ".join(used), "muted"),))
    if mission.depends_on:
        lines.append((Span("after ", "muted"), Span(", ".join(mission.depends_on))))
    if mission.error_code:
        lines.append((Span(f"{mission.error_code}: {mission.error_message or ''}".strip(": "), "failed"),))
    return tuple(lines)


def usage_words(mission: Mission) -> list[str]:
    """What it used: as measured over all attempts; where nothing was measured, as its agent reported."""
    spent, reported = mission.spent, mission.token_usage
    if spent.tokens:
        cached = f"{count_word(spent.cache_read + spent.cache_write)} cached"
        return [f"{count_word(spent.input)} tokens in", f"{count_word(spent.output)} out", cached, cost_word(spent)]
    if reported.input or reported.output:
        return [f"{count_word(reported.input)} tokens in", f"{count_word(reported.output)} out", "as reported"]
    return []


def attempt_lines(mission: Mission, agent_names: Mapping[int, str]) -> Lines:
    """One line an attempt: when, by whom, how long, how it ended, and what went wrong."""
    lines: list[Spans] = []
    for attempt in mission.attempt_log:
        name = agent_names.get(attempt.agent_id, f"agent {attempt.agent_id}")
        open_ = attempt.ended_at is None
        took = "" if attempt.ended_at is None else duration(attempt.ended_at - attempt.started_at)
        ended = Span("works", "working") if open_ else Span("completed", "done")
        if attempt.code:
            ended = Span(attempt.code, "failed")
        head = f"{attempt.n:>3}  {clock_time(attempt.started_at)}  {took:>3}  {name}  "
        why = Span(f"  {attempt.message}" if attempt.message else "")
        lines.append((Span(head, "muted"), ended, why))
    return tuple(lines)


def timeline_lines(events: Iterable[Event], mission_id: str, width: int, agent_names: Mapping[int, str]) -> Lines:
    """What happened to the mission, the oldest first."""
    return tuple(event_row(event, width, agent_names) for event in events if event.mission_id == mission_id)
